"""Erase a subject: from the log's vault, and key, references, kept pictures, index; nothing of them remains."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.forget import Basis, forget
from countenance.service.rooms import Rooms
from countenance.service.trail import trail
from countenance.terms.action import Action
from countenance.terms.gallery import Subject
from countenance.terms.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Erased:
    """The subject as it was; its key is destroyed. ``erasures`` are the ids of the log's entries that say so."""

    subject: Subject
    receipt: Receipt
    erasures: tuple[str, ...] = ()


def erase(
    rooms: Rooms, asking: Asking, *, gallery: str, subject: str, basis: Basis = Basis.DELETION
) -> Erased | Refused:
    """Erase one subject, by name or id; raises UnknownName. Every proof given before stays valid.

    Where ``basis`` is a withdrawal a tombstone remains, which keeps the name and the samples out.

    The vault first: after a crash in between the subject is still known by name, and erasing again goes on. Then the
    gallery, and then once more the entries that others wrote meanwhile.
    """
    place = rooms.galleries.find(gallery)
    gone = rooms.galleries.subject(place, subject, None)  # also who is not seen yet: they are held all the same
    passage = rooms.gate.ask(asking, Action.DELETE, gallery=place, samples=(), bound=0, subjects=(gone.name,))
    if isinstance(passage, Refused):
        return passage
    ledger, now = rooms.gate.ledger, int(rooms.clock())
    with passage:
        passage.promise.result()
        size = ledger.flush().next
        erasures = forget(ledger, list(trail(ledger, place, gone)), asking, subject=gone.id, now=now, basis=basis)
        rooms.reviews.forget([gone.id])
        rooms.galleries.erase(passage.receipt, place, gone.id, withdraw=basis is Basis.WITHDRAWAL)
        rooms.gone(place.id, gone.name)
        rooms.erasures.note(place.name)
        rooms.reviews.forget([gone.id])  # a search that was under way may have found them meanwhile
        late = list(trail(ledger, place, gone, start=size))
        erasures += forget(ledger, late, asking, subject=gone.id, now=now, basis=basis)
        passage.conclude(OutcomeResult.ERASED)
        return Erased(gone, passage.receipt, tuple(erasures))
