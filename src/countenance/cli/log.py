"""countenance log: verify, key, proof, open, close-epoch."""

from __future__ import annotations

from typing import Annotated

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json

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
    policy: Annotated[str | None, typer.Option("--policy", metavar="FILE", help="A C2SP trust policy.")] = None,
    as_json: Json = False,
) -> None:
    """Read, hash and count every entry again. With LOG the exit codes are those of docs/verify.md."""
    if where is not None:
        from countenance.ledger.verifier.__main__ import main

        words = [where, *(["--key", key] if key else []), *(["--policy", policy] if policy else [])]
        raise typer.Exit(main([*words, *(["--json"] if as_json else [])]))
    from countenance.cli.open_house import open_house
    from countenance.service.verify_log import verify_log
    from countenance.terms.errors import LogDamaged

    try:
        with open_house(context.obj) as house:
            found = verify_log(house.ledger)
    except LogDamaged as error:
        if as_json:
            emit({"ok": False, "error": error.what, "where": error.where})
        console(err=True).print(f"error: {error}", markup=False)
        raise typer.Exit(2) from error
    if as_json:
        emit(
            {
                "ok": True,
                "origin": found.origin,
                "size": found.size,
                "root": found.root,
                "entries": found.size,
                "published": found.published,
                "epoch": found.epoch,
                "unpaired": found.unpaired,
                "cosigned": list(found.cosigned),
            }
        )
        return
    out = console()
    out.print(f"log {found.origin}", markup=False)
    out.print(f"{found.size} entries hashed and counted again; root {found.root}", markup=False)
    out.print(f"{found.published} of them are published; epoch {found.epoch} is running", markup=False)
    out.print(f"{found.unpaired} permitted requests have no outcome (a crash, or still under way)", markup=False)
    out.print(f"witnesses: {', '.join(found.cosigned) or 'none: UNWITNESSED'}", markup=False)


@app.command()
def key(context: typer.Context) -> None:
    """Print the log's verifier key alone on one line, to give to whoever is to verify."""
    from countenance.cli.open_house import open_house

    with open_house(context.obj) as house:
        typer.echo(house.ledger.verifier_key)


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

    with open_house(context.obj) as house:
        who, roles = house.asking(None, None).principal, house.charters.judge().charter.roles
        governs = any(roles[name].governs for name in who.roles if name in roles)
        closed = house.ledger.close_epoch(early=governs, principal=who.id)
    if isinstance(closed, NotYet):
        console(err=True).print(f"not closed: {closed.reason}", markup=False)
        raise typer.Exit(13)
    if as_json:
        emit({"epoch": closed.epoch, "size": closed.size, "early": closed.early, "published": closed.published})
    else:
        early = ", closed early" if closed.early else ""
        console().print(f"Epoch {closed.epoch} is closed{early}: {closed.size} entries, published.", markup=False)
