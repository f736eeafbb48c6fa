"""Scores with their weights and persons: what a calibration is fitted to and judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation.tail import EDGES, binned
from countenance.evaluation.trial_set import TrialSet

Real = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Mated scores of person ``who``; the highest non-mated ones, between persons ``i`` and ``j``; and ``low`` ones.

    Of the low scores, below the tail that is kept exactly, only bins (``low``: middles, ``low_counts``: how many) are
    known, and not whose they are. ``trials``: by person, in how many non-mated comparisons it has a part.
    """

    mated: Real = field(repr=False)
    who: Whole = field(repr=False)
    high: Real = field(repr=False)
    i: Whole = field(repr=False)
    j: Whole = field(repr=False)
    low: Real = field(repr=False)
    low_counts: Real = field(repr=False)
    trials: Real = field(repr=False)
    independent: float
    """As how many independent non-mated comparisons they count where none is an error: pairs of persons."""

    @property
    def persons(self) -> int:
        """How many have mated comparisons."""
        return len(np.unique(self.who))

    @property
    def nonmated(self) -> Real:
        """All non-mated scores, the low ones by the middles of their bins."""
        return np.concatenate([self.high, self.low])

    @property
    def nonmated_weights(self) -> Real:
        """How many comparisons each of ``nonmated`` stands for."""
        return np.concatenate([np.ones(len(self.high)), self.low_counts])

    @property
    def overlap(self) -> bool:
        """Whether some stranger scores above some mate, which a calibration needs."""
        return bool(len(self.mated) and len(self.high) and self.high[0] > self.mated.min())

    def variance(self, columns: Sequence[Real]) -> NDArray[np.float64]:
        """The person-level variance of sums: Σ U_i U_iᵀ - Σ e eᵀ, as in ``dependence``; shape (columns, columns).

        Each column has a value for each mated score, each high and each low one, what it adds to the sum. U_i is what
        all comparisons of person i add, e what those of one pair of persons do, which the first counts twice.
        """
        persons, mates, tail = len(self.trials), len(self.mated), len(self.mated) + len(self.high)
        keys, cell = np.unique(np.minimum(self.i, self.j) * persons + np.maximum(self.i, self.j), return_inverse=True)
        first, second = keys // persons, keys % persons
        known = np.bincount(self.i, minlength=persons) + np.bincount(self.j, minlength=persons)
        # Of the low scores nobody knows whose they are: each comparison adds the same part of their sum.
        rest = (self.trials - known) / self.low_counts.sum() if len(self.low) else np.zeros(persons)
        every, pairs = [], []
        for values in columns:
            sums = np.bincount(cell, values[mates:tail], len(keys))
            between = np.bincount(first, sums, persons) + np.bincount(second, sums, persons)
            every.append(np.bincount(self.who, values[:mates], persons) + between + rest * values[tail:].sum())
            pairs.append(sums)
        return np.asarray(np.stack(every) @ np.stack(every).T - np.stack(pairs) @ np.stack(pairs).T)


def weighed(trials: TrialSet, chosen: NDArray[np.bool_] | None = None) -> Weighed:
    """Of all persons of ``trials``, or of the comparisons among the ``chosen`` ones.

    The low scores of some persons are taken to be spread as those of all are.
    """
    part = trials if chosen is None else trials.of_persons(chosen)
    spread = np.maximum(trials.histogram - binned(trials.high.astype(np.float32)), 0)
    there = spread > 0
    left = part.pairing.count - len(part.high) if np.isfinite(trials.floor) else 0
    none = np.empty(0, dtype=np.int64)
    cells = part.pairing.cells(none, none)
    return Weighed(
        part.mated,
        part.person[part.mated_a],
        part.high,
        part.person[part.high_a],
        part.person[part.high_b],
        ((EDGES[:-1] + EDGES[1:]) / 2)[there] if left else np.empty(0),
        spread[there] * (left / spread.sum()) if left else np.empty(0),
        cells.trials,
        cells.independent,
    )
