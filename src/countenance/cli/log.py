"""countenance log: verify, key, proof, open, close-epoch."""

from __future__ import annotations

from typing import Annotated

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json
from countenance.cli.verifying import MemoryPlace, NoMemory, Policy, Seen, verifier_words
from countenance.terms.errors import BrokenInput

app = typer.Typer(no_args_is_help=True, help="The transparency log: verify it, prove an entry, open a sealed field.")
Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="An entry's id, as receipts carry it.")]


@app.command()
def verify(
    context: typer.Context,
    where: Annotated[
        str | None,
        typer.Argument(metavar="[LOG]", help="A published log: directory, zip or URL. Default: your own, whole."),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="The log's verifier key, from elsewhere than the log.")
    ] = None,
    policy: Policy = None,
    seen: Seen = None,
    memory: MemoryPlace = None,
    no_memory: NoMemory = False,
    as_json: Json = False,
) -> None:
    """Read, hash and count every entry again. With LOG the exit codes are those of docs/verify.md."""
    if where is not None:
        from countenance.ledger.verifier.__main__ import main

        raise typer.Exit(main([where, *verifier_words(key, policy, seen, memory, no_memory, as_json)]))
    if key or policy or seen or memory or no_memory:
        raise BrokenInput(
            "these options are for a published log, which is read by its public files alone",
            remedy="Name it: countenance log verify LOG --key KEY.",
        )
    from countenance.assembly import own_log
    from countenance.ledger.verifier.failure import Failure
    from countenance.ledger.whole import check_whole
    from countenance.settings import read_settings

    out, lines = console(), list[str]()

    def say(step: str, finding: str) -> None:
        lines.append(f"{step:<12} {finding}")
        if not as_json:
            out.print(lines[-1], markup=False)

    # It reads what is on the disk and takes no lock: it may run beside whoever writes.
    try:
        found = check_whole(*own_log(read_settings(context.obj)), say)
    except Failure as error:
        if as_json:
            emit({"ok": False, "code": error.code, "error": error.what, "where": error.where, "steps": lines})
        else:
            out.print(f"FAILED ({type(error).__name__}): {error}", markup=False)
        raise typer.Exit(error.code) from error
    if as_json:
        emit({"ok": True, **found, "steps": lines})


@app.command()
def key(context: typer.Context) -> None:
    """Print the log's verifier key alone on one line, to give to whoever is to verify."""
    from countenance.assembly import log_key

    typer.echo(log_key(context.obj))


@app.command()
def proof(context: typer.Context, entry: Entry) -> None:
    """Print an entry's inclusion proof (C2SP tlog-proof), once its epoch is published."""
    from countenance.cli.open_house import open_house
    from countenance.ledger.ledger import NotYet

    with open_house(context.obj) as house:
        found = house.ledger.proof(entry)
    if isinstance(found, NotYet):
        console(err=True).print(f"not yet: {found.reason}", markup=False)
        raise typer.Exit(13)
    typer.echo(found, nl=False)


@app.command("open")
def open_entry(
    context: typer.Context,
    entry: Entry,
    names: Annotated[list[str], typer.Argument(metavar="FIELD...", help="Sealed fields, e.g. principal.")],
) -> None:
    """Lay sealed fields of an entry open, each with its proof; other fields stay sealed. JSON, one a line."""
    from countenance.cli.open_house import open_house

    with open_house(context.obj) as house:
        for opening in house.ledger.open_fields(entry, names):
            typer.echo(str(opening), nl=False)


@app.command("close-epoch")
def close_epoch(context: typer.Context, as_json: Json = False) -> None:
    """Close the running epoch and publish it; below the charter's minimum only a governor may, and it is remembered."""
    from countenance.cli.open_house import open_house
    from countenance.ledger.ledger import NotYet
    from countenance.service.state import governs

    with open_house(context.obj) as house:
        who = house.asking(None, None).principal
        early = governs(house.charters.judge().charter, who)
        closed = house.ledger.close_epoch(early=early, principal=who.id)
    if isinstance(closed, NotYet):
        console(err=True).print(f"not closed: {closed.reason}", markup=False)
        raise typer.Exit(13)
    if as_json:
        emit({"epoch": closed.epoch, "size": closed.size, "early": closed.early, "published": closed.published})
    else:
        told = ", closed early" if closed.early else ""
        now = "published" if closed.published else "to be published once the charter's quorum of witnesses has cosigned"
        console().print(f"Epoch {closed.epoch} is closed{told}: {closed.size} entries, {now}.", markup=False)
