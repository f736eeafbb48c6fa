"""Erase a subject: key, references, kept pictures, index; a tombstone remains so that it does not come back."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.rooms import Rooms
from countenance.terms.action import Action
from countenance.terms.gallery import Subject
from countenance.terms.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Erased:
    """The subject as it was; its key is destroyed."""

    subject: Subject
    receipt: Receipt


def erase(rooms: Rooms, asking: Asking, *, gallery: str, subject: str) -> Erased | Refused:
    """Erase one subject, by name or id; raises UnknownName. Every proof given before stays valid."""
    place = rooms.galleries.find(gallery)
    gone = rooms.galleries.subject(place, subject)
    passage = rooms.gate.ask(asking, Action.DELETE, gallery=place, samples=(), bound=0, subjects=(gone.name,))
    if isinstance(passage, Refused):
        return passage
    with passage:
        rooms.galleries.erase(passage.receipt, place, gone.id)
        passage.conclude(OutcomeResult.ERASED)
        return Erased(gone, passage.receipt)
