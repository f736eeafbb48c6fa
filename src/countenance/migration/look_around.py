"""Look around references: one act of the gate for many of them, whose candidates nobody is shown."""

from __future__ import annotations

from collections.abc import Sequence

from countenance.gallery.neighbours import Neighbours
from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.rooms import Rooms
from countenance.terms.action import Action
from countenance.terms.gallery import Gallery, Reference
from countenance.terms.sample import SampleRef

TOGETHER = 256
"""References that one intent of the log is for."""


def look_around(
    rooms: Rooms,
    asking: Asking,
    gallery: Gallery,
    references: Sequence[Reference],
    *,
    batch: str,
    least: float | None = None,
) -> Sequence[Neighbours] | Refused:
    """Who is nearest to each of a few references, beside what is staged in ``batch``; see ``find_neighbours``."""
    samples = tuple(SampleRef(each.sample_digest, each.face) for each in references)
    passage = rooms.gate.ask(asking, Action.SEARCH, gallery=gallery, samples=samples, bound=len(references), most=1)
    if isinstance(passage, Refused):
        return passage
    with passage:
        ids = [each.id for each in references]
        found = rooms.galleries.neighbours(passage.receipt, samples, ids, batch=batch, least=least)
        told = [[each.other, round(each.score, 6)] for each in found if each.other is not None and each.score]
        passage.conclude(
            OutcomeResult.CANDIDATES if told else OutcomeResult.NONE,
            count=len(told),
            candidates=told,
            compared=len(ids),
            threshold=None if least is None else round(least, 6),
        )
        return found
