"""The grid: where the 16 steps of a 4-bit code lie in each dimension. Any grid is correct; a fitting one is fast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STEP = 0.3352
"""The best step of a uniform 16-level quantiser, in standard deviations of a normal variable (Max 1960, table II)."""
_FINEST = 1e-6
_SAMPLE = 16_384


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """``middle`` and ``step``, float64, shape (dimension,): code u stands for ``middle + step · (u - 7.5)``."""

    middle: NDArray[np.float64]
    step: NDArray[np.float64]

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> Grid:
        """A grid that fits these vectors; some thousands of them, evenly taken, are looked at."""
        some = vectors[:: max(1, len(vectors) // _SAMPLE)].astype(np.float64)
        return cls(some.mean(axis=0), np.maximum(some.std(axis=0) * _STEP, _FINEST))

    @property
    def dimension(self) -> int:
        """How many numbers a template of this grid has."""
        return len(self.middle)

    @property
    def chunks(self) -> int:
        """Eight dimensions make a chunk; the last one is filled up with codes that a probe multiplies by zero."""
        return -(-self.dimension // 8)
