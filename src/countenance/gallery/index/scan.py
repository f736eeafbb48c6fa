"""The scan: one pass over a segment's codes, which leaves the rows that may be among the best, with upper bounds.

Coarse codes of all rows first, fine codes of what is left. The bar is the k-th best of the subjects' lower bounds so
far, or the threshold: a row is dropped only where its upper bound is below the bar, that is below the final k-th best
score of a subject, which the bar never exceeds. Equal is kept, so that ties are decided by id, later.
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


class Best:
    """The k best subjects so far, by lower bounds of their scores: what one thread knows in one search.

    The threads of a search share the bar. Each writes there what it is sure of, so whichever value another one reads
    holds, and a higher one that is written over by a lower one only costs time.
    """

    def __init__(self, k: int, threshold: float | None, beside: Best | None = None) -> None:
        self.owners = np.empty(k if k <= MOST_BEST else 0, dtype=np.int64)
        self.lows = np.empty(len(self.owners))
        self.count = np.zeros(2, dtype=np.int64)  # how many there are, and where the lowest one lies
        self.rows, self.highs = np.empty(0, dtype=np.int64), np.empty(0)  # where a scan puts down what it leaves
        self.bars: NDArray[np.float64] = (
            beside.bars if beside else np.full(1, -np.inf if threshold is None else threshold)
        )

    @property
    def bar(self) -> float:
        """Whoever is surely below it is not in the answer."""
        return float(self.bars[0])

    def offer(self, owners: NDArray[np.int64], lows: NDArray[np.float64]) -> None:
        """Count lower bounds of the scores of rows of these owners."""
        _offering()(self.owners, self.lows, self.count, self.bars, owners, lows)


@dataclass(frozen=True, slots=True, eq=False)
class Survivors:
    """``rows`` of a segment that may be among the best, int64; ``highs``, float64, upper bounds of their scores.

    ``asked``: how many rows the coarse codes had left, so that their fine codes were read.
    """

    rows: NDArray[np.int64]
    highs: NDArray[np.float64]
    asked: int


def scan(kind: Kind, codes: Codes, owners: NDArray[np.int64], question: Question, best: Best) -> Survivors:
    """Scan all rows of a segment; ``owners`` int64, shape (codes.rows,)."""
    numbers = np.array([question.scale, question.step(codes), 0.0], dtype=np.float32)
    fixed = np.array([question.rest + question.slack(codes), question.unit, question.length, question.fine_lost])
    if len(best.rows) < codes.rows:
        best.rows, best.highs = np.empty(codes.rows, dtype=np.int64), np.empty(codes.rows)
    left, asked = _scanning(kind)(
        codes.coarse,
        codes.errors,
        (codes.records, codes.scale, codes.tight, owners),
        question.coarse,
        question.fine,
        numbers,
        fixed,
        (best.owners, best.lows, best.count, best.bars),
        (best.rows, best.highs),
    )
    return Survivors(best.rows[:left].copy(), best.highs[:left].copy(), asked)


def warm(codes: Codes, owners: NDArray[np.int64]) -> None:
    """Compile, or read what was compiled before, so that no search has to wait for it."""
    best = Best(1, None)
    best.offer(owners[:0], np.empty(0))
    scan(kinds()[0], codes, owners, Question.of(np.ones(codes.grid.dimension, dtype=np.float32), codes.grid), best)


@cache
def _offering() -> Callable[..., Any]:
    return compiled(_offers, offer=compiled(_offer))


@cache
def _scanning(kind: Kind) -> Callable[..., Any]:
    from countenance.gallery.index.kernel_ir import kernel, near  # noqa: PLC0415  it imports numba

    fine = compiled(_fine, offer=compiled(_offer))
    return compiled(_scan, kind, bounded=kernel(kind, 1), fine=fine, near=near(), below=compiled(_below))


# What follows is compiled; ``bounded``, ``fine``, ``offer`` and ``below`` are put in by ``_scanning``.


def _scan(
    coarse: Any, errors: Any, table: Any, probe: Any, fine_probe: Any, numbers: Any, fixed: Any, best: Any, out: Any
) -> Any:
    groups, chunks = coarse.shape[0], coarse.shape[1]
    count, bars = table[0].shape[0], best[3]
    at, at_probe, at_errors, at_numbers = coarse.ctypes.data, probe.ctypes.data, errors.ctypes.data, numbers.ctypes.data
    waiting = np.empty(272, dtype=np.int64)
    many, left, asked = 0, 0, 0
    at_fine, width = table[0].ctypes.data, table[0].shape[1]
    numbers[2] = below(bars[0] - fixed[0])  # type: ignore[name-defined]  # noqa: F821
    for group in range(groups):
        mask = bounded(at + group * chunks * 64, at_probe, at_errors + group * 16, at_numbers, chunks)  # type: ignore[name-defined]  # noqa: F821
        if mask == 0 and group + 1 < groups:
            continue
        for lane in range(16):
            if (mask >> np.uint64(lane)) & np.uint64(1) and group * 16 + lane < count:
                waiting[many] = group * 16 + lane
                near(at_fine + waiting[many] * width, width)  # type: ignore[name-defined]  # noqa: F821
                many += 1
        if many >= 256 or group + 1 == groups:
            left = fine(waiting[:many], table, fine_probe, fixed, best, out, left)  # type: ignore[name-defined]  # noqa: F821
            asked += many
            many = 0
            numbers[2] = below(bars[0] - fixed[0])  # type: ignore[name-defined]  # noqa: F821
    return left, asked


def _fine(waiting: Any, table: Any, probe: Any, fixed: Any, best: Any, out: Any, left: Any) -> Any:
    codes, scale, tight, owners = table
    best_owners, best_lows, best_count, bars = best
    rows, highs = out
    for row in waiting:
        total = np.int32(0)
        for j in range(len(probe)):
            total += np.int32(codes[row, j]) * np.int32(probe[j])
        unit = np.float64(scale[row])
        score = unit * fixed[1] * np.float64(total)
        error = unit * (np.float64(tight[row]) / TIGHT_PARTS)
        slack = fixed[2] * error + fixed[3] * (LONGEST_TEMPLATE + error) * WIDER + LONGER
        if score + slack >= bars[0]:
            rows[left], highs[left] = row, score + slack
            left += 1
            offer(best_owners, best_lows, best_count, bars, owners[row], score - slack)  # type: ignore[name-defined]  # noqa: F821
    return left


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
