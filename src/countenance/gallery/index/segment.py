"""A segment: some tens of thousands of references, encoded; never changed, only replaced."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.codes import Codes, moves
from countenance.gallery.index.cold import Cold
from countenance.gallery.index.grid import Grid
from countenance.gallery.index.row import owner_of


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """``owners`` int64, shape (rows,): each row's ``owner_of`` its subject."""

    codes: Codes
    owners: NDArray[np.int64]
    cold: Cold

    @classmethod
    def of(cls, cold: Cold, owners: NDArray[np.int64], grid: Grid) -> Segment:
        """Encode."""
        return cls(Codes.of(cold.vectors, grid), owners, cold)

    def __len__(self) -> int:
        return len(self.owners)

    def places_of(self, subjects: Collection[str], references: Collection[str] = ()) -> NDArray[np.int64]:
        """The rows of these subjects and these references, ascending."""
        wanted = {subject.encode() for subject in subjects}
        places = np.flatnonzero(np.isin(self.owners, np.array([owner_of(each) for each in subjects], dtype=np.int64)))
        theirs = self.cold.subjects[places]
        places = places[[each in wanted for each in theirs.tolist()]] if len(places) else places
        if references:
            names = np.array([name.encode() for name in references])
            places = np.union1d(places, np.flatnonzero(np.isin(self.cold.references, names)))
        return places

    def without(self, places: NDArray[np.int64]) -> Segment:
        """A copy without these rows; their numbers go with the last reader of this segment."""
        order = np.arange(len(self) - len(places))
        for hole, last in moves(len(self), places):
            order[hole] = last
        return Segment(self.codes.without(places), self.owners[order], self.cold.take(order))
