"""countenance records: what a law asks to be on record, with the statement that makes its totals checkable."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json
from countenance.cli.state import DAY
from countenance.storage.durable import write_durably
from countenance.terms.errors import Malformed

if TYPE_CHECKING:
    from countenance.service.record_keeping import Kept

FORMAT = "countenance-records/v1"


def records(
    context: typer.Context,
    law: Annotated[str, typer.Argument(metavar="LAW", help="eu-ai-act-12-3, gdpr-30 or us-md-2-510.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it: .csv or .json.")],
    first: Annotated[datetime, typer.Option("--from", formats=DAY, help="The first day (UTC).")],
    last: Annotated[datetime, typer.Option("--to", formats=DAY, help="The last day (UTC).")],
    close_epoch: Annotated[
        bool, typer.Option("--close-epoch", help="Close the running epoch first, as for a statement.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Export the record that a law asks for; the signed statement over the same epochs is written beside it."""
    from countenance.cli.open_house import open_house
    from countenance.ledger.issue import NotStated
    from countenance.service.record_keeping import duty_of, keep_record, want_governor
    from countenance.service.state import state_use

    if out.suffix not in {".csv", ".json"}:
        raise Malformed("a record is written as .csv or .json", where=str(out))
    duty_of(law)
    with open_house(context.obj) as house:
        who, charter = house.asking(None, None).principal, house.charters.judge().charter
        want_governor(charter, who)
        issued = state_use(
            house.ledger,
            house.statement_key,
            charter,
            who,
            first_day=first.date(),
            last_day=last.date(),
            close_epoch=close_epoch,
        )
        if isinstance(issued, NotStated):
            console(err=True).print(f"no record: {issued.reason}", markup=False)
            raise typer.Exit(13)
        kept = keep_record(house.ledger, house.galleries, charter, who, house.settings.data, law=law, issued=issued)
    statement = out.with_name(out.name + ".statement")
    write_durably(statement, issued.note)
    write_durably(out, _csv(kept) if out.suffix == ".csv" else _json(kept), mode=0o600)
    if as_json:
        emit({"law": law, "record": str(out), "statement": str(statement), "rows": len(kept.shape.rows)})
        return
    console().print(
        f"{kept.shape.title}: {len(kept.shape.rows)} rows in {out}, statement in {statement}.", markup=False
    )
    for missing in kept.shape.not_held:
        console().print(f"  not held here: {missing}", markup=False)


def _csv(kept: Kept) -> bytes:
    out = io.StringIO()
    rows = kept.shape.rows
    if rows:
        table = csv.DictWriter(out, list(rows[0]))
        table.writeheader()
        table.writerows([{name: _safe(value) for name, value in row.items()} for row in rows])
    return out.getvalue().encode()


def _safe(value: str | int) -> str | int:
    """A spreadsheet would take such text for a formula (OWASP, CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _json(kept: Kept) -> bytes:
    said = kept.issued.statement
    body: dict[str, Any] = {
        "format": FORMAT,
        "law": kept.law,
        "title": kept.shape.title,
        "from": said.start,
        "to": said.end,
        "epochs": [said.first, said.last],
        "totals": {
            purpose: {"permitted": count.permitted, "refused": count.refused} for purpose, count in said.counts.items()
        },
        "not_held": list(kept.shape.not_held),
        "rows": list(kept.shape.rows),
        "statement": kept.issued.note.decode(),
    }
    return (json.dumps(body, indent=2, ensure_ascii=False) + "\n").encode()
