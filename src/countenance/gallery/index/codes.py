"""The encoder: float32 templates to 4-bit and 8-bit codes, each with a bound of what the code leaves out.

Of a template x: with the 4-bit code's value x' (see ``Grid``) and e = x - x', ``errors`` holds the length of e; with
the 8-bit code's value x" = scale · ``fine_unit`` · c, ``tight`` holds the length of x - x". Both lengths are computed
in float64, made larger by more than that computation can be wrong (its relative error is below d · 2^-52), and rounded
up to their byte. A number beyond the grid is cut to its end, which makes e longer and nothing wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.compiled import compiled
from countenance.gallery.index.grid import Grid
from countenance.gallery.index.large import large

GROUP = 16
"""References in a group of the coarse codes."""
CHUNK = 64
"""Bytes of a chunk: eight dimensions of a group (see ``kernel_ir``)."""
WIDER = 1 + 1e-6
"""By what a computed length is made larger: far above the rounding of float64 at any dimension that is allowed."""
LONGER = 1e-9
"""The same for lengths near zero."""
TIGHT_PARTS = 8
"""A fine error is kept in eighths of its row's scale: it is at most d^0.5 / 2 scales, so a byte holds it."""
RECORD = 2
"""Bytes of a record besides the 8-bit codes, which are filled up to a multiple of eight."""
MOST_DIMENSIONS = 2048
"""Up to here every sum fits: 2,048 · 15 · 127 < 2^24 (exact in float32), 2,048 · 127 · 2,047 < 2^31."""


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """The codes of ``rows`` templates over one grid; all arrays read-only.

    ``coarse`` uint8, shape (groups, chunks, 64), laid out as the kernel wants it; ``errors`` uint8, shape (groups ·
    16,), in units of ``unit``; ``longest`` bounds the length of any coarse code (in steps, from the middle).
    ``fine_unit``: what one step of an 8-bit code is worth where the row's ``scale`` is 1.
    ``records`` int8, shape (rows, width), has what is asked for of few rows, in few cache lines: see its views.
    """

    grid: Grid
    rows: int
    coarse: NDArray[np.uint8]
    errors: NDArray[np.uint8]
    unit: float
    longest: float
    fine_unit: float
    records: NDArray[np.int8]

    @property
    def fine(self) -> NDArray[np.int8]:
        """The 8-bit codes, shape (rows, dimension): a view."""
        return self.records[:, : self.grid.dimension]

    @property
    def scale(self) -> NDArray[np.uint8]:
        """What one step of a row's 8-bit codes is worth, in units of ``fine_unit``, shape (rows,): a view."""
        return self.records.view(np.uint8)[:, -2]

    @property
    def tight(self) -> NDArray[np.uint8]:
        """The lengths of what the 8-bit codes leave out, in eighths of the row's scale, shape (rows,): a view."""
        return self.records.view(np.uint8)[:, -1]

    @classmethod
    def of(cls, vectors: NDArray[np.float32], grid: Grid) -> Codes:
        """Encode float32 vectors, shape (rows, grid's dimension)."""
        made = cls._empty(grid, len(vectors))
        coarse, fine = np.zeros(len(made.errors)), np.empty(len(vectors))
        half = grid.chunks * 4
        largest = max(vectors.max(initial=1e-6), -vectors.min(initial=0.0))
        fine_unit = float(largest) / 127 / 255 * WIDER
        longest = _encoder()(
            vectors, grid.middle, grid.step, half, fine_unit, made.coarse, coarse, made.fine, made.scale, fine
        )
        unit = float(np.nextafter(np.float32(coarse.max(initial=0.0) * WIDER / 255 + 1e-8), np.float32(1)))
        made.errors[:] = np.ceil((coarse * WIDER + LONGER) / unit)
        made.tight[:] = np.ceil((fine * WIDER + LONGER) / (made.scale * fine_unit) * TIGHT_PARTS)
        return replace(made, unit=unit, longest=float(np.sqrt(longest)) * WIDER, fine_unit=fine_unit)._closed()

    def without(self, places: NDArray[np.int64]) -> Codes:
        """A copy without these rows (ascending); the last rows move into the holes, as ``moves`` says."""
        left = self.rows - len(places)
        made = self._empty(self.grid, left)
        groups = len(made.coarse)
        made.coarse[:], made.errors[:] = self.coarse[:groups], self.errors[: groups * GROUP]
        made.records[:] = self.records[:left]
        for hole, last in moves(self.rows, places):
            _lane(made.coarse, hole)[:] = _lane(self.coarse, last)
            made.errors[hole] = self.errors[last]
            made.records[hole] = self.records[last]
        for beyond in range(left, groups * GROUP):
            _lane(made.coarse, beyond)[:] = 0
            made.errors[beyond] = 0
        return replace(made, unit=self.unit, longest=self.longest, fine_unit=self.fine_unit)._closed()

    @property
    def bytes(self) -> int:
        """How much memory they take."""
        return sum(array.nbytes for array in (self.coarse, self.errors, self.records))

    @classmethod
    def _empty(cls, grid: Grid, rows: int) -> Codes:
        groups, width = -(-rows // GROUP), 8 * grid.chunks + RECORD
        return cls(
            grid,
            rows,
            large(groups * grid.chunks * CHUNK).reshape(groups, grid.chunks, CHUNK),
            np.zeros(groups * GROUP, dtype=np.uint8),
            0.0,
            0.0,
            0.0,
            large(rows * width).view(np.int8).reshape(rows, width),
        )

    def _closed(self) -> Codes:
        for array in (self.coarse, self.errors, self.records):
            array.setflags(write=False)
        return self


def moves(rows: int, places: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Where ``places`` (ascending) of ``rows`` go: which of the last rows move into which holes, (hole, last)."""
    left = rows - len(places)
    gone = set(places.tolist())
    stay = [row for row in range(left, rows) if row not in gone]
    return list(zip((hole for hole in places.tolist() if hole < left), stay, strict=True))


def _lane(coarse: NDArray[np.uint8], row: int) -> NDArray[np.uint8]:
    """A row's bytes, shape (chunks, 4): a view."""
    group, lane = divmod(row, GROUP)
    return coarse[group, :, 4 * lane : 4 * lane + 4]


@cache
def _encoder() -> Callable[..., Any]:
    return compiled(_encode)


def _encode(
    vectors: Any,
    middle: Any,
    step: Any,
    half: Any,
    fine_unit: Any,
    coarse: Any,
    errors: Any,
    fine: Any,
    scale: Any,
    tight: Any,
) -> Any:
    """Fill the arrays; returns the square of the longest coarse code, in steps."""
    longest = 0.0
    for row in range(vectors.shape[0]):
        group, lane = row // 16, 4 * (row % 16)
        error, length, largest = 0.0, 0.0, 0.0
        for j in range(vectors.shape[1]):
            x = np.float64(vectors[row, j])
            largest = max(largest, abs(x))
            u = min(max(np.floor((x - middle[j]) / step[j] + 8.0), 0.0), 15.0)
            v = u - 7.5
            e = x - middle[j] - step[j] * v
            error += e * e
            length += v * v
            byte = j % half
            code = np.uint8(u) if j < half else np.uint8(16.0 * u)
            coarse[group, byte // 4, lane + byte % 4] |= code
        longest = max(longest, length)
        errors[row] = np.sqrt(error)
        units = min(max(np.ceil(largest / 127.0 / fine_unit), 1.0), 255.0)
        scale[row] = np.uint8(units)
        unit = units * fine_unit
        error = 0.0
        for j in range(vectors.shape[1]):
            x = np.float64(vectors[row, j])
            c = min(max(np.rint(x / unit), -127.0), 127.0)
            fine[row, j] = np.int8(c)
            e = x - unit * c
            error += e * e
        tight[row] = np.sqrt(error)
    return longest
