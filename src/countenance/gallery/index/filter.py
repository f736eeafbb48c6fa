"""The filter: which subjects of a gallery a search is about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.row import owner_of
from countenance.gallery.index.segment import Segment

ALL = np.empty(0, dtype=np.uint8)
"""The bitmap of a segment whose rows are all admitted."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Subjects by id: ``only`` these (None: all), and in any case ``without`` those."""

    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()

    def admits(self, subject: str) -> bool:
        """Whether the search is about this subject."""
        return (self.only is None or subject in self.only) and subject not in self.without

    def of_segment(self, segment: Segment) -> NDArray[np.uint8]:
        """A bitmap of its rows, uint8, shape (rows,): every row that is admitted has a 1.

        One that is not may have a 1 too, where its subject shares an ``owner_of`` with one of ``only``: whoever asks
        looks at the ids of what is left, and asks again without such rows.
        """
        if self.only is None and not self.without:
            return ALL
        bitmap = np.ones(len(segment), dtype=np.uint8)
        if self.only is not None:
            bitmap[:] = np.isin(segment.owners, _owners(self.only))
        if self.without:
            bitmap[segment.places_of(self.without, {})] = 0
        return bitmap


EVERYBODY = Filter()
"""Nobody is left out."""


def _owners(subjects: Collection[str]) -> NDArray[np.int64]:
    return np.fromiter(map(owner_of, subjects), dtype=np.int64, count=len(subjects))
