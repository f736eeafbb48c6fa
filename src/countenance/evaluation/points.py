"""Operating points by target: the threshold at a counted rate, and the one whose upper bound meets the target."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from countenance.evaluation.bootstrap import draws, estimate, taking_part, tmr_at
from countenance.evaluation.rate import Estimate
from countenance.evaluation.threshold import Unsupported, at_rate, choose
from countenance.evaluation.trial_set import TrialSet

WORST = 0.1
"""A target above this is no operating point for anybody."""
TOO_FEW = "there are too few persons for a threshold that would be of use"
TARGETS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
LADDER = (*(float(f"{digit}e-{power}") for power in range(6, 0, -1) for digit in (1, 2, 5)), 1.0)


def smallest_supported(persons: int) -> float:
    """About the lowest FMR that can be claimed without one error: 3 / n, by the rule of 3, for n pairs of persons."""
    pairs = persons * (persons - 1) / 2
    return min(1.0, 3 / pairs) if pairs else 1.0


def supported_target(requested: float, smallest: float) -> float:
    """``requested``, or where the data cannot carry it the next of 1, 2, 5 · 10^-k above what they can."""
    return requested if requested >= smallest else next(each for each in LADDER if each >= smallest)


def cannot_support(target: float, persons: int, smallest: float) -> str:
    """The sentence for people."""
    return f"{persons} persons cannot support FMR {rough(target)}; the smallest supported is about {rough(smallest)}"


def rough(value: float) -> str:
    """One digit: 4e-3."""
    if value <= 0:
        return "0"
    power = math.floor(math.log10(value))
    digit = round(value / 10**power)
    return f"{digit}e{power}" if digit < 10 else f"1e{power + 1}"


def table(trials: TrialSet, seed: int, replications: int) -> list[dict[str, Any]]:
    """A row for each target: threshold, FMR, FNMR and TMR with intervals, errors seen, and whether it is resolved."""
    rows: list[dict[str, Any]] = []
    count = trials.pairing.count
    for target in TARGETS:
        threshold = at_rate(trials.high, count, target) if count else 1.0
        if count == 0 or threshold < trials.floor:
            continue
        fmr, fnmr = trials.fmr(threshold), trials.fnmr(threshold)
        none = trials.fmr_of(0)
        status = "measured" if fmr.enough else "few errors"
        if target < 3 / max(1.0, none.effective):
            status = "not resolvable"
        rows.append(
            {
                "target": target,
                "threshold": threshold,
                "fmr": fmr.to_json(),
                "fnmr": fnmr.to_json(),
                "tmr": None if fnmr.value is None else 1 - fnmr.value,
                "status": status,
            }
        )
    for row in rows[:2]:
        row["tmr_at_fmr"] = tmr(trials, row["target"], seed, replications, _unresolved(row)).to_json()
    return rows


def chosen(trials: TrialSet, target: float) -> tuple[dict[str, Any] | None, str]:
    """The threshold by the rule ``upper95 <= target``, with FMR and FNMR there; None and why where there is none."""
    found = choose(trials.high, trials.pairing.count, trials.fmr_of, target)
    if isinstance(found, Unsupported):
        return None, f"without any error the upper bound would be {found.smallest:.2g}, above {target:g}"
    if found.threshold < trials.floor:
        return None, "the threshold lies below the scores that were kept"
    return {"threshold": found.threshold, "fmr": found.rate, "fnmr": trials.fnmr(found.threshold)}, ""


def curve(trials: TrialSet, most: int = 60) -> list[list[float]]:
    """[threshold, FMR, low, high]: the measured curve, evenly spread over log FMR, as far as errors were seen."""
    count, kept = trials.pairing.count, len(trials.high)
    if not kept or not count:
        return []
    many = np.unique(np.geomspace(1, kept, most).astype(np.int64))
    rows = []
    for errors in many[::-1]:
        threshold = float(trials.high[errors - 1])
        rate = trials.fmr(threshold)
        rows.append([threshold, float(rate.value or 0), rate.low, rate.high])
    return rows


def det(trials: TrialSet, most: int = 60) -> dict[str, Any]:
    """[threshold, FMR, low, high, FNMR, low, high] along the curve, and the FMR below which nothing can be claimed."""
    rows = []
    for threshold, fmr, low, high in curve(trials, most):
        fnmr = trials.fnmr(threshold)
        rows.append([threshold, fmr, low, high, fnmr.value or 0.0, fnmr.low, fnmr.high])
    return {"points": rows, "cut": 3 / max(1.0, trials.fmr_of(0).effective)} if rows else {}


def tmr(trials: TrialSet, target: float, seed: int, replications: int, note: str) -> Estimate:
    """The TMR at an FMR of at most ``target``, by bootstrap; where no miss was seen, by Wilson at the threshold.

    Without a miss every resample has a TMR of 1, which would be an interval of no width.
    """
    of = tmr_at(trials, target)
    found = estimate(of(None), (of(w) for w in draws(taking_part(trials), trials.persons, seed, replications)), note)
    if found.value != 1.0:
        return found
    missed = trials.fnmr(at_rate(trials.high, trials.pairing.count, target))
    return Estimate(1.0, 1 - missed.high, 1.0, missed.method, note)


def _unresolved(row: dict[str, Any]) -> str:
    return "" if row["status"] == "measured" else row["status"]
