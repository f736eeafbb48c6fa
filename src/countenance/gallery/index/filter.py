"""The filter: which subjects of a gallery a search is about."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.row import owner_of
from countenance.gallery.index.segment import Segment

if TYPE_CHECKING:
    from countenance.gallery.index.index import Snapshot

_ALL = np.empty(0, dtype=np.uint8)


class Filter:
    """Subjects by id: ``only`` these (None: all), and in any case ``without`` those. Made for one search."""

    def __init__(self, only: Collection[str] | None = None, without: Collection[str] = ()) -> None:
        self.only = None if only is None else frozenset(only)
        self.without = frozenset(without)
        self.everybody = only is None and not self.without
        """Whether nobody is left out."""
        self._bitmaps: dict[int, tuple[Segment, NDArray[np.uint8]]] = {}  # by the segment's id(), with the segment

    def admits(self, subject: str) -> bool:
        """Whether the search is about this subject."""
        return (self.only is None or subject in self.only) and subject not in self.without

    def of_tail(self, gallery: Snapshot) -> NDArray[np.intp]:
        """The rows of a gallery's tail that are admitted."""
        rows = range(len(gallery.owner))
        if self.everybody:
            return np.arange(len(rows))
        return np.array([row for row in rows if self.admits(gallery.subjects[row])], dtype=np.intp)

    def of_segment(self, segment: Segment) -> NDArray[np.uint8]:
        """A bitmap of a segment's rows, uint8; empty where all are admitted. Every admitted row has a 1.

        One that is not may have a 1 too, where its subject shares an ``owner_of`` with one of ``only``: whoever asks
        looks at the ids of what is left, sets such a row to 0 and asks again.
        """
        if self.everybody:
            return _ALL
        if id(segment) not in self._bitmaps:
            bitmap = np.ones(len(segment), dtype=np.uint8)
            if self.only is not None:
                bitmap[:] = np.isin(segment.owners, np.fromiter(map(owner_of, self.only), dtype=np.int32))
            bitmap[segment.places_of(self.without, {})] = 0
            self._bitmaps[id(segment)] = segment, bitmap
        return self._bitmaps[id(segment)][1]

    def count(self, gallery: Snapshot) -> int:
        """How many references are admitted."""
        if self.everybody:
            return len(gallery)
        return len(self.of_tail(gallery)) + sum(int(self.of_segment(each).sum()) for each in gallery.segments)
