"""The cold part of a segment: what only the few rows that may be in the answer are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Cold:
    """``vectors`` float32, shape (rows, dimension); ``references`` and ``subjects`` their ids, ASCII, shape (rows,)."""

    vectors: NDArray[np.float32]
    references: NDArray[np.bytes_]
    subjects: NDArray[np.bytes_]

    @property
    def dimension(self) -> int:
        """How many numbers a template has."""
        return int(self.vectors.shape[1])

    @property
    def ids(self) -> int:
        """How many bytes an id has at most."""
        return int(max(self.references.dtype.itemsize, self.subjects.dtype.itemsize))

    def take(self, rows: NDArray[np.int64]) -> Cold:
        """These rows, copied."""
        return Cold(self.vectors[rows], self.references[rows], self.subjects[rows])

    def view(self, rows: NDArray[np.int64]) -> Cold:
        """The same, since nothing else holds them."""
        return self.take(rows)

    def wipe(self, rows: NDArray[np.int64]) -> None:
        """Nothing to do: what was not copied goes with its last reader."""

    @staticmethod
    def joined(parts: list[Cold]) -> Cold:
        """All parts, one after the other."""
        return Cold(
            np.concatenate([each.vectors for each in parts]),
            np.concatenate([each.references for each in parts]),
            np.concatenate([each.subjects for each in parts]),
        )
