"""The index of one gallery: segments and a tail, a copy of the store that readers see whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.codes import MOST_DIMENSIONS
from countenance.gallery.index.cold import Cold
from countenance.gallery.index.compiled import available
from countenance.gallery.index.grid import Grid
from countenance.gallery.index.row import Row, owner_of
from countenance.gallery.index.scan import warm
from countenance.gallery.index.segment import Segment

TAIL = 8_192
"""From so many references on, the tail becomes a segment: below, float32 is as fast and nothing is compiled."""
SEGMENT = 131_072
"""The most references of a segment: so much is copied where one of them is erased (at 128 dimensions 0.1 GB)."""
_SPARE = 64
NOBODY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What one search sees, from beginning to end, whatever is enrolled or erased meanwhile.

    ``segments`` and, after them, the tail: ``matrix`` float32, shape (rows, dimension), read-only; ``owner`` int32,
    shape (rows,), each row's ``owner_of`` its subject; ``references`` and ``subjects`` their ids. Those two may be
    longer than what this snapshot knows: they only grow, and nobody looks beyond.
    """

    segments: tuple[Segment, ...]
    matrix: NDArray[np.float32]
    owner: NDArray[np.int32]
    references: Sequence[str]
    subjects: Sequence[str]

    def __len__(self) -> int:
        """How many references there are."""
        return len(self.owner) + sum(len(segment) for segment in self.segments)

    def vectors_of(self, subject: str) -> NDArray[np.float32]:
        """The templates of one subject's references, float32, shape (references, dimension)."""
        rows = [
            row for row in np.flatnonzero(self.owner == owner_of(subject)).tolist() if self.subjects[row] == subject
        ]
        found = [self.matrix[rows]]
        for segment in self.segments:
            found.append(segment.cold.take(segment.places_of([subject], {})).vectors)
        return np.concatenate([each for each in found if len(each)] or found[:1])


