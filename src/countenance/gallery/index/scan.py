"""The scan: one pass over all codes of a gallery, which leaves the rows that may be among the best, with upper bounds.

Coarse codes of all rows first, fine codes of what is left. The bar is the k-th best of the subjects' lower bounds so
far, or the threshold: a row is dropped only where its upper bound is below the bar, that is below the final k-th best
score of a subject, which the bar never exceeds. Equal is kept, so that ties are decided by id, later.

The threads of a pass take the next leg of its course in turn, so none waits for another for longer than a leg takes.
Several probes share a pass: of each part of the codes that the processor's cache holds, four probes at a time are
compared, each with a bar of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.bound import LONGEST_TEMPLATE
from countenance.gallery.index.codes import LONGER, RECORD, TIGHT_PARTS, WIDER
from countenance.gallery.index.compiled import Kind, compiled, kinds
from countenance.gallery.index.course import FIRST_LEG, LEG, Course
from countenance.gallery.index.exact_sum import products_summed

MOST_BEST = 4096
"""With a larger k the bar is the threshold alone: keeping so many best ones in order costs more than it saves."""
WIDE = 4
"""Probes that the kernel takes at once; a lone one is taken alone."""
_PART = 1 << 17
"""Bytes of coarse codes that all probes meet before the next ones: they stay in the processor's cache."""
_FEW = 32
"""Rows whose fine codes are fetched while the scan goes on: few enough for the first cache, and the bar rises soon."""
_NOBODY = 1e30
"""A bar above every score."""


class Best:
    """The k best subjects so far of each probe, by lower bounds of their scores: what one thread knows in one search.

    The threads of a search share the bars. Each writes there what it is sure of, so whichever value another one reads
    holds, and a higher one that is written over by a lower one only costs time.
    """

    def __init__(self, probes: int, k: int, threshold: float | None, beside: Best | None = None) -> None:
        """``probes`` are filled up with such as nobody meets, so that the kernel can take ``WIDE`` at once."""
        rows = padded(probes)
        self.owners = np.empty((rows, k if k <= MOST_BEST else 0), dtype=np.int32)
        self.lows = np.empty(self.owners.shape)
        self.count = np.zeros((rows, 2), dtype=np.int64)  # how many there are, and where the lowest one lies
        if beside is None:
            self.bars = np.full(rows, -np.inf if threshold is None else threshold)
            self.bars[probes:] = _NOBODY
        else:
            self.bars = beside.bars
        """Whoever is surely below a probe's bar is not in its answer."""

    def offer(self, probe: int, owners: NDArray[np.int32], lows: NDArray[np.float64]) -> None:
        """Count lower bounds of the scores of rows of these owners."""
        bar = self.bars[probe : probe + 1]
        _offering()(self.owners[probe], self.lows[probe], self.count[probe], bar, owners, lows)


@dataclass(frozen=True, slots=True, eq=False)
class Survivors:
    """What one thread found: ``rows`` (of all segments, one after the other) that may be among the best, int64.

    ``highs``: upper bounds of their scores; ``probes``: whose, int32. ``coarse``: how many rows the coarse codes left,
    of all probes; their fine codes were read.
    """

    rows: NDArray[np.int64]
    highs: NDArray[np.float64]
    probes: NDArray[np.int32]
    coarse: int


