"""Two recipes on one data set: the difference of their rates, with the same persons drawn for both."""

from __future__ import annotations

import json
import math
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation.bootstrap import draws, estimate, taking_part, tmr_at
from countenance.evaluation.report import REPORT, SCORES
from countenance.evaluation.tail import BINS
from countenance.evaluation.trial_set import Crossed, Listed, Pairing, TrialSet
from countenance.terms.errors import BrokenInput, Malformed

TARGETS = (1e-2, 1e-3, 1e-4)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A folder that ``evaluate verification --scores`` wrote."""

    place: Path
    report: dict[str, Any] = field(repr=False)
    trials: TrialSet = field(repr=False)


def read_measured(place: Path) -> Measured:
    """Read a report's folder; raises BrokenInput where there is none, Malformed where it is not whole."""
    try:
        report = json.loads((place / REPORT).read_text(encoding="utf-8"))
        with np.load(place / SCORES, allow_pickle=False) as held:
            trials = _trials(dict(held))
        if report["task"] != "1:1":
            raise Malformed("two measurements of verification can be compared", where=str(place))
    except OSError as error:
        raise BrokenInput(
            f"this folder has no {REPORT} with {SCORES}", where=str(place), remedy="Measure with --scores."
        ) from error
    except (ValueError, KeyError, TypeError, IndexError, zipfile.BadZipFile) as error:
        raise Malformed(f"this is no measurement: {error}", where=str(place)) from error
    return Measured(place, report, trials)


def compare(first: Measured, second: Measured, seed: int, replications: int) -> dict[str, Any]:
    """TMR of both at each target and their difference, second minus first, with paired intervals.

    Raises Malformed unless both measured the same data set: the same pictures, persons and pairs.
    """
    if first.report["data"]["sha256"] != second.report["data"]["sha256"]:
        raise Malformed("these are measurements of two data sets", remedy="Measure both recipes on the same list.")
    if first.trials.persons != second.trials.persons:
        raise Malformed("these measurements know different persons")
    who = np.union1d(taking_part(first.trials), taking_part(second.trials))
    rows = []
    for target in TARGETS:
        of = [tmr_at(each.trials, target) for each in (first, second)]
        observed = [each(None) for each in of]
        resampled = [[each(weights) for each in of] for weights in draws(who, first.trials.persons, seed, replications)]
        difference = None if None in observed else float(observed[1] or 0) - float(observed[0] or 0)
        paired = (b - a if a is not None and b is not None else math.nan for a, b in resampled)
        found = estimate(difference, iter(paired))
        rows.append(
            {
                "target": target,
                "first": estimate(observed[0], (a for a, _ in resampled)).to_json(),
                "second": estimate(observed[1], (b for _, b in resampled)).to_json(),
                "difference": found.to_json(),
                "real": found.low is not None and found.high is not None and not found.low <= 0 <= found.high,
            }
        )
    return {
        "first": first.report["header"]["recipe"],
        "second": second.report["header"]["recipe"],
        "dataset": first.report["data"]["sha256"],
        "persons": len(who),
        "seed": seed,
        "replications": replications,
        "tmr": rows,
    }


def _trials(held: dict[str, NDArray[Any]]) -> TrialSet:
    persons = int(held["persons"])
    mated_images, high_images = held["mated_images"], held["nonmated_images"]
    images = int(max(mated_images.max(initial=-1), high_images.max(initial=-1), len(held["person"]) - 1)) + 1
    person = np.zeros(images, dtype=np.int64)
    person[: len(held["person"])] = held["person"]
    pairing: Pairing
    if "crossed_images" in held:
        pairing = Crossed(held["crossed_images"])
    else:
        pairing = Listed(persons, held["listed"][:, 0], held["listed"][:, 1])
    empty = np.zeros(BINS, dtype=np.int64)
    return TrialSet(
        persons, person, held["mated"], mated_images[:, 0], mated_images[:, 1],
        held["nonmated"], high_images[:, 0], high_images[:, 1], float(held["floor"]), pairing, empty, empty,
    )  # fmt: skip
