"""The ladder: float32 over the tail, then 4-bit and 8-bit codes over the segments; what is left is scored exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.bound import Question
from countenance.gallery.index.compiled import Kind, kinds
from countenance.gallery.index.crew import crew
from countenance.gallery.index.filter import Filter
from countenance.gallery.index.rerank import Contenders, contenders
from countenance.gallery.index.scan import Best, Left, Survivors, padded, scan
from countenance.gallery.index.segment import Segment
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
    tail = admitted.of_tail(gallery)
    approximate = probes @ gallery.matrix.T if len(gallery.owner) else np.empty((len(probes), 0), dtype=np.float32)
    rows = [tail[contenders(each[tail], gallery.owner[tail], k, threshold, slack)] for each in approximate]
    found = [[_of_tail(gallery, some)] for some in rows]
    if gallery.segments:
        first = Best(len(probes), k, threshold)
        for probe, some in enumerate(rows):
            first.offer(probe, gallery.owner[some], approximate[probe, some].astype(np.float64) - slack)
        while (more := _of_segments(gallery, probes, k, threshold, kind, admitted, first)) is None:
            first = Best(len(probes), k, threshold)
        for probe, some_more in enumerate(more):
            found[probe] += some_more
    return [_joined(each, gallery.matrix[:0]) for each in found]


def _of_segments(
    gallery: Snapshot,
    probes: NDArray[np.float32],
    k: int,
    threshold: float | None,
    kind: Kind | None,
    admitted: Filter,
    first: Best,
) -> list[list[Contenders]] | None:
    """The rows of the segments; None where a row took part that is not admitted, which is off the bitmap then.

    Such a row may have raised the bar. But then it is among what is left: where it counted for the bar that is the
    highest, its upper bound is not below that; where it did not, that bar is right, and so is whatever was dropped.
    """
    kind = kind or kinds()[0]
    wide = np.concatenate([probes, np.repeat(probes[-1:], padded(len(probes)) - len(probes), axis=0)])
    for segment in gallery.segments:
        admitted.of_segment(segment)  # before threads share it
    grids = {id(segment.codes.grid): segment.codes.grid for segment in gallery.segments}
    questions = {name: Question.of(wide, grid) for name, grid in grids.items()}

    def scanner() -> Callable[[Segment], tuple[Segment, list[Survivors], Left]]:
        best = Best(len(probes), k, threshold, first)

        def scan_one(segment: Segment) -> tuple[Segment, list[Survivors], Left]:
            question = questions[id(segment.codes.grid)]
            return segment, *scan(kind, segment.codes, segment.owners, question, best, admitted.of_segment(segment))

        return scan_one

    many = len(gallery) - len(gallery.owner)
    left = crew().share(gallery.segments, 1 + many * len(probes) // ROWS_A_THREAD, scanner)
    tally().add(
        Stages(many * len(probes), sum(each.coarse for _, _, each in left), sum(each.fine for _, _, each in left))
    )
    found: list[list[Contenders]] = [[] for _ in probes]
    again = False
    for segment, survivors, _ in left:
        mine = [some.rows[some.highs >= bar] for some, bar in zip(survivors, first.bars.tolist(), strict=True)]
        rows = np.concatenate(mine)  # the bars have risen since
        cold = segment.cold.take(rows)
        references, subjects = _text(cold.references), _text(cold.subjects)
        for row, subject in zip(rows.tolist(), subjects, strict=True):
            if not admitted.admits(subject):
                admitted.of_segment(segment)[row], again = 0, True
        end = 0
        for probe, some in enumerate(mine[: len(probes)]):
            start, end = end, end + len(some)
            part = slice(start, end)
            found[probe].append(Contenders(cold.vectors[part], segment.owners[some], references[part], subjects[part]))
    return None if again else found


def _of_tail(gallery: Snapshot, rows: NDArray[np.intp]) -> Contenders:
    names = rows.tolist()
    return Contenders(
        gallery.matrix[rows],
        gallery.owner[rows],
        [gallery.references[row] for row in names],
        [gallery.subjects[row] for row in names],
    )


def _joined(parts: list[Contenders], none: NDArray[np.float32]) -> Contenders:
    return Contenders(
        np.concatenate([each.vectors for each in parts if len(each.owners)] or [none]),
        np.concatenate([each.owners for each in parts]),
        [name for each in parts for name in each.references],
        [name for each in parts for name in each.subjects],
    )


def _text(ids: NDArray[np.bytes_]) -> list[str]:
    return [each.decode("ascii", "replace") for each in ids.tolist()]
