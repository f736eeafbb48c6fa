"""What is known of a set of 1:1 trials: every mated score, the highest non-mated ones, and how many there were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation.dependence import Cells, crossed_cells, listed_cells
from countenance.evaluation.rate import Rate
from countenance.evaluation.tail import Tail, binned
from countenance.gallery.trials import Block
from countenance.terms.errors import Malformed

Real = NDArray[np.float64]
Whole = NDArray[np.int64]


class Pairing(Protocol):
    """Between which persons the non-mated comparisons were."""

    @property
    def count(self) -> int:
        """How many there were."""
        ...

    def cells(self, i: Whole, j: Whole) -> Cells:
        """The cells, where each error lies between persons ``i`` and ``j``."""
        ...

    def weight(self, weights: Real) -> float:
        """How many there are where each person stands for ``weights`` of it."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Comparisons that a list names: each between persons ``i`` and ``j``."""

    persons: int
    i: Whole = field(repr=False)
    j: Whole = field(repr=False)

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self.i)

    def cells(self, i: Whole, j: Whole) -> Cells:
        """The cells, where each error lies between persons ``i`` and ``j``."""
        errors, trials = np.ones(len(i)), np.ones(len(self.i))
        return listed_cells(
            np.concatenate([np.zeros(len(self.i)), errors]),
            np.concatenate([self.i, i]),
            np.concatenate([self.j, j]),
            self.persons,
            np.concatenate([trials, np.zeros(len(i))]),
        )

    def weight(self, weights: Real) -> float:
        """How many there are where each person stands for ``weights`` of it."""
        return float(np.sum(weights[self.i] * weights[self.j]))


