"""Calibration to evidence: from a score to a likelihood ratio, fitted and judged on different persons, with bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from countenance.evaluation.likelihood import Ratios, best_monotone, bounds, cllr, cost_mated, cost_nonmated, curves
from countenance.evaluation.logistic import Line, fit
from countenance.evaluation.rate import LEAST_ERRORS
from countenance.evaluation.split import calibrating
from countenance.evaluation.trial_set import TrialSet
from countenance.evaluation.weighed import Weighed, weighed
from countenance.evaluation.wilson import Z

METHOD = "normal+person"


@dataclass(frozen=True, slots=True)
class NoEvidence:
    """The data cannot carry a calibration, and ``why``."""

    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """``line`` is fitted to everybody; ``low`` and ``high`` bound its log10 LR. ``report`` is JSON."""

    line: Line
    low: float
    high: float
    report: dict[str, Any]


def measure_evidence(trials: TrialSet, names: Sequence[str], seed: int) -> Evidence | NoEvidence:
    """Fit on each half of the persons and judge on the other; what is handed on is fitted to all of them.

    The bounds are those of the ratios that were judged, where mated comparisons count as many as there are persons and
    others as pairs of persons.
    """
    side = calibrating(names, seed)
    halves = [weighed(trials, chosen) for chosen in (side, ~side)]
    if min(each.persons for each in halves) < LEAST_ERRORS:
        return NoEvidence(f"fewer than {LEAST_ERRORS} persons of a half have two pictures")
    if not all(each.overlap for each in halves):
        return NoEvidence("in a half no stranger scores above any mate: the data do not say how fast ratios grow")
    every = weighed(trials)
    lines = [fit(each) for each in (*halves, every)]
    if any(line is None for line in lines):
        return NoEvidence("no line from score to likelihood ratio can be fitted")
    first, second, line = (each for each in lines if each is not None)
    judged = _judged(halves, (second, first))
    best = best_monotone(
        np.concatenate([each.mated for each in halves]),
        np.concatenate([each.nonmated for each in halves]),
        judged.weights,
    )
    low, high = bounds(judged, sum(e.persons for e in halves), sum(e.independent for e in halves))
    if low == 0 == high:
        return NoEvidence("no likelihood ratio could be told that costs less than saying nothing")
    held = Ratios(np.clip(judged.mated, low, high), np.clip(judged.nonmated, low, high), judged.weights)
    value, spread = cllr(held), _spread(halves, held)
    report = {
        "cllr": {
            "value": value,
            "ci95": [max(0.0, value - Z * spread), value + Z * spread],
            "method": METHOD,
            "note": "fitted and judged on different persons",
        },
        "cllr_min": cllr(best),
        "cllr_unbounded": cllr(judged),
        "misleading": [float(np.mean(held.mated < 0)), float(held.share @ (held.nonmated > 0))],
        "bounds": [low, high],
        "slope": line.slope / np.log(10),
        "intercept": line.intercept / np.log(10),
        "covariance": (line.covariance / np.log(10) ** 2).tolist(),
        "range": [float(min(every.mated.min(), every.nonmated.min())), float(max(every.mated.max(), every.high[0]))],
        "mated": len(judged.mated),
        "nonmated": round(float(judged.weights.sum())),
        "persons": sum(each.persons for each in halves),
        "pairs_of_persons": round(sum(each.independent for each in halves)),
        **curves(held, best),
    }
    return Evidence(line, low, high, report)


def _judged(halves: Sequence[Weighed], lines: Sequence[Line]) -> Ratios:
    """The ratios of each half by the line of the other."""
    both = list(zip(halves, lines, strict=True))
    return Ratios(
        np.concatenate([line.llr(half.mated) for half, line in both]),
        np.concatenate([line.llr(half.nonmated) for half, line in both]),
        np.concatenate([half.nonmated_weights for half in halves]),
    )


def _spread(halves: Sequence[Weighed], ratios: Ratios) -> float:
    """The standard error of Cllr; persons are the unit, and nobody is in both halves."""
    mated, others = cost_mated(ratios.mated), cost_nonmated(ratios.nonmated)
    own = (mated - mated.mean()) / (2 * len(mated))
    strange = (others - ratios.share @ others) * ratios.share / 2
    variance, at, there = 0.0, 0, 0
    for half in halves:
        many, far = at + len(half.mated), there + len(half.nonmated_weights)
        variance += float(half.variance([np.concatenate([own[at:many], strange[there:far]])])[0, 0])
        at, there = many, far
    return float(np.sqrt(max(0.0, variance)))
