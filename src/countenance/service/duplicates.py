"""Duplicates: pairs of subjects of one gallery who look alike; for people to look at, nothing is merged."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.rooms import Rooms
from countenance.terms.action import Action
from countenance.terms.gallery import Gallery, Reference
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.receipt import Receipt
from countenance.terms.sample import SampleRef

BLOCK = 1000
"""References whose comparisons share a receipt: what a kill costs."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two subjects (by id, ``first`` < ``second``) and the score of two of their references. Not a probability."""

    first: str
    first_reference: str
    second: str
    second_reference: str
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What came of some references, compared with the whole gallery; ``last``: the greatest id among them."""

    pairs: tuple[Pair, ...]
    references: int
    last: str
    operating_point: OperatingPoint
    receipt: Receipt


def duplicates(
    rooms: Rooms, asking: Asking, *, gallery: str, after: str = "", most: int = BLOCK
) -> Block | Refused | None:
    """Compare the next ``most`` references by id after ``after`` with all others; None where there are no more.

    Each pair of subjects comes up with the first one's references, with the best reference of the second. Who is
    enrolled meanwhile is met by those that follow. Raises UnknownName.
    """
    place = rooms.galleries.find(gallery)
    references = _next(rooms, place, after, most)
    if not references:
        return None
    refs = tuple(dict.fromkeys(SampleRef(each.sample_digest, each.face) for each in references))
    passage = rooms.gate.ask(asking, Action.GROUP, gallery=place, samples=refs, bound=len(references))
    if isinstance(passage, Refused):
        return passage
    with passage:
        point = rooms.points.for_identify(rooms.vision().recipe, place.subjects)
        ids = [each.id for each in references]
        results = rooms.galleries.duplicates(passage.receipt, refs, ids, point.threshold)
        pairs = tuple(
            Pair(mine.subject, mine.id, other.subject, other.reference, other.score)
            for mine, result in zip(references, results, strict=True)
            for other in result.candidates
            if mine.subject < other.subject
        )
        passage.conclude(
            OutcomeResult.GROUPED,
            count=len(pairs),
            use=results[0].use,
            candidates=[[each, round(p.score, 6)] for p in pairs for each in (p.first, p.second)],
            compared=sum(each.compared for each in results),
            threshold=round(point.threshold, 6),
            operating_point=point.id,
            recipe=rooms.vision().recipe.digest,
        )
        return Block(pairs, len(references), ids[-1], point, passage.receipt)


def _next(rooms: Rooms, place: Gallery, after: str, most: int) -> list[Reference]:
    """The next page's, without those that have no template by the gallery's recipe; a page of such is passed over."""
    while page := rooms.galleries.references_page(place, after, most):
        compared = rooms.galleries.other_templates.compared(place, [each.id for each in page])
        if found := [each for each in page if each.id in compared]:
            return found
        after = page[-1].id
    return []
