"""countenance state: publish what was done, by purpose, zeros included; signed, and recorded in the log itself."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json
from countenance.storage.durable import write_durably

if TYPE_CHECKING:
    from countenance.ledger.issue import Issued

DAY = ["%Y-%m-%d"]


def state(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the signed statement.")],
    first: Annotated[datetime, typer.Option("--from", formats=DAY, help="The first day (UTC).")],
    last: Annotated[datetime, typer.Option("--to", formats=DAY, help="The last day (UTC).")],
    close_epoch: Annotated[
        bool,
        typer.Option("--close-epoch", help="Close the running epoch first (early: a governor's act, told for ever)."),
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="PNG", help="Draw the counts by purpose and epoch too (the extra plots)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """State the use between two days, over closed epochs: every registered purpose, zeros included."""
    from countenance.cli.open_house import open_house
    from countenance.cli.picture import want_plots
    from countenance.ledger.issue import NotStated
    from countenance.service.state import state_use
    from countenance.service.statements import file_statement

    if picture is not None:
        want_plots()
    with open_house(context.obj) as house:
        answer = state_use(
            house.ledger,
            house.statement_key,
            house.charters.judge().charter,
            house.asking(None, None).principal,
            first_day=first.date(),
            last_day=last.date(),
            close_epoch=close_epoch,
        )
        if not isinstance(answer, NotStated):
            # Before --out, which may lie on a full disk: the log knows of it already.
            file_statement(house.settings.data, answer)
    if isinstance(answer, NotStated):
        if as_json:
            emit({"stated": False, "reason": answer.reason, "open_epoch": answer.open_epoch})
        close = "wait, or" if close_epoch else "close it first (--close-epoch), or"
        hint = "" if answer.open_epoch is None else f"\nWhat to do: {close} state earlier days."
        console(err=True).print(f"not stated: {answer.reason}{hint}", markup=False)
        raise typer.Exit(13)
    write_durably(out, answer.note)
    if picture is not None:
        _draw(answer, picture, house.settings.data)
    if as_json:
        emit(
            {
                "stated": True,
                "statement": str(out),
                "picture": None if picture is None else str(picture),
                "epochs": [answer.statement.first, answer.statement.last],
                "zeros": answer.statement.zeros,
                "counts": {
                    purpose: {"status": line.status, **line.counted._asdict()}
                    for purpose, line in answer.statement.lines.items()
                },
                "entry": answer.entry,
            }
        )
        return
    _tell(answer, out)
    if answer.statement.end < last.date().isoformat():
        console().print(f"The days after {answer.statement.end} are still to come, and not stated.")


def _draw(answer: Issued, picture: Path, data: Path) -> None:
    """From what is published, counted again, not from the statement alone."""
    from countenance.cli.picture import picture_of
    from countenance.service.count_epochs import count_epochs

    write_durably(picture, picture_of(answer.statement, count_epochs(data, answer.statement)))


def _tell(answer: Issued, out: Path) -> None:
    from rich.table import Table

    said = answer.statement
    table = Table("purpose", "status", "permitted", "refused", title=f"{said.start} to {said.end}")
    for purpose, line in said.lines.items():
        table.add_row(purpose, line.status, str(line.counted.permitted), str(line.counted.refused))
    console().print(table)
    for purpose in said.zeros:
        console().print(f"zero {purpose}", markup=False)
    console().print(
        f"Signed and written to {out}; it ends with what it does not say. Its digest is in the log.", markup=False
    )
