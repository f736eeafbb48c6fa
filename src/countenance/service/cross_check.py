"""Cross-check: searches with probes that are nobody's, which pgvector answers too; under a receipt as ever."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.rooms import Rooms
from countenance.terms.action import Action
from countenance.terms.receipt import Receipt

MOST = 10
"""Candidates that each answer has."""


@dataclass(frozen=True, slots=True)
class CrossChecked:
    """Of ``probes`` answers over ``compared`` references, ``differing`` were not the same."""

    probes: int
    compared: int
    differing: int
    receipt: Receipt


def cross_check(rooms: Rooms, asking: Asking, *, gallery: str, probes: int = 8) -> CrossChecked | Refused:
    """Raises UnknownName, MissingPart where there is no pgvector."""
    place = rooms.galleries.find(gallery)
    made = rooms.galleries.cross_check.made_up(place, probes)
    refs = tuple(probe.sample for probe in made)
    passage = rooms.gate.ask(asking, Action.SEARCH, gallery=place, samples=refs, bound=len(refs), most=MOST)
    if isinstance(passage, Refused):
        return passage
    with passage:
        if not made:
            passage.conclude(OutcomeResult.NONE, count=0)
            return CrossChecked(0, 0, 0, passage.receipt)
        answers, differing = rooms.galleries.cross_check.search(passage.receipt, refs, made, MOST)
        count = sum(len(answer.candidates) for answer in answers)
        result = OutcomeResult.CANDIDATES if count else OutcomeResult.NONE
        passage.conclude(result, count=count, use=answers[0].use, compared=answers[0].compared, differing=differing)
        return CrossChecked(len(made), answers[0].compared, differing, passage.receipt)
