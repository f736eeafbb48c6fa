"""The course: what one pass goes along: where the codes of all segments lie, and what each of them is asked.

It is cut into legs, which the threads of a pass take in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.bound import asking
from countenance.gallery.index.codes import GROUP

if TYPE_CHECKING:
    from countenance.gallery.index.segment import Segment

LEG = 1_024
"""Groups of a leg: at 128 dimensions a megabyte, some forty microseconds."""
COLUMNS, FIRST_ROW, FIRST_LEG = 9, 6, 7
"""How many columns ``Course.segments`` has, and which two of them are asked for by their number."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Made for one pass; all arrays are read by the scan alone.

    ``segments`` int64, shape (segments, COLUMNS): addresses of the coarse codes, their errors, the records, the owners
    and the bitmap (0: all rows are admitted); how many rows there are; which row of all segments' and which leg is the
    first; which grid they have. ``legs`` int64, shape (2,): the next one that nobody took, and how many there are.
    ``coarse`` int8, shape (grids, probes, chunks · 8), and ``fine`` int16, shape (probes, dimension): see ``asking``.
    ``numbers`` float32, shape (segments, probes, 2): scale and error step. ``fixed`` float64, shape
    (segments, probes, 5): the slacks. ``held``: what lies at the addresses, so that it stays there for as long as any
    thread goes along.
    """

    segments: NDArray[np.int64]
    legs: NDArray[np.int64]
    coarse: NDArray[np.int8]
    fine: NDArray[np.int16]
    numbers: NDArray[np.float32]
    fixed: NDArray[np.float64]
    held: tuple[object, ...]

    @classmethod
    def of(
        cls, segments: Sequence[Segment], probes: NDArray[np.float32], bitmaps: Sequence[NDArray[np.uint8]]
    ) -> Course:
        """All segments, with the (padded) probes; ``bitmaps`` of their rows, an empty one where all are admitted."""
        grids = {id(each.codes.grid): each.codes.grid for each in segments}
        numbered = {name: number for number, name in enumerate(grids)}
        which = [numbered[id(each.codes.grid)] for each in segments]
        table, row, leg = [], 0, 0
        for each, bitmap, grid in zip(segments, bitmaps, which, strict=True):
            admitted = bitmap.ctypes.data if len(bitmap) else 0
            table.append((*each.addresses, admitted, len(each), row, leg, grid))
            row, leg = row + len(each), leg - (-len(each) // (LEG * GROUP))
        made = cls._empty(probes.shape[1], len(probes), len(segments), len(grids), (*segments, *bitmaps))
        made.segments[:], made.legs[1] = table, leg
        codes = np.array([(each.codes.unit, each.codes.longest, each.codes.fine_unit) for each in segments])
        both = np.array([(grid.middle, grid.step) for grid in grids.values()])
        return made._ask(probes, both, codes)

    @classmethod
    def empty(cls, probes: int, dimension: int) -> Course:
        """Of no segment."""
        made = cls._empty(dimension, probes, 0, 1, ())
        ones = np.ones((probes, dimension), dtype=np.float32)
        return made._ask(ones, np.ones((1, 2, dimension)), np.empty((0, 3)))

    @classmethod
    def _empty(cls, dimension: int, probes: int, segments: int, grids: int, held: tuple[object, ...]) -> Course:
        return cls(
            np.empty((segments, COLUMNS), dtype=np.int64),
            np.zeros(2, dtype=np.int64),
            np.zeros((grids, probes, -(-dimension // 8) * 8), dtype=np.int8),
            np.empty((probes, dimension), dtype=np.int16),
            np.empty((segments, probes, 2), dtype=np.float32),
            np.empty((segments, probes, 5)),
            held,
        )

    def _ask(self, probes: NDArray[np.float32], grids: NDArray[np.float64], codes: NDArray[np.float64]) -> Course:
        which = self.segments[:, -1].copy()
        asking()(probes, grids, which, codes, self.coarse, self.fine, self.numbers, self.fixed)
        return self

    @property
    def first_rows(self) -> list[int]:
        """Which row, of all segments', is the first of each."""
        rows: list[int] = self.segments[:, FIRST_ROW].tolist()
        return rows
