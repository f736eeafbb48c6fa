"""The scan: one pass over a segment's codes, which leaves the rows that may be among the best, with upper bounds.

Coarse codes of all rows first, fine codes of what is left. The bar is the k-th best of the subjects' lower bounds so
far, or the threshold: a row is dropped only where its upper bound is below the bar, that is below the final k-th best
score of a subject, which the bar never exceeds. Equal is kept, so that ties are decided by id, later.

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

from countenance.gallery.index.bound import LONGEST_TEMPLATE, Question
from countenance.gallery.index.codes import LONGER, TIGHT_PARTS, WIDER, Codes
from countenance.gallery.index.compiled import Kind, compiled, kinds

MOST_BEST = 4096
"""With a larger k the bar is the threshold alone: keeping so many best ones in order costs more than it saves."""
WIDE = 4
"""Probes that the kernel takes at once; a lone one is taken alone."""
_PART = 1 << 17
"""Bytes of coarse codes that all probes meet before the next ones: they stay in the processor's cache."""
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
        self.owners = np.empty((rows, k if k <= MOST_BEST else 0), dtype=np.int64)
        self.lows = np.empty(self.owners.shape)
        self.count = np.zeros((rows, 2), dtype=np.int64)  # how many there are, and where the lowest one lies
        if beside is None:
            self.bars = np.full(rows, -np.inf if threshold is None else threshold)
            self.bars[probes:] = _NOBODY
        else:
            self.bars = beside.bars
        """Whoever is surely below a probe's bar is not in its answer."""

    def offer(self, probe: int, owners: NDArray[np.int64], lows: NDArray[np.float64]) -> None:
        """Count lower bounds of the scores of rows of these owners."""
        bar = self.bars[probe : probe + 1]
        _offering()(self.owners[probe], self.lows[probe], self.count[probe], bar, owners, lows)


@dataclass(frozen=True, slots=True, eq=False)
class Survivors:
    """``rows`` of a segment that may be among the best of a probe, int64; ``highs``, upper bounds of their scores."""

    rows: NDArray[np.int64]
    highs: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Left:
    """How many rows each stage left, of all probes: the coarse codes (their fine codes were read), and the fine."""

    coarse: int
    fine: int


