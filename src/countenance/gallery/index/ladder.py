"""The ladder: float32 over the tail, then 4-bit and 8-bit codes over the segments, then the exact scores."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.bound import Question
from countenance.gallery.index.compiled import Kind, kinds
from countenance.gallery.index.rerank import Contenders, contenders
from countenance.gallery.index.scan import Best, scan
from countenance.terms.template import Vector

if TYPE_CHECKING:
    from countenance.gallery.index.index import Snapshot

_log = logging.getLogger(__name__)
MANY_LEFT = 0.05
"""Above this share of rows that the coarse codes leave, a search is slower than it could be, and says so."""


def climb(
    gallery: Snapshot, probe: Vector, k: int, threshold: float | None, slack: float, kind: Kind | None = None
) -> Contenders:
    """The rows of a gallery with segments that can decide the answer; ``slack`` is float32's, for the tail."""
    kind = kind or kinds()[0]
    best = Best(k, threshold)
    approximate = gallery.matrix @ probe if len(gallery.owner) else np.empty(0, dtype=np.float32)
    rows = contenders(approximate, gallery.owner, k, threshold, slack)
    best.offer(gallery.owner[rows], approximate[rows].astype(np.float64) - slack)
    questions: dict[int, Question] = {}
    left, asked = [], 0
    for segment in gallery.segments:
        question = questions.get(id(segment.codes.grid))
        if question is None:
            question = questions[id(segment.codes.grid)] = Question.of(probe, segment.codes.grid)
        places, highs, many = scan(kind, segment.codes, segment.owners, question, best)
        left.append((places, highs))
        asked += many
    _note(asked, len(gallery) - len(gallery.owner))
    found = [
        Contenders(
            gallery.matrix[rows],
            gallery.owner[rows],
            [gallery.references[row] for row in rows.tolist()],
            [gallery.subjects[row] for row in rows.tolist()],
        )
    ]
    for segment, (places, highs) in zip(gallery.segments, left, strict=True):
        some = places[highs >= best.bar]  # the bar has risen since
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
    return [each.decode("ascii") for each in ids.tolist()]


def _note(asked: int, rows: int) -> None:
    share = asked / max(1, rows)
    _log.debug("the coarse codes left %d of %d references", asked, rows)
    if share > MANY_LEFT and rows >= 100_000:
        _log.warning("the coarse codes left %.0f %% of %d references: searches are slow", 100 * share, rows)
