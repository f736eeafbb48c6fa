"""The index: a gallery's templates in memory, a copy of the store that readers see whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from countenance.terms.template import Vector

_SPARE = 64


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One reference as the index holds it. ``vector`` is float32, shape (dimension,), of unit length."""

    reference: str
    subject: str
    vector: Vector


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What one search sees, from beginning to end, whatever is enrolled or erased meanwhile.

    ``matrix`` is float32, shape (references, dimension), read-only; ``owner`` int64, shape (references,), the
    place in ``subjects`` of each row's subject. ``references`` and ``subjects`` may be longer than what this
    snapshot knows: they only grow, and nobody looks beyond.
    """

    matrix: NDArray[np.float32]
    owner: NDArray[np.int64]
    references: Sequence[str]
    subjects: Sequence[str]


class Index:
    """Changed by one writer at a time (the gallery's writing lock); ``snapshot`` may be read by anybody, any time."""

    def __init__(self, rows: Collection[Row] = ()) -> None:
        self.removals = 0
        """How often something was taken out: a search that began before it must not answer from before it."""
        self._dimension = 0  # until the first reference comes
        self._used = 0
        self._matrix = np.empty((0, 0), dtype=np.float32)
        self._owner = np.empty(0, dtype=np.int64)
        self._references: list[str] = []
        self._subjects: list[str] = []
        self._places: dict[str, int] = {}
        self._publish()
        self.add(rows)

    def add(self, rows: Collection[Row]) -> None:
        """Add references; the next ``snapshot`` has all of them."""
        if not rows:
            return
        if self._dimension == 0:
            self._dimension = len(next(iter(rows)).vector)
            self._matrix = np.empty((0, self._dimension), dtype=np.float32)
        end = self._used + len(rows)
        if end > len(self._matrix):
            self._grow(end)
        for row in rows:
            place = self._places.get(row.subject)
            if place is None:
                place = self._places[row.subject] = len(self._subjects)
                self._subjects.append(row.subject)
            self._matrix[self._used] = row.vector
            self._owner[self._used] = place
            self._references.append(row.reference)
            self._used += 1
        self._publish()

    def remove(self, *, subjects: Collection[str] = (), references: Collection[str] = ()) -> None:
        """Take out whole subjects and single references; their numbers are not copied and go with the last reader."""
        gone = {place for subject in subjects if (place := self._places.pop(subject, None)) is not None}
        names = set(references)
        left = np.fromiter(
            (
                place not in gone and name not in names
                for place, name in zip(self._owner[: self._used].tolist(), self._references, strict=True)
            ),
            dtype=np.bool_,
            count=self._used,
        )
        self.removals += 1
        self._references = [name for name, stays in zip(self._references, left.tolist(), strict=True) if stays]
        self._matrix, self._owner = self._matrix[: self._used][left], self._owner[: self._used][left]
        self._used = len(self._references)
        self._publish()

    def rows(self) -> list[Row]:
        """All references, in the order in which they came."""
        return [Row(self._references[i], self._subjects[self._owner[i]], self._matrix[i]) for i in range(self._used)]

    def _grow(self, needed: int) -> None:
        """Into new arrays: snapshots keep the old ones."""
        capacity = max(needed, len(self._matrix) * 2, _SPARE)
        matrix = np.empty((capacity, self._dimension), dtype=np.float32)
        owner = np.empty(capacity, dtype=np.int64)
        matrix[: self._used] = self._matrix[: self._used]
        owner[: self._used] = self._owner[: self._used]
        self._matrix, self._owner = matrix, owner

    def _publish(self) -> None:
        """One attribute, set at once; rows beyond the snapshot's end are written by nobody who reads it."""
        matrix, owner = self._matrix[: self._used], self._owner[: self._used]
        matrix.setflags(write=False)
        owner.setflags(write=False)
        self.snapshot = Snapshot(matrix, owner, self._references, self._subjects)
