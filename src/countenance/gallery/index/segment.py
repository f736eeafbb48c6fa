"""A segment: some tens of thousands of references, encoded; never changed, only replaced."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.codes import Codes, moves
from countenance.gallery.index.cold import Cold
from countenance.gallery.index.grid import Grid
from countenance.gallery.index.row import owner_of
from countenance.gallery.index.spool import Spool

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """``owners`` int32, shape (rows,): each row's ``owner_of`` its subject."""

    codes: Codes
    owners: NDArray[np.int32]
    cold: Cold | Spool
    addresses: tuple[int, int, int, int] = field(init=False)
    """Where the coarse codes, their errors, the records and the owners lie in memory."""

    def __post_init__(self) -> None:
        """Asked once: it takes longer than one thinks."""
        codes, owners = self.codes, self.owners
        where = (codes.coarse.ctypes.data, codes.errors.ctypes.data, codes.records.ctypes.data, owners.ctypes.data)
        object.__setattr__(self, "addresses", where)

    @classmethod
    def of(cls, cold: Cold, owners: NDArray[np.int32], grid: Grid, spool: Path | None) -> Segment:
        """Encode. What few rows are asked for goes into a file in the folder ``spool``, if there is one."""
        codes = Codes.of(cold.vectors, grid)
        if spool is not None:
            try:
                return cls(codes, owners, Spool.of(cold, len(owners), spool))
            except OSError as error:
                _log.warning("templates stay in memory, the disk does not take them: %s", error)
        return cls(codes, owners, cold)

    def __len__(self) -> int:
        return len(self.owners)

    def parts(self, most: int = 16_384) -> Iterator[Cold]:
        """All rows, some at a time."""
        for start in range(0, len(self), most):
            yield self.cold.take(np.arange(start, min(start + most, len(self))))

    def places_of(self, subjects: Collection[str], references: Mapping[str, str]) -> NDArray[np.int64]:
        """The rows of these subjects, and of these references (with their subjects), ascending."""
        named = {subject.encode() for subject in subjects}
        single = {reference.encode() for reference in references}
        owners = [owner_of(subject) for subject in {*subjects, *references.values()}]
        places = np.flatnonzero(np.isin(self.owners, np.array(owners, dtype=np.int32)))
        theirs = self.cold.take(places)
        ids = zip(theirs.subjects.tolist(), theirs.references.tolist(), strict=True)
        wanted = [subject in named or reference in single for subject, reference in ids]
        return places[np.array(wanted, dtype=np.bool_)]

    def without(self, places: NDArray[np.int64]) -> Segment:
        """A copy without these rows; their codes go with the last reader of this segment."""
        order = np.arange(len(self) - len(places))
        for hole, last in moves(len(self), places):
            order[hole] = last
        return Segment(self.codes.without(places), self.owners[order], self.cold.view(order))
