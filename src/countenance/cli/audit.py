"""countenance audit: announce, draw, open, record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json

app = typer.Typer(no_args_is_help=True, help="Random audits: announce a beacon, draw a sample, open it, record it.")
Epoch = Annotated[int, typer.Argument(metavar="EPOCH", help="The audited epoch.")]


@app.command()
def announce(
    context: typer.Context,
    epoch: Epoch,
    beacon: Annotated[str, typer.Option("--beacon", help="The source in words, and which of its values will count.")],
    number: Annotated[int, typer.Option("--number", "-n", help="How many entries will be drawn.")] = 59,
    as_json: Json = False,
) -> None:
    """Say before the epoch ends where the chance will come from; an entry of the log."""
    from countenance.cli.open_house import open_house
    from countenance.service.audit import announce as use_case

    with open_house(context.obj) as house:
        who, charter = house.asking(None, None).principal, house.charters.judge().charter
        now = int(house.rooms.clock())
        entry = use_case(house.ledger, charter, who, epoch=epoch, beacon=beacon, number=number, now=now)
    if as_json:
        emit({"announced": epoch, "number": number, "entry": entry})
    else:
        console().print(f"Announced for epoch {epoch}: {number} entries; entry {entry}.", markup=False)


@app.command()
def draw(
    context: typer.Context,
    epoch: Epoch,
    value: Annotated[str, typer.Option("--value", help="The beacon's value, exactly as its source prints it.")],
    as_json: Json = False,
) -> None:
    """Draw the sample, once the epoch is published and the beacon has its value."""
    from countenance.cli.open_house import open_house
    from countenance.ledger.ledger import NotYet
    from countenance.service.audit import draw as use_case

    with open_house(context.obj) as house:
        who, charter = house.asking(None, None).principal, house.charters.judge().charter
        now = int(house.rooms.clock())
        drawn = use_case(house.ledger, charter, who, house.settings.data, epoch=epoch, value=value, now=now)
    if isinstance(drawn, NotYet):
        console(err=True).print(f"not drawn: {drawn.reason}", markup=False)
        raise typer.Exit(13)
    if as_json:
        sampled = [{"index": index, "entry": entry} for index, entry in drawn.sampled]
        shape = {"seed": drawn.seed.hex(), "population": drawn.population, "sampled": sampled, "entry": drawn.entry}
        emit({"drawn": epoch, **shape})
        return
    for index, entry in drawn.sampled:
        console().print(f"{index:>10}  {entry}", markup=False)
    console().print(
        f"{len(drawn.sampled)} of {drawn.population} requests of epoch {epoch}, seed {drawn.seed.hex()}.", markup=False
    )


@app.command("open")
def open_sample(
    context: typer.Context,
    epoch: Epoch,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new or empty folder for the auditor's papers.")],
    as_json: Json = False,
) -> None:
    """Open who asked, for which case and why, of the drawn entries alone; each opening with its proof."""
    from countenance.cli.open_house import open_house
    from countenance.cli.paper_folder import want_empty, write_papers
    from countenance.service.audit import open_sample as use_case
    from countenance.service.audit_papers import audit_papers

    want_empty(out)
    with open_house(context.obj) as house:
        who, charter = house.asking(None, None).principal, house.charters.judge().charter
        drawn, opened = use_case(house.ledger, charter, who, house.settings.data, epoch=epoch)
    write_papers(out, audit_papers(drawn, opened))
    states = {state: sum(e.state == state for e in opened) for state in ("opened", "erased", "missing")}
    if as_json:
        emit({"opened": epoch, "papers": str(out), "states": states})
    else:
        told = ", ".join(f"{number} {state}" for state, number in states.items())
        console().print(f"Epoch {epoch}: {told}. Written to {out}.", markup=False)


@app.command()
def record(
    context: typer.Context,
    epoch: Epoch,
    report: Annotated[
        Path, typer.Option("--report", metavar="FILE", exists=True, dir_okay=False, help="The auditor's report.")
    ],
    auditor: Annotated[str, typer.Option("--auditor", help="Who audited; sealed in the log.")],
    opened: Annotated[int, typer.Option("--opened", min=0, help="How many entries were opened to them.")],
    wrong: Annotated[int, typer.Option("--wrong", min=0, help="How many of these were not in order.")] = 0,
    erased: Annotated[int, typer.Option("--erased", min=0, help="How many were lawfully erased before.")] = 0,
    missing: Annotated[int, typer.Option("--missing", min=0, help="How many could not be opened.")] = 0,
    as_json: Json = False,
) -> None:
    """Put the auditor's result into the log: the digest of the report and its numbers, for everybody to see."""
    from countenance.cli.open_house import open_house
    from countenance.service.audit import record_result

    with open_house(context.obj) as house:
        entry = record_result(
            house.ledger,
            house.charters.judge().charter,
            house.asking(None, None).principal,
            epoch=epoch,
            report=report.read_bytes(),
            auditor=auditor,
            opened=opened,
            erased=erased,
            missing=missing,
            wrong=wrong,
            now=int(house.rooms.clock()),
        )
    if as_json:
        emit({"recorded": epoch, "entry": entry})
    else:
        console().print(f"The result for epoch {epoch} is in the log: entry {entry}.", markup=False)