@dataclass(frozen=True, slots=True, eq=False)
class Crossed:
    """All comparisons of different persons, who have ``images`` (int64, by person)."""

    images: Whole = field(repr=False)

    @property
    def count(self) -> int:
        """How many there were."""
        return int((self.images.sum() ** 2 - np.sum(self.images**2)) // 2)

    def cells(self, i: Whole, j: Whole) -> Cells:
        """The cells, where each error lies between persons ``i`` and ``j``."""
        return crossed_cells(self.images, i, j)

    def weight(self, weights: Real) -> float:
        """How many there are where each person stands for ``weights`` of it."""
        many = weights * self.images
        return float((many.sum() ** 2 - np.sum(many**2)) / 2)


@dataclass(frozen=True, slots=True, eq=False)
class TrialSet:
    """``person`` (int64, by image) says who is who among ``persons``.

    ``mated``: scores, ``mated_a`` and ``mated_b`` their images. ``high``: the highest non-mated scores, highest first,
    with their images; all at or above ``floor``. ``histogram`` and ``mated_histogram``: all, by ``tail.EDGES``.
    """

    persons: int
    person: Whole = field(repr=False)
    mated: Real = field(repr=False)
    mated_a: Whole = field(repr=False)
    mated_b: Whole = field(repr=False)
    high: Real = field(repr=False)
    high_a: Whole = field(repr=False)
    high_b: Whole = field(repr=False)
    floor: float
    pairing: Pairing = field(repr=False)
    histogram: Whole = field(repr=False)
    mated_histogram: Whole = field(repr=False)

    def above(self, threshold: float) -> int:
        """How many non-mated scores reach ``threshold``; raises Malformed below the floor."""
        if threshold < self.floor:
            raise Malformed(f"non-mated scores below {self.floor:.4f} were only counted: name a higher one")
        return int(np.searchsorted(-self.high, -threshold, side="right"))

    def fmr(self, threshold: float) -> Rate:
        """The false match rate, with its interval."""
        return self.fmr_of(self.above(threshold))

    def fmr_of(self, errors: int) -> Rate:
        """The false match rate where the ``errors`` highest non-mated scores are false matches."""
        return self.pairing.cells(self.person[self.high_a[:errors]], self.person[self.high_b[:errors]]).rate()

    def fnmr(self, threshold: float) -> Rate:
        """The false non-match rate, with its interval."""
        who = self.person[self.mated_a]
        return listed_cells((self.mated < threshold).astype(np.float64), who, who, self.persons).rate()

    def of_persons(self, chosen: NDArray[np.bool_]) -> TrialSet:
        """The comparisons among some persons only; the histograms stay those of the whole."""
        images = chosen[self.person]
        mated, high = images[self.mated_a], images[self.high_a] & images[self.high_b]
        pairing: Pairing
        if isinstance(self.pairing, Crossed):
            pairing = Crossed(np.where(chosen, self.pairing.images, 0))
        elif isinstance(self.pairing, Listed):
            both = chosen[self.pairing.i] & chosen[self.pairing.j]
            pairing = Listed(self.persons, self.pairing.i[both], self.pairing.j[both])
        else:
            raise TypeError(type(self.pairing))
        return TrialSet(
            self.persons, self.person, self.mated[mated], self.mated_a[mated], self.mated_b[mated],
            self.high[high], self.high_a[high], self.high_b[high], self.floor, pairing,
            self.histogram, self.mated_histogram,
        )  # fmt: skip


def listed_trials(scores: Real, a: Whole, b: Whole, person: Whole, persons: int, same: NDArray[np.bool_]) -> TrialSet:
    """The trials of a list: images ``a`` with ``b``; ``same`` as the list says. Raises Malformed for NaN."""
    if not np.all(np.isfinite(scores)):
        raise Malformed(f"{int(np.sum(~np.isfinite(scores)))} scores are not numbers")
    order = np.flatnonzero(~same)
    order = order[np.argsort(-scores[order], kind="stable")]
    return TrialSet(
        persons,
        person,
        scores[same],
        a[same],
        b[same],
        scores[order],
        a[order],
        b[order],
        -np.inf,
        Listed(persons, person[a[order]], person[b[order]]),
        binned(scores[order]),
        binned(scores[same]),
    )


def crossed_trials(blocks: Iterable[Block], person: Whole, persons: int, *, most: int | None = None) -> TrialSet:
    """All pairs of images, drawn in blocks of a crossing without columns; ``person`` by image, in its order.

    Memory: one block, the tail and the mated scores. Raises Malformed for NaN.
    """
    tail = Tail() if most is None else Tail(most)
    place = np.arange(len(person), dtype=np.int32)
    mated: list[tuple[NDArray[np.float32], Whole, Whole]] = []
    for block in blocks:
        scores, height = block.scores, block.scores.shape[0]
        square = scores[:, :height]
        below = np.tri(height, dtype=np.bool_)
        rows, columns = np.nonzero(person[block.row : block.row + height, None] == person[None, block.column :])
        upper = columns > rows
        rows, columns = rows[upper], columns[upper]
        mated.append((scores[rows, columns].copy(), rows + block.row, columns + block.column))
        if not np.isfinite(scores.sum()):
            raise Malformed("a score is not a number")
        # What is no non-mated trial goes below every score, is left out of the tail and taken back from the count.
        square[below] = -2.0
        scores[rows, columns] = -2.0
        none = int(below.sum()) + len(rows)
        tail.add(scores, place[block.row : block.row + height], place[block.column :])
        tail.histogram[0] -= none
        tail.count -= none
    high, a, b = tail.sorted()
    real = high > -1.5
    images = np.bincount(person, minlength=persons)
    mated_scores = np.concatenate([m[0] for m in mated] or [np.empty(0, dtype=np.float32)]).astype(np.float64)
    return TrialSet(
        persons,
        person,
        mated_scores,
        _joined([m[1] for m in mated]),
        _joined([m[2] for m in mated]),
        high[real],
        a[real],
        b[real],
        tail.floor,
        Crossed(images),
        tail.histogram,
        binned(mated_scores),
    )


def _joined(parts: Sequence[Whole]) -> Whole:
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
