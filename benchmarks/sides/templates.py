"""Synthetic templates with the statistics of a recogniser's: what a search costs depends on them, its answer does not.

Unit vectors of a common mean (squared norm 0.08) and a covariance whose eigenvalues fall by a power law, so that its
participation ratio, (sum of eigenvalues)^2 / sum of their squares, is 104. Two references of one subject score 0.64
+- 0.10, of two subjects 0.08 +- 0.10.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

MEAN, RATIO, WITHIN = 0.08, 104.0, 0.39
"""Squared norm of the mean; participation ratio; the share of the variance that differs between one's own images."""


class Faces:
    """Subjects of this dimension, drawn in blocks from one seed."""

    def __init__(self, dimension: int, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self.dimension = dimension
        fixed = np.random.default_rng(20_260)
        mean = fixed.standard_normal(dimension)
        self._mean = mean * np.sqrt(MEAN) / np.linalg.norm(mean)
        self._scale = np.sqrt(_spectrum(dimension) * (1 - MEAN))
        turn, _ = np.linalg.qr(fixed.standard_normal((dimension, dimension)))
        self._turn = turn.astype(np.float32)

    def blocks(self, count: int, images: int = 2, most: int = 65_536) -> Iterator[NDArray[np.float32]]:
        """``count`` templates, ``images`` of each subject one after the other, a block at a time."""
        for start in range(0, count, most):
            rows = min(most, count - start)
            subjects = self._draw(-(-rows // images)).repeat(images, axis=0)[:rows]
            yield self._finish(subjects * np.sqrt(1 - WITHIN) + self._draw(rows) * np.sqrt(WITHIN))

    def templates(self, count: int, images: int = 2) -> NDArray[np.float32]:
        """The same at once, shape (count, dimension)."""
        return np.concatenate(list(self.blocks(count, images)))

    def mates(self, templates: NDArray[np.float32]) -> NDArray[np.float32]:
        """Other images of the subjects of these templates: they score about 0.64 with them."""
        towards = 0.64 * templates + np.sqrt(1 - 0.64**2) * self.templates(len(templates), images=1)
        return (towards / np.linalg.norm(towards, axis=1, keepdims=True)).astype(np.float32)

    def _draw(self, rows: int) -> NDArray[np.float32]:
        drawn = self._random.standard_normal((rows, self.dimension), dtype=np.float32)
        return np.asarray(drawn * self._scale, dtype=np.float32)

    def _finish(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        turned = (rows.astype(np.float32) @ self._turn) + self._mean
        return (turned / np.linalg.norm(turned, axis=1, keepdims=True)).astype(np.float32)


def _spectrum(dimension: int) -> NDArray[np.float64]:
    """Eigenvalues j^-a of sum 1 whose participation ratio is ``RATIO``, or all equal where there are too few."""
    low, high = 0.0, 3.0
    for _ in range(60):
        middle = (low + high) / 2
        values = np.arange(1, dimension + 1) ** -middle
        low, high = (middle, high) if values.sum() ** 2 / (values**2).sum() > RATIO else (low, middle)
    values = np.arange(1, dimension + 1) ** -low
    return np.asarray(values / values.sum(), dtype=np.float64)
