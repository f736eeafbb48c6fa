"""The ladder: float32 over the tail, then 4-bit and 8-bit codes over the segments; what is left is scored exactly."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.compiled import Kind, kinds
from countenance.gallery.index.course import Course
from countenance.gallery.index.crew import crew
from countenance.gallery.index.filter import Filter
from countenance.gallery.index.rerank import Contenders, contenders
from countenance.gallery.index.scan import Best, Survivors, padded, scan
from countenance.gallery.index.segment import Segment
from countenance.gallery.index.spool import taken
from countenance.gallery.index.tally import Stages, tally

if TYPE_CHECKING:
    from countenance.gallery.index.index import Snapshot

ROWS_A_THREAD = 250_000
"""For so many rows it is worth waking another thread up: they take it about a millisecond."""
TOGETHER = 32
"""Probes that share a pass: what they need beside the codes still fits the processor's cache."""


def climb(
    gallery: Snapshot,
    probes: NDArray[np.float32],
    k: int,
    threshold: float | None,
    slack: float,
    kind: Kind | None = None,
    admitted: Filter | None = None,
) -> list[Contenders]:
    """For each probe the rows that can decide its answer; ``slack`` is float32's, for the tail.

    ``probes`` float32, shape (some, dimension): ``TOGETHER`` at most should share a pass.
    """
    admitted = admitted or Filter()
    first = Best(len(probes), k, threshold) if gallery.segments else None
    found = _of_tail(gallery, probes, k, threshold, slack, admitted, first)
    if first is not None:
        while (more := _of_segments(gallery, probes, k, threshold, kind, admitted, first)) is None:
            first = Best(len(probes), k, threshold)
        found = [_joined(mine, theirs) for mine, theirs in zip(found, more, strict=True)]
    return found


def _of_segments(
    gallery: Snapshot,
    probes: NDArray[np.float32],
    k: int,
    threshold: float | None,
    kind: Kind | None,
    admitted: Filter,
    first: Best,
) -> list[Contenders] | None:
    """The rows of the segments; None where a row took part that is not admitted, which is off the bitmap then.

    Such a row may have raised the bar. But then it is among what is left: where it counted for the bar that is the
    highest, its upper bound is not below that; where it did not, that bar is right, and so is whatever was dropped.
    """
    kind = kind or kinds()[0]
    wide = np.concatenate([probes, np.repeat(probes[-1:], padded(len(probes)) - len(probes), axis=0)])
    course = Course.of(gallery.segments, wide, [admitted.of_segment(each) for each in gallery.segments])
    many = len(gallery) - len(gallery.owner)
    threads = 1 + many * len(probes) // ROWS_A_THREAD
    left = crew().share(threads, lambda: scan(kind, course, Best(len(probes), k, threshold, first)))
    tally().add(Stages(many * len(probes), sum(each.coarse for each in left), sum(len(each.rows) for each in left)))
    chosen = _by_segment(course, left, first)
    if not chosen:
        return [_nobody(probes.shape[1]) for _ in probes]
    parts = [(gallery.segments[number], np.array(mine)) for number, mine in chosen.items()]
    cold = taken([(segment.cold, mine[:, 0]) for segment, mine in parts])
    owners = np.concatenate([segment.owners[mine[:, 0]] for segment, mine in parts])
    whole = Contenders(cold.vectors, owners, _text(cold.references), _text(cold.subjects))
    if not admitted.everybody and _keep_out(admitted, parts, whole.subjects):
        return None
    if len(probes) == 1:
        return [whole]
    which = np.concatenate([mine[:, 1] for _, mine in parts])
    return [_some(whole, np.flatnonzero(which == probe)) for probe in range(len(probes))]


def _keep_out(admitted: Filter, parts: list[tuple[Segment, NDArray[np.int64]]], subjects: Sequence[str]) -> bool:
    """Whether a row took part that is not admitted; it is off the bitmap now."""
    again, names = False, iter(subjects)
    for segment, mine in parts:
        for row in mine[:, 0].tolist():
            if not admitted.admits(next(names)):
                admitted.of_segment(segment)[row], again = 0, True
    return again


def _by_segment(course: Course, left: list[Survivors], first: Best) -> dict[int, list[tuple[int, int]]]:
    """Of each segment the rows that are still above the bars, which have risen since, each with its probe."""
    firsts, found = course.first_rows, defaultdict[int, list[tuple[int, int]]](list)
    for each in left:
        high = np.flatnonzero(each.highs >= first.bars[each.probes])
        for row, probe in zip(each.rows[high].tolist(), each.probes[high].tolist(), strict=True):
            number = bisect_right(firsts, row) - 1
            found[number].append((row - firsts[number], probe))
    return found


def _of_tail(
    gallery: Snapshot,
    probes: NDArray[np.float32],
    k: int,
    threshold: float | None,
    slack: float,
    admitted: Filter,
    first: Best | None,
) -> list[Contenders]:
    """The rows of the tail, whose scores raise the bar of the segments from the start."""
    if not len(gallery.owner):
        return [_nobody(probes.shape[1]) for _ in probes]
    tail, found = admitted.of_tail(gallery), []
    whole = Contenders(gallery.matrix, gallery.owner, gallery.references, gallery.subjects)
    for probe, approximate in enumerate(probes @ gallery.matrix.T):
        rows = tail[contenders(approximate[tail], gallery.owner[tail], k, threshold, slack)]
        if first is not None:
            first.offer(probe, gallery.owner[rows], approximate[rows].astype(np.float64) - slack)
        found.append(_some(whole, rows))
    return found


def _some(whole: Contenders, rows: NDArray[np.intp]) -> Contenders:
    names = rows.tolist()
    return Contenders(
        whole.vectors[rows],
        whole.owners[rows],
        [whole.references[row] for row in names],
        [whole.subjects[row] for row in names],
    )


def _nobody(dimension: int) -> Contenders:
    return Contenders(np.empty((0, dimension), dtype=np.float32), np.empty(0, dtype=np.int32), [], [])


def _joined(*parts: Contenders) -> Contenders:
    some = [each for each in parts if len(each.owners)] or list(parts[:1])
    if len(some) == 1:
        return some[0]
    return Contenders(
        np.concatenate([each.vectors for each in some]),
        np.concatenate([each.owners for each in some]),
        [name for each in some for name in each.references],
        [name for each in some for name in each.subjects],
    )


def _text(ids: NDArray[np.bytes_]) -> list[str]:
    return [each.decode("ascii", "replace") for each in ids.tolist()]
