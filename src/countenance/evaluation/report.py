"""Finish a report and write it: one JSON, one HTML file, the operating point, and the scores if asked for."""

from __future__ import annotations

import io
import json
import platform
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from countenance.evaluation.limits import limits
from countenance.evaluation.page import page
from countenance.evaluation.trial_set import Crossed, Listed, TrialSet
from countenance.storage.durable import write_durably
from countenance.storage.faults import unwritable
from countenance.terms.recipe import Recipe

SCHEMA = "countenance.report/1"
REPORT, PAGE, POINT, SCORES = "report.json", "report.html", "operating-point.json", "scores.npz"
EVIDENCE = "evidence.json"


def finished(
    report: Mapping[str, Any],
    recipe: Recipe,
    *,
    dataset: str,
    created: str,
    seed: int,
    replications: int,
    entry: str,
    card: list[dict[str, Any]],
) -> dict[str, Any]:
    """The report with its header and its limits."""
    whole = {
        "schema": SCHEMA,
        "header": {
            "dataset": dataset,
            "recipe": recipe.line,
            "recipe_sha256": recipe.digest,
            "countenance": version("countenance"),
            "created": created,
            "seed": seed,
            "replications": replications,
            "machine": platform.machine(),
            "log_entry": entry,
        },
        "recipe": asdict(recipe),
        "card": card,
        **report,
    }
    return {**whole, "limits": limits(whole)}


def prepare(out: Path | None) -> None:
    """Make the folder ``out``, so that a measurement does not end with nowhere to go; raises Unwritable."""
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=out):
                pass
        except OSError as error:
            raise unwritable(error, out) from error


def write_report(
    out: Path, report: Mapping[str, Any], point: bytes | None, evidence: bytes | None, trials: TrialSet | None
) -> list[Path]:
    """Write into the folder ``out``; the paths. What an earlier run left is taken away where there is none now."""
    left = {POINT: point, EVIDENCE: evidence}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in (name for name, data in left.items() if data is None):
            (out / name).unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(error, out) from error
    written = {REPORT: as_text(report), PAGE: page(report).encode("utf-8", "backslashreplace")}
    written |= {name: data for name, data in left.items() if data is not None}
    if trials is not None:
        written[SCORES] = _scores(trials, str(report["data"]["sha256"]))
    for name, data in written.items():
        write_durably(out / name, data)
    return [out / name for name in written]


def as_text(report: Mapping[str, Any]) -> bytes:
    """A report's JSON; a byte of a name that is no text stays the escape of a lone surrogate."""
    text = json.dumps(report, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def _scores(trials: TrialSet, dataset: str) -> bytes:
    """Scores with the numbers of pictures and persons; no name, no picture, no template."""
    pairing = trials.pairing
    parts: dict[str, Any] = {
        "dataset": np.asarray(dataset),
        "persons": np.asarray(trials.persons),
        "person": trials.person,
        "mated": trials.mated,
        "mated_images": np.stack([trials.mated_a, trials.mated_b], axis=1),
        "nonmated": trials.high,
        "nonmated_images": np.stack([trials.high_a, trials.high_b], axis=1),
        "floor": np.asarray(trials.floor),
    }
    if isinstance(pairing, Crossed):
        parts["crossed_images"] = pairing.images
    elif isinstance(pairing, Listed):
        parts["listed"] = np.stack([pairing.i, pairing.j], axis=1)
    out = io.BytesIO()
    np.savez_compressed(out, **parts)
    return out.getvalue()
