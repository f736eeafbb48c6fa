"""Person-level variance: comparisons that share a person go wrong together, and count for less than their number.

Errors are summed in cells: one for each pair of persons (i < j), and one for each person alone (mated comparisons).
With the residual of a cell e = errors - p · trials and S_i the sum of the residuals of all cells in which person i has
a part, the variance of a rate is (Σ S_i² - Σ e²) / N², the second sum over the cells of two persons, which the first
counts twice; it is at least Σ e² / N² over all cells, its value where cells are independent. As how many independent
trials N comparisons count is n* = p(1 - p) / variance, at most N; n* goes into Wilson's interval. (Fogliato, Patil and
Perona, Confidence intervals for error rates in 1:1 matching tasks, arXiv 2306.01198.)
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation.rate import Rate
from countenance.evaluation.wilson import wilson

METHOD = "wilson+person"

Whole = NDArray[np.int64]
Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Errors and trials by cell, summed up. ``errors`` and ``trials`` are by person, over all its cells.

    Over the cells of two persons: ``pair_squares`` = (Σ errors², Σ errors · trials, Σ trials²); over those of one:
    ``own_squares``, the same. ``independent``: as how many independent trials they count where no error was seen.
    """

    k: float
    n: int
    errors: Real = field(repr=False)
    trials: Real = field(repr=False)
    pair_squares: tuple[float, float, float]
    own_squares: tuple[float, float, float]
    independent: float

    def rate(self) -> Rate:
        """The rate with its interval."""
        if not self.n:
            return Rate(0, 0, None, 0.0, 1.0, 0.0, METHOD)
        p = self.k / self.n
        effective = min(float(self.n), self.independent)
        if 0 < p < 1:
            variance = self.variance(p)
            effective = min(float(self.n), p * (1 - p) / variance) if variance > 0 else effective
        low, high = wilson(p, effective)
        return Rate(self.k, self.n, p, low, high, effective, METHOD)

    def variance(self, p: float) -> float:
        """The variance of the rate, where ``p`` is its value."""
        shared = float(np.sum((self.errors - p * self.trials) ** 2))
        pairs, own = _residual(self.pair_squares, p), _residual(self.own_squares, p)
        return max(shared - pairs, pairs + own) / self.n**2


def listed_cells(errors: Real, a: Whole, b: Whole, persons: int, trials: Real | None = None) -> Cells:
    """Cells of comparisons that are listed one by one: errors 0 or 1 each, between images of persons ``a`` and ``b``.

    ``trials`` are 1 each unless given. Mated comparisons (``a`` equal to ``b``) and others may be mixed.
    """
    if not len(errors):
        return Cells(0, 0, np.zeros(persons), np.zeros(persons), (0, 0, 0), (0, 0, 0), 0)
    each = np.ones(len(errors)) if trials is None else trials
    low, high = np.minimum(a, b), np.maximum(a, b)
    keys, cell = np.unique(low * persons + high, return_inverse=True)
    cell_errors, cell_trials = np.bincount(cell, errors), np.bincount(cell, each)
    i, j = keys // persons, keys % persons
    own = i == j
    by_person = [
        (np.bincount(i, sums, persons) + np.bincount(j[~own], sums[~own], persons)).astype(np.float64)
        for sums in (cell_errors, cell_trials)
    ]
    n = int(each.sum())
    squares = [
        tuple(float(np.sum(x * y)) for x, y in ((e, e), (e, t), (t, t)))
        for e, t in ((cell_errors[~own], cell_trials[~own]), (cell_errors[own], cell_trials[own]))
    ]
    return Cells(
        float(errors.sum()), n, by_person[0], by_person[1], _three(squares[0]), _three(squares[1]), float(len(keys))
    )


def crossed_cells(images: Whole, i: Whole, j: Whole) -> Cells:
    """Cells of all comparisons of different persons, who have ``images`` (by person); errors lie between i and j.

    ``i`` and ``j`` are persons, one entry an error. Where there is no error, the comparisons count as many as there
    are pairs of persons, however many images each has.
    """
    persons = len(images)
    own = images.astype(np.float64)
    total = float(own.sum())
    squares = own**2
    keys, counts = np.unique(np.minimum(i, j) * persons + np.maximum(i, j), return_counts=True)
    first, second = keys // max(1, persons), keys % max(1, persons)
    errors = np.bincount(first, counts, persons) + np.bincount(second, counts, persons)
    n = round((total**2 - float(squares.sum())) / 2)
    present = int(np.count_nonzero(images))
    return Cells(
        float(len(i)),
        n,
        errors.astype(np.float64),
        own * (total - own),
        (
            float(np.sum(counts.astype(np.float64) ** 2)),
            float(np.sum(counts * own[first] * own[second])),
            (float(squares.sum()) ** 2 - float(np.sum(squares**2))) / 2,
        ),
        (0.0, 0.0, 0.0),
        present * (present - 1) / 2,
    )


def _three(values: tuple[float, ...]) -> tuple[float, float, float]:
    return values[0], values[1], values[2]


def _residual(sums: tuple[float, float, float], p: float) -> float:
    return max(0.0, sums[0] - 2 * p * sums[1] + p * p * sums[2])