def padded(probes: int) -> int:
    """As many, or the next multiple of what the kernel takes at once."""
    return probes if probes == 1 else -(-probes // WIDE) * WIDE


def scan(kind: Kind, course: Course, best: Best) -> Survivors:
    """Go along the course for all its (padded) probes, leg after leg, until no leg is left that nobody else took."""
    along = _scanning(kind, min(course.coarse.shape[1], WIDE))
    return Survivors(
        *along(
            course.segments,
            course.legs,
            course.coarse,
            course.fine,
            course.numbers,
            course.fixed,
            (best.owners, best.lows, best.count, best.bars),
        )
    )


def warm(dimension: int) -> None:
    """Compile, or read what was compiled before, so that no search has to wait for it."""
    for probes in (1, WIDE):
        best = Best(probes, 1, None)
        best.offer(0, best.owners[0, :0], np.empty(0))
        scan(kinds()[0], Course.empty(probes, dimension), best)
    none = np.empty((0, dimension), dtype=np.float32)
    products_summed()(none, np.empty(dimension, dtype=np.float32), np.empty(0))


@cache
def _offering() -> Callable[..., Any]:
    return compiled(_offers, offer=_offer_one())


@cache
def _offer_one() -> Callable[..., Any]:
    return compiled(_offer)


@cache
def _scanning(kind: Kind, wide: int) -> Callable[..., Any]:
    import numba  # noqa: PLC0415  it is imported where a gallery is big enough

    from countenance.gallery.index import kernel_ir as ir  # noqa: PLC0415  it imports numba

    return compiled(
        _scan,
        f"{kind.value}_{wide}",
        bounded=ir.kernel(kind, wide),
        wide=wide,
        fine=compiled(_fine, offer=_offer_one()),
        near=ir.near(),
        take=ir.taken(),
        lowest=ir.lowest(),
        below=compiled(_below),
        carray=numba.carray,  # type: ignore[attr-defined]  # numba does not list what it exports
        bytes_at=ir.pointer(numba.types.int8),
        owners_at=ir.pointer(numba.types.int32),
    )


# What follows is compiled; the names that are nowhere else are put in above.
# ruff: noqa: F821
# mypy: disable-error-code="name-defined"


def _scan(segments: Any, legs: Any, coarse: Any, fine_probes: Any, numbers: Any, fixed: Any, best: Any) -> Any:
    probes, chunks, bars = coarse.shape[1], coarse.shape[2] // 8, best[3]
    width = 8 * chunks + RECORD
    part = max(1, _PART // (chunks * 64))
    waiting = np.empty((probes, _FEW), dtype=np.int64)
    many = np.zeros(probes, dtype=np.int64)
    mine = np.empty((probes, 3), dtype=np.float32)
    out = (np.empty(1024, dtype=np.int64), np.empty(1024), np.empty(1024, dtype=np.int32))
    at_legs, at_mine, s, left, asked = legs.ctypes.data, mine.ctypes.data, 0, 0, 0
    while True:
        leg = take(at_legs)
        if leg >= legs[1]:
            break
        while s + 1 < len(segments) and segments[s + 1, FIRST_LEG] <= leg:
            s += 1
        at, at_errors, at_records, at_owners, at_admitted, count, first_row, first_leg, q = segments[s]
        at_probes = coarse[q].ctypes.data
        table = (
            carray(bytes_at(at_records), (count, width)),
            carray(owners_at(at_owners), (count,)),
            first_row,
        )
        admitted = carray(bytes_at(at_admitted), (count if at_admitted else 0,))
        mine[:, :2] = numbers[s]
        end = min((leg - first_leg + 1) * LEG, (count + 15) // 16)
        for start in range((leg - first_leg) * LEG, end, part):
            for first in range(0, probes, wide):
                for p in range(first, first + wide):
                    mine[p, 2] = below(bars[p] - fixed[s, p, 0])
                for group in range(start, min(start + part, end)):
                    mask = bounded(
                        at + group * chunks * 64,
                        at_probes + first * chunks * 8,
                        at_errors + group * 16,
                        at_mine + first * 12,
                        chunks,
                    )
                    while mask != 0:
                        bit = lowest(mask)
                        mask &= mask - np.uint64(1)
                        p, row = first + bit // 16, group * 16 + bit % 16
                        if row < count and (at_admitted == 0 or admitted[row]):
                            waiting[p, many[p]] = row
                            near(at_records + row * width, width)
                            many[p] += 1
                            if many[p] == _FEW:
                                asked += _FEW
                                out, left = fine(waiting[p, :_FEW], table, fine_probes, fixed[s], best, out, left, p)
                                many[p] = 0
                                mine[p, 2] = below(bars[p] - fixed[s, p, 0])
        for p in range(probes):
            asked += many[p]
            out, left = fine(waiting[p, : many[p]], table, fine_probes, fixed[s], best, out, left, p)
            many[p] = 0
    return out[0][:left], out[1][:left], out[2][:left], asked


def _fine(waiting: Any, table: Any, probes: Any, fixed: Any, best: Any, out: Any, left: Any, p: Any) -> Any:
    records, owners, first_row = table
    best_owners, best_lows, best_count, bars = best
    rows, highs, which = out
    if left + len(waiting) > len(rows):
        most = 2 * (left + len(waiting))
        rows, highs, which = np.empty(most, dtype=np.int64), np.empty(most), np.empty(most, dtype=np.int32)
        rows[:left], highs[:left], which[:left] = out[0][:left], out[1][:left], out[2][:left]
    for row in waiting:
        total = np.int32(0)
        for j in range(probes.shape[1]):
            total += np.int32(records[row, j]) * np.int32(probes[p, j])
        unit = np.float64(np.uint8(records[row, records.shape[1] - 2])) * fixed[p, 4]
        score = unit * fixed[p, 1] * np.float64(total)
        error = unit * (np.float64(np.uint8(records[row, records.shape[1] - 1])) / TIGHT_PARTS)
        slack = fixed[p, 2] * error + fixed[p, 3] * (LONGEST_TEMPLATE + error) * WIDER + LONGER
        if score + slack >= bars[p]:
            rows[left], highs[left], which[left] = first_row + row, score + slack, p
            left += 1
            offer(best_owners[p], best_lows[p], best_count[p], bars[p : p + 1], owners[row], score - slack)
    return (rows, highs, which), left


def _offer(owners: Any, lows: Any, count: Any, bars: Any, owner: Any, low: Any) -> None:
    """Keep one lower bound a subject, the k highest; with k of them the lowest of them is a bar."""
    many, most = count[0], len(owners)
    if most == 0 or (many == most and low <= lows[count[1]]):
        return
    place = -1
    for i in range(many):
        if owners[i] == owner:
            place = i
    if place >= 0:
        if low <= lows[place]:
            return
    elif many < most:
        place = many
        count[0] = many + 1
    else:
        place = count[1]
    owners[place] = owner
    lows[place] = low
    if count[0] == most:
        count[1] = lows.argmin()
        bars[0] = max(bars[0], lows[count[1]])


def _offers(best_owners: Any, best_lows: Any, count: Any, bars: Any, owners: Any, lows: Any) -> None:
    for i in range(len(owners)):
        offer(best_owners, best_lows, count, bars, owners[i], lows[i])


def _below(value: Any) -> Any:
    """A float32 number that is not greater."""
    return np.float32(value - abs(value) * 1.2e-7 - 1e-30)
