"""Vertex bootstrap: persons are drawn anew, and all comparisons of a person come and go with it.

A mated comparison weighs as often as its person was drawn, one of two persons the product of their two numbers; pairs
of a person with its own double are left out. 95 % intervals are percentiles. The seed is given, so a run can be
repeated. (Bolle, Ratha and Pankanti, Error analysis of pattern recognition systems: the subsets bootstrap, 2004.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation.rate import Estimate
from countenance.evaluation.trial_set import TrialSet

Real = NDArray[np.float64]

REPLICATIONS = 1000
METHOD = "vertex bootstrap"


def draws(persons: NDArray[np.int64], count: int, seed: int, replications: int = REPLICATIONS) -> Iterator[Real]:
    """Weights by person (length ``count``): how often each of ``persons`` was drawn, as often as there are persons."""
    random = np.random.default_rng(seed)
    for _ in range(replications):
        drawn = random.integers(0, len(persons), len(persons))
        yield np.bincount(persons[drawn], minlength=count).astype(np.float64)


def taking_part(trials: TrialSet) -> NDArray[np.int64]:
    """The persons who have a part in any trial."""
    return np.unique(np.concatenate([trials.person[trials.mated_a], _in_pairs(trials)]))


def estimate(value: float | None, resampled: Iterator[float | None], note: str = "") -> Estimate:
    """``value`` with the 2.5 and 97.5 percent points of what came of the resamples that gave a number."""
    numbers = [each for each in resampled if each is not None and math.isfinite(each)]
    if value is None or len(numbers) < 20:
        return Estimate(value, None, None, METHOD, note or "not resolvable: too few persons")
    low, high = np.percentile(numbers, [2.5, 97.5])
    return Estimate(value, float(low), float(high), METHOD, note)


def tmr_at(trials: TrialSet, target: float) -> Callable[[Real | None], float | None]:
    """The true match rate at the lowest threshold with FMR at most ``target``, of given weights by person.

    None where the weights leave no mated or no non-mated trial. Only the scores that could ever be at the threshold
    are looked at: four times as many as at the observed one.
    """
    reach = min(len(trials.high), 4 * math.floor(target * trials.pairing.count) + 200)
    high = trials.high[:reach]
    i, j = trials.person[trials.high_a[:reach]], trials.person[trials.high_b[:reach]]
    order = np.argsort(trials.mated)
    mated, who = trials.mated[order], trials.person[trials.mated_a][order]

    def of(weights: Real | None) -> float | None:
        if weights is None:
            weights = np.ones(trials.persons)
        total = trials.pairing.weight(weights)
        own = weights[who]
        if total <= 0 or own.sum() <= 0:
            return None
        weight = weights[i] * weights[j]
        errors = np.cumsum(weight)
        at = int(np.searchsorted(errors, target * total * (1 + 1e-12), side="right"))
        if at >= len(high):
            if reach < len(trials.high) or np.isfinite(trials.floor):
                return None
            threshold = -np.inf
        else:
            threshold = np.nextafter(high[at], np.inf)
        below = int(np.searchsorted(mated, threshold, side="left"))
        return float(1 - own[:below].sum() / own.sum())

    return of


def _in_pairs(trials: TrialSet) -> NDArray[np.int64]:
    cells = trials.pairing.cells(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
    return np.flatnonzero(cells.trials)
