"""countenance evaluate drift: have rates of candidates, matches and reviews moved? From the log alone, no face."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json


def drift(
    context: typer.Context,
    since: Annotated[
        int | None, typer.Option("--since", metavar="EPOCH", help="The first epoch of the later side; the newest.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="For drift.html and drift.json.")] = None,
    as_json: Json = False,
) -> None:
    """Have the rates of candidates, matches, failures and reviews moved, by purpose? Reads what the log publishes."""
    from countenance.evaluation.parts import want_parts

    want_parts(plots=out is not None)
    from countenance.cli.open_house import open_house
    from countenance.evaluation.drift import measure_drift, read_epochs
    from countenance.evaluation.report import prepare
    from countenance.ledger.entry import parse

    prepare(out)
    with open_house(context.obj) as house:
        epochs = read_epochs(parse(entry) for _, entry in house.ledger.entries())
        report = {"header": {"log": house.ledger.shard_origin}, **measure_drift(epochs, since)}
    files = [] if out is None else _written(out, report)
    if as_json:
        emit({**{name: report[name] for name in ("since", "epochs", "rates", "limits")}, "files": files})
        return
    _tell(report, files)


def _written(out: Path, report: dict[str, Any]) -> list[str]:
    from countenance.evaluation.drift_page import drift_page
    from countenance.evaluation.report import as_text
    from countenance.storage.durable import write_durably

    written = {"drift.json": as_text(report), "drift.html": drift_page(report).encode()}
    for name, data in written.items():
        write_durably(out / name, data)
    return [str(out / name) for name in written]


def _tell(report: dict[str, Any], files: list[str]) -> None:
    say = partial(console().print, markup=False)
    say(f"Before epoch {report['since']}, and since then:")
    for row in report["rates"]:
        verdict = row["note"] or ("changed" if row["changed"] else "no change is shown")
        p = "" if row["p"] is None else f", p {row['p_corrected']:.2g}"
        say(f"{row['purpose']}: {row['rate']}: {_rate(row['before'])}, then {_rate(row['after'])}: {verdict}{p}")
    for sentence in report["limits"]:
        say(f"  {sentence}")
    for path in files:
        say(f"wrote {path}")


def _rate(told: dict[str, Any]) -> str:
    if told["value"] is None:
        return "nothing"
    low, high = told["ci95"]
    return f"{told['value']:.3f} [{low:.3f}, {high:.3f}] of {told['n']}"
