"""Make, change and delete galleries: acts of the gate like every other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.ages import AGES, Ages, refuse_reserved
from countenance.service.asking import Asking, Refused
from countenance.service.forget import forget
from countenance.service.rooms import Rooms
from countenance.service.trail import trail
from countenance.terms.action import Action
from countenance.terms.gallery import Gallery, Keep
from countenance.terms.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Managed:
    """The gallery as it was made or changed, or as it was before it was deleted."""

    gallery: Gallery
    receipt: Receipt


def create_gallery(
    rooms: Rooms,
    asking: Asking,
    *,
    name: str,
    keep: Keep = Keep.NONE,
    metadata: Mapping[str, str] | None = None,
    ages: Ages = Ages.ADULTS,
) -> Managed | Refused:
    """Make a gallery; raises NameTaken where there is one of this name, Malformed. Its ``ages`` are said for good."""
    refuse_reserved(metadata or {})
    words = dict(metadata or {}) | ({} if ages is Ages.ADULTS else {AGES: ages.value})
    passage = rooms.gate.ask(asking, Action.MANAGE, gallery=None, samples=(), bound=0)
    if isinstance(passage, Refused):
        return passage
    with passage:
        made = rooms.galleries.create(passage.receipt, name, keep, words)
        passage.conclude(OutcomeResult.DONE)
        rooms.gate.record_gallery(asking, made, "created")
        return Managed(made, passage.receipt)


def change_gallery(rooms: Rooms, asking: Asking, *, name: str, metadata: Mapping[str, str | None]) -> Managed | Refused:
    """Set metadata by key; None takes a key out, what is not named stays. Raises UnknownName, Malformed."""
    refuse_reserved(metadata)
    place = rooms.galleries.find(name)
    done = rooms.gate.manage(asking, place, lambda receipt: rooms.galleries.change_gallery(receipt, place, metadata))
    return done if isinstance(done, Refused) else Managed(*done)


def delete_gallery(rooms: Rooms, asking: Asking, *, name: str) -> Managed | Refused:
    """Erase a gallery with every subject in it, and what the log's vault keeps of them; raises UnknownName."""
    gone = rooms.galleries.find(name)
    passage = rooms.gate.ask(asking, Action.DELETE, gallery=gone, samples=(), bound=0)
    if isinstance(passage, Refused):
        return passage
    ledger, now = rooms.gate.ledger, int(rooms.clock())
    with passage:
        passage.promise.result()
        forget(ledger, list(trail(ledger, gone, None)), asking, subject=None, now=now)
        rooms.reviews.forget([each.id for each in rooms.galleries.subjects(gone)])
        rooms.galleries.delete(passage.receipt, name)
        rooms.erasures.note(gone.name)
        passage.conclude(OutcomeResult.DONE)
        rooms.gate.record_gallery(asking, gone, "closed")
        return Managed(gone, passage.receipt)