class Index:
    """Changed by one writer at a time (the gallery's writing lock); ``snapshot`` may be read by anybody, any time.

    New references go to the tail and are found from then on. A full tail becomes a segment, or the last segment again
    together with it where that is not full. What is taken out is not copied into the arrays that follow, so its
    numbers go with the last reader of the ones before.
    """

    def __init__(
        self, rows: Collection[Row] = (), *, tail: int = TAIL, segment: int = SEGMENT, spool: Path | None = None
    ) -> None:
        """``spool``: the folder where segments keep what few rows are asked for; None keeps it in memory."""
        self.removals = 0
        """How often something was taken out: a search that began before it must not answer from before it."""
        self.sealed: int | None = None
        """All references with numbers up to this one are in the segments, and no other; None where nobody said so."""
        self._most_tail, self._most_segment, self._spool = tail, segment, spool
        self._segments: tuple[Segment, ...] = ()
        self._grid: Grid | None = None
        self._grid_rows = 0  # how many references there were when the grid was made
        self._used = 0
        self._matrix = np.empty((0, 0), dtype=np.float32)  # its width is known when the first reference comes
        self._owner = np.empty(0, dtype=np.int32)
        self._references: list[str] = []
        self._subjects: list[str] = []
        self._publish()
        self.add(rows)

    def add(self, rows: Collection[Row], until: int | None = None) -> None:
        """Add references, all that there are up to the number ``until``; the next ``snapshot`` has them."""
        if rows:
            vectors = np.stack([row.vector for row in rows])
            self.extend([row.reference for row in rows], [row.subject for row in rows], vectors, until)

    def extend(
        self,
        references: Sequence[str],
        subjects: Sequence[str],
        vectors: NDArray[np.float32],
        until: int | None = None,
    ) -> None:
        """The same, of many; ``vectors`` float32, shape (references, dimension)."""
        if self._matrix.shape[1] == 0:
            self._clear(vectors.shape[1])
        end = self._used + len(references)
        if end > len(self._matrix):
            self._grow(end)
        self._matrix[self._used : end] = vectors
        self._owner[self._used : end] = np.fromiter(map(owner_of, subjects), dtype=np.int32, count=len(subjects))
        self._references.extend(references)
        self._subjects.extend(subjects)
        self._used = end
        if self._used >= self._most_tail and available() and self._matrix.shape[1] <= MOST_DIMENSIONS:
            self._seal()
            self.sealed = until
        self._publish()

    def adopt(self, segments: tuple[Segment, ...], sealed: int | None) -> None:
        """Take these segments for those that there are, of the same references; a new index begins with them."""
        if self._grid is None:
            self._grid, self._grid_rows = segments[-1].codes.grid, sum(len(segment) for segment in segments)
            self._clear(self._grid.dimension)
            warm(self._grid.dimension)
        self._segments, self.sealed = segments, sealed
        self._publish()

    def remove(self, *, subjects: Collection[str] = (), references: Mapping[str, str] = NOBODY) -> None:
        """Take out whole subjects, and single references by id, with their subjects."""
        gone, names = set(subjects), set(references)
        left = np.fromiter(
            (
                subject not in gone and name not in names
                for subject, name in zip(self._subjects, self._references, strict=True)
            ),
            dtype=np.bool_,
            count=self._used,
        )
        found = [(segment, segment.places_of(subjects, references)) for segment in self._segments]
        rests = [segment.without(places) if len(places) else segment for segment, places in found]
        self._segments = tuple(rest for rest in rests if len(rest))
        self._references = [name for name, stays in zip(self._references, left.tolist(), strict=True) if stays]
        self._subjects = [name for name, stays in zip(self._subjects, left.tolist(), strict=True) if stays]
        self._matrix, self._owner = self._matrix[: self._used][left], self._owner[: self._used][left]
        self._used = len(self._references)
        # In this order: a search that saw them before began before this number rose, so it looks again; only then
        # may what it reads be overwritten.
        self._publish()
        self.removals += 1
        for segment, places in found:
            segment.cold.wipe(places)

    def rows(self) -> Iterator[Row]:
        """All references, in no particular order."""
        for segment in self._segments:
            for cold in segment.parts():
                for reference, subject, vector in zip(cold.references, cold.subjects, cold.vectors, strict=True):
                    yield Row(reference.decode(), subject.decode(), vector)
        for place in range(self._used):
            yield Row(self._references[place], self._subjects[place], self._matrix[place])

    def _seal(self) -> None:
        """The tail, and the last segment where that is small, become segments of up to the most rows."""
        parts = [Cold(self._matrix[: self._used].copy(), _ids(self._references), _ids(self._subjects))]
        owners = [self._owner[: self._used]]
        whole = self._segments
        if whole and len(whole[-1]) + self._used <= self._most_segment:
            parts[:0] = whole[-1].parts()
            owners.insert(0, whole[-1].owners)
            whole = whole[:-1]
        cold, owner = Cold.joined(parts) if len(parts) > 1 else parts[0], np.concatenate(owners)
        total = sum(len(each) for each in whole) + len(owner)
        if self._grid is None or total >= 4 * self._grid_rows:
            self._grid, self._grid_rows = Grid.of(cold.vectors), total
        for start in range(0, len(owner), self._most_segment):
            rows = np.arange(start, min(start + self._most_segment, len(owner)))
            part = cold if len(rows) == len(owner) else cold.take(rows)
            whole += (Segment.of(part, owner[rows], self._grid, self._spool),)
        if not self._segments:
            warm(self._grid.dimension)
        self._segments = whole
        self._clear(self._matrix.shape[1])

    def _clear(self, dimension: int) -> None:
        """An empty tail in new arrays: snapshots keep the old ones."""
        self._used = 0
        self._matrix = np.empty((0, dimension), dtype=np.float32)
        self._owner = np.empty(0, dtype=np.int32)
        self._references, self._subjects = [], []

    def _grow(self, needed: int) -> None:
        """Into new arrays: snapshots keep the old ones."""
        capacity = max(needed, len(self._matrix) * 2, _SPARE)
        matrix = np.empty((capacity, self._matrix.shape[1]), dtype=np.float32)
        owner = np.empty(capacity, dtype=np.int32)
        matrix[: self._used] = self._matrix[: self._used]
        owner[: self._used] = self._owner[: self._used]
        self._matrix, self._owner = matrix, owner

    def _publish(self) -> None:
        """One attribute, set at once; rows beyond the snapshot's end are written by nobody who reads it."""
        matrix, owner = self._matrix[: self._used], self._owner[: self._used]
        matrix.setflags(write=False)
        owner.setflags(write=False)
        self.snapshot = Snapshot(self._segments, matrix, owner, self._references, self._subjects)


def _ids(names: Sequence[str]) -> NDArray[np.bytes_]:
    return np.array(names, dtype=np.bytes_)