def padded(probes: int) -> int:
    """As many, or the next multiple of what the kernel takes at once."""
    return probes if probes == 1 else -(-probes // WIDE) * WIDE


def scan(
    kind: Kind,
    codes: Codes,
    owners: NDArray[np.int64],
    question: Question,
    best: Best,
    admitted: NDArray[np.uint8],
) -> tuple[list[Survivors], Left]:
    """Scan all rows of a segment for all (padded) probes; ``owners`` int64, shape (codes.rows,).

    ``admitted``: uint8, for each row whether it may be in an answer; empty where all may.
    """
    probes = len(question.coarse)
    numbers = np.empty((probes, 3), dtype=np.float32)
    numbers[:, 0], numbers[:, 1] = question.scale, question.step(codes)
    fixed = np.stack(
        [question.rest + question.slack(codes), question.unit, question.length, question.fine_lost], axis=1
    )
    rows, highs, which, coarse = _scanning(kind, min(probes, WIDE))(
        codes.coarse,
        codes.errors,
        (codes.records, codes.scale, codes.tight, owners),
        question.coarse,
        question.fine,
        numbers,
        fixed,
        (best.owners, best.lows, best.count, best.bars),
        admitted,
    )
    if probes == 1:
        return [Survivors(rows, highs)], Left(coarse, len(rows))
    mine = [np.flatnonzero(which == probe) for probe in range(probes)]
    return [Survivors(rows[each], highs[each]) for each in mine], Left(coarse, len(rows))


def warm(codes: Codes, owners: NDArray[np.int64]) -> None:
    """Compile, or read what was compiled before, so that no search has to wait for it."""
    for probes in (1, WIDE):
        best = Best(probes, 1, None)
        best.offer(0, owners[:0], np.empty(0))
        ones = np.ones((probes, codes.grid.dimension), dtype=np.float32)
        scan(kinds()[0], codes, owners, Question.of(ones, codes.grid), best, np.empty(0, dtype=np.uint8))


@cache
def _offering() -> Callable[..., Any]:
    return compiled(_offers, offer=_offer_one())


@cache
def _offer_one() -> Callable[..., Any]:
    return compiled(_offer)


@cache
def _fining() -> Callable[..., Any]:
    return compiled(_fine, offer=_offer_one())


@cache
def _scanning(kind: Kind, wide: int) -> Callable[..., Any]:
    from countenance.gallery.index.kernel_ir import kernel, near  # noqa: PLC0415  it imports numba

    name = f"{kind.value}_{wide}"
    return compiled(
        _scan, name, bounded=kernel(kind, wide), wide=wide, fine=_fining(), near=near(), below=compiled(_below)
    )


# What follows is compiled; ``bounded``, ``wide``, ``fine``, ``near``, ``offer`` and ``below`` are put in above.


def _scan(
    coarse: Any,
    errors: Any,
    table: Any,
    probes: Any,
    fine_probes: Any,
    numbers: Any,
    fixed: Any,
    best: Any,
    admitted: Any,
) -> Any:
    groups, chunks = coarse.shape[0], coarse.shape[1]
    count, bars = table[0].shape[0], best[3]
    at, at_probes, at_errors, at_numbers = (
        coarse.ctypes.data,
        probes.ctypes.data,
        errors.ctypes.data,
        numbers.ctypes.data,
    )
    at_fine, width = table[0].ctypes.data, table[0].shape[1]
    waiting = np.empty((len(probes), 272), dtype=np.int64)
    many = np.zeros(len(probes), dtype=np.int64)
    out = (np.empty(1024, dtype=np.int64), np.empty(1024), np.empty(1024, dtype=np.int32))
    left, asked = 0, 0
    part = max(1, _PART // (chunks * 64))
    for start in range(0, groups, part):
        for first in range(0, len(probes), wide):  # type: ignore[name-defined]  # noqa: F821
            for p in range(first, first + wide):  # type: ignore[name-defined]  # noqa: F821
                numbers[p, 2] = below(bars[p] - fixed[p, 0])  # type: ignore[name-defined]  # noqa: F821
            for group in range(start, min(start + part, groups)):
                mask = bounded(  # type: ignore[name-defined]  # noqa: F821
                    at + group * chunks * 64,
                    at_probes + first * chunks * 8,
                    at_errors + group * 16,
                    at_numbers + first * 12,
                    chunks,
                )
                if mask == 0:
                    continue
                for p in range(first, first + wide):  # type: ignore[name-defined]  # noqa: F821
                    lanes = (mask >> np.uint64(16 * (p - first))) & np.uint64(0xFFFF)
                    if lanes == 0:
                        continue
                    for lane in range(16):
                        row = group * 16 + lane
                        if (lanes >> np.uint64(lane)) & np.uint64(1) and row < count:
                            if len(admitted) and not admitted[row]:
                                continue
                            waiting[p, many[p]] = row
                            near(at_fine + row * width, width)  # type: ignore[name-defined]  # noqa: F821
                            many[p] += 1
                    if many[p] >= 256:
                        asked += many[p]
                        out, left = fine(waiting[p, : many[p]], table, fine_probes, fixed, best, out, left, p)  # type: ignore[name-defined]  # noqa: F821
                        many[p] = 0
                        numbers[p, 2] = below(bars[p] - fixed[p, 0])  # type: ignore[name-defined]  # noqa: F821
    for p in range(len(probes)):
        asked += many[p]
        out, left = fine(waiting[p, : many[p]], table, fine_probes, fixed, best, out, left, p)  # type: ignore[name-defined]  # noqa: F821
    return out[0][:left], out[1][:left], out[2][:left], asked


def _fine(waiting: Any, table: Any, probes: Any, fixed: Any, best: Any, out: Any, left: Any, p: Any) -> Any:
    codes, scale, tight, owners = table
    best_owners, best_lows, best_count, bars = best
    rows, highs, which = out
    if left + len(waiting) > len(rows):
        most = 2 * (left + len(waiting))
        rows, highs, which = np.empty(most, dtype=np.int64), np.empty(most), np.empty(most, dtype=np.int32)
        rows[:left], highs[:left], which[:left] = out[0][:left], out[1][:left], out[2][:left]
    for row in waiting:
        total = np.int32(0)
        for j in range(probes.shape[1]):
            total += np.int32(codes[row, j]) * np.int32(probes[p, j])
        unit = np.float64(scale[row])
        score = unit * fixed[p, 1] * np.float64(total)
        error = unit * (np.float64(tight[row]) / TIGHT_PARTS)
        slack = fixed[p, 2] * error + fixed[p, 3] * (LONGEST_TEMPLATE + error) * WIDER + LONGER
        if score + slack >= bars[p]:
            rows[left], highs[left], which[left] = row, score + slack, p
            left += 1
            offer(  # type: ignore[name-defined]  # noqa: F821
                best_owners[p], best_lows[p], best_count[p], bars[p : p + 1], owners[row], score - slack
            )
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
        offer(best_owners, best_lows, count, bars, owners[i], lows[i])  # type: ignore[name-defined]  # noqa: F821


def _below(value: Any) -> Any:
    """A float32 number that is not greater."""
    return np.float32(value - abs(value) * 1.2e-7 - 1e-30)
