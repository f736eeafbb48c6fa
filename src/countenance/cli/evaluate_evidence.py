"""countenance evaluate evidence: how much one score weighs, by a calibration that was measured; never a probability."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.cli.answer import console, emit
from countenance.cli.options import Json
from countenance.terms.errors import BrokenInput

MAX_BYTES = 1 << 20


def evidence(
    context: typer.Context,
    score: Annotated[float, typer.Option("--score", help="Of a comparison, as `verify` tells it.")],
    source: Annotated[Path, typer.Option("--from", metavar="FILE", help="evidence.json of `evaluate verification`.")],
    recipe: Annotated[
        str, typer.Option("--recipe", metavar="SHA256", help="Whose score it is; by default the recipe that runs here.")
    ] = "",
    as_json: Json = False,
) -> None:
    """How many times likelier is this score where both pictures show one person than where they show two?"""
    from countenance.evaluation.parts import want_parts

    want_parts()
    from countenance.evaluation.evidence_file import read_evidence

    try:
        with source.open("rb") as file:
            data = file.read(MAX_BYTES)
    except OSError as error:
        raise BrokenInput(f"this file cannot be read: {error.strerror}", where=str(source)) from error
    read = read_evidence(data, str(source))
    found = read.weigh(score, recipe or _running(context.obj))
    low, high = found.words
    if as_json:
        emit(
            {
                "score": found.score,
                "log10_lr": found.log10_lr,
                "ci95": [found.low, found.high],
                "bounds": [read.low, read.high],
                "bound": found.bound,
                "beyond_what_was_seen": found.beyond,
                "words": [low, high],
                "cllr": {"value": read.cllr, "ci95": list(read.cllr_ci95)},
                "recipe_sha256": read.recipe_sha256,
                "dataset": read.dataset,
                "created": read.created,
            }
        )
        return
    out = console()
    out.print(
        f"log10 LR {found.log10_lr:.2f} [{found.low:.2f}, {found.high:.2f}]: LR {_plain(found.log10_lr)}", markup=False
    )
    out.print(f"in words: {low}" if low == high else f"in words: from {low} to {high}", markup=False)
    if found.bound:
        out.print(f"  This is the {found.bound} bound: the data say no more than that.", markup=False)
    if found.beyond:
        out.print("  No such score was seen when it was measured.", markup=False)
    out.print(
        f"  Measured on {read.dataset} ({read.created}), Cllr {read.cllr:.3f} "
        f"[{read.cllr_ci95[0]:.3f}, {read.cllr_ci95[1]:.3f}]. It holds for people and pictures like those.",
        markup=False,
    )
    out.print("  It is no probability that both show one person: that takes a prior, which no score has.", markup=False)


def _plain(log10_lr: float) -> str:
    """Two digits: more would be invented."""
    return f"{float(f'{10**log10_lr:.2g}'):,g}"


def _running(data: Path | None) -> str:
    from countenance.assembly import load_vision
    from countenance.settings import read_settings

    return load_vision(read_settings(data)).recipe.digest
