"""Very many scores in little memory: all of them in a histogram, the highest exactly and with who they belong to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from countenance.terms.errors import Malformed

Scores = NDArray[np.float32]
Positions = NDArray[np.int32]

BINS = 2000
EDGES: NDArray[np.float64] = np.linspace(-1.0, 1.0, BINS + 1)
"""Of the histogram, over the range of a cosine; what rounding leaves outside goes into the outermost bins."""
MOST = 2_000_000
"""Scores kept exactly: 24 MB."""


class Tail:
    """Scores are added block by block; ``most`` of them, the highest, are kept exactly.

    ``floor``: every score at or above it that was ever added is kept; lower ones may be missing.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.count = 0
        self.floor = -np.inf
        self.histogram: NDArray[np.int64] = np.zeros(BINS, dtype=np.int64)
        self._kept: list[tuple[Scores, Positions, Positions]] = []
        self._many = 0

    def add(self, scores: Scores, a: Positions, b: Positions) -> None:
        """Scores (float32, any shape) of positions ``a`` with ``b``, which broadcast to that shape.

        Raises Malformed where one is not a number.
        """
        if not scores.size:
            return
        self.count_in(scores)
        high = np.flatnonzero(scores.ravel() >= self.floor) if np.isfinite(self.floor) else np.arange(scores.size)
        if not len(high):
            return
        rows, columns = np.unravel_index(high, scores.shape) if scores.ndim == 2 else (high, high)
        first = a[rows] if a.ndim == 1 else a[rows, 0]
        second = b[columns] if b.ndim == 1 else b[0, columns]
        self._kept.append((scores.ravel()[high], first, second))
        self._many += len(high)
        if self._many > 2 * self.most:
            self._cut()

    def count_in(self, scores: Scores) -> None:
        """Count scores into the histogram; raises Malformed where one is not a number."""
        self.count += scores.size
        self.histogram += binned(scores)

    def sorted(self) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
        """The kept scores, highest first, and the positions they belong to."""
        self._cut()
        if not self._kept:
            return np.empty(0), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        scores, a, b = self._kept[0]
        order = np.lexsort((b, a, -scores))
        return scores[order].astype(np.float64), a[order].astype(np.int64), b[order].astype(np.int64)

    def _cut(self) -> None:
        if not self._kept:
            return
        scores, a, b = (np.concatenate(parts) for parts in zip(*self._kept, strict=True))
        if len(scores) > self.most:
            # Everything above the cut is kept; at the cut there may be equal scores on both sides of it.
            cut = float(np.partition(scores, len(scores) - self.most)[len(scores) - self.most])
            keep = scores > cut
            scores, a, b = scores[keep], a[keep], b[keep]
            self.floor = float(np.nextafter(np.float32(cut), np.float32(np.inf)))
        self._kept, self._many = [(scores, a, b)], len(scores)


def binned(scores: NDArray[np.floating]) -> NDArray[np.int64]:
    """How many scores lie in each bin; raises Malformed where one is not a number."""
    place = (scores.ravel() + 1) * (BINS / 2)
    if not np.isfinite(place.sum()):
        raise Malformed("a score is not a number", remedy="Look at the recipe: a template of it cannot be compared.")
    np.clip(place, 0, BINS - 1, out=place)
    return np.bincount(place.astype(np.int32), minlength=BINS)
