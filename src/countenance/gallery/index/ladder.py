"""The ladder: float32 over the tail, then 4-bit and 8-bit codes over the segments, then the exact scores."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.bound import Question
from countenance.gallery.index.compiled import Kind, kinds
from countenance.gallery.index.crew import crew
from countenance.gallery.index.rerank import Contenders, contenders
from countenance.gallery.index.scan import Best, Survivors, scan
from countenance.gallery.index.segment import Segment
from countenance.terms.template import Vector

if TYPE_CHECKING:
    from countenance.gallery.index.index import Snapshot

ROWS_A_THREAD = 250_000
"""For so many rows it is worth waking another thread up: they take it about a millisecond."""
_log = logging.getLogger(__name__)
MANY_LEFT = 0.05
"""Above this share of rows that the coarse codes leave, a search is slower than it could be, and says so."""


def climb(
    gallery: Snapshot, probe: Vector, k: int, threshold: float | None, slack: float, kind: Kind | None = None
) -> Contenders:
    """The rows of a gallery with segments that can decide the answer; ``slack`` is float32's, for the tail."""
    kind = kind or kinds()[0]
    approximate = gallery.matrix @ probe if len(gallery.owner) else np.empty(0, dtype=np.float32)
    rows = contenders(approximate, gallery.owner, k, threshold, slack)
    first = Best(k, threshold)
    first.offer(gallery.owner[rows], approximate[rows].astype(np.float64) - slack)
    questions = {
        id(grid): Question.of(probe, grid)
        for grid in {id(s.codes.grid): s.codes.grid for s in gallery.segments}.values()
    }

    def scanner() -> Callable[[Segment], tuple[Segment, Survivors]]:
        best = Best(k, threshold, first)

        def scan_one(segment: Segment) -> tuple[Segment, Survivors]:
            return segment, scan(kind, segment.codes, segment.owners, questions[id(segment.codes.grid)], best)

        return scan_one

    threads = 1 + (len(gallery) - len(gallery.owner)) // ROWS_A_THREAD
    left = crew().share(gallery.segments, threads, scanner)
    _note(sum(survivors.asked for _, survivors in left), len(gallery) - len(gallery.owner))
    found = [
        Contenders(
            gallery.matrix[rows],
            gallery.owner[rows],
            [gallery.references[row] for row in rows.tolist()],
            [gallery.subjects[row] for row in rows.tolist()],
        )
    ]
    for segment, survivors in left:
        some = survivors.rows[survivors.highs >= first.bar]  # it has risen since
        if len(some):
            cold = segment.cold.take(some)
            found.append(Contenders(cold.vectors, segment.owners[some], _text(cold.references), _text(cold.subjects)))
    return Contenders(
        np.concatenate([each.vectors for each in found if len(each.owners)] or [gallery.matrix[:0]]),
        np.concatenate([each.owners for each in found]),
        [name for each in found for name in each.references],
        [name for each in found for name in each.subjects],
    )


def _text(ids: NDArray[np.bytes_]) -> list[str]:
    return [each.decode("ascii", "replace") for each in ids.tolist()]


def _note(asked: int, rows: int) -> None:
    _log.debug("the coarse codes left %d of %d references", asked, rows)
    if asked > MANY_LEFT * rows and rows >= 100_000:
        _say_slow()


@cache
def _say_slow() -> None:
    """Once a run."""
    _log.warning("the coarse codes leave more than %.0f %% of the references: searches are slower", 100 * MANY_LEFT)
