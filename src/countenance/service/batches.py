"""Batches: begin, publish, take back and erase what came in together; acts of the gate like every other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from countenance.gallery.batches import Restated
from countenance.ledger.band import size_band
from countenance.service.asking import Asking, Refused
from countenance.service.erase import Erased, erase
from countenance.service.manage_subjects import ReferenceManaged, erase_reference
from countenance.service.rooms import Rooms
from countenance.terms.gallery import Batch, Gallery
from countenance.terms.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Batched:
    """The batch as it is now."""

    batch: Batch
    receipt: Receipt


def begin_batch(rooms: Rooms, asking: Asking, *, gallery: Gallery, held: bool = False) -> Batched | Refused:
    """A new batch; raises NameTaken where another one is to be published or erased first."""
    made = _manage(rooms, asking, gallery, lambda receipt: rooms.galleries.batches.begin(receipt, gallery, held=held))
    if isinstance(made, Batched):
        _record(rooms, asking, gallery, made.batch, "begun")
    return made


def publish_batch(
    rooms: Rooms, asking: Asking, *, gallery: Gallery, batch: str, account: str = "", reviewer: str = ""
) -> Batched | Refused:
    """Everybody sees it from now on. Raises UnknownName, Malformed.

    ``account`` is the digest of what accounts for it, ``reviewer`` who answers for what that leaves open; both are
    sealed in the log.
    """
    made = _manage(rooms, asking, gallery, lambda receipt: rooms.galleries.batches.publish(receipt, gallery, batch))
    if isinstance(made, Batched):
        _record(rooms, asking, gallery, made.batch, "published", account=account or None, reviewer=reviewer or None)
    return made


def roll_back_batch(rooms: Rooms, asking: Asking, *, gallery: Gallery, batch: str) -> Batched | Refused:
    """Nobody sees it any more, and what it superseded is seen again. Raises UnknownName, Malformed."""
    made = _manage(rooms, asking, gallery, lambda receipt: rooms.galleries.batches.roll_back(receipt, gallery, batch))
    if isinstance(made, Batched):
        _record(rooms, asking, gallery, made.batch, "withdrawn")
    return made


def move_references(
    rooms: Rooms, asking: Asking, *, gallery: Gallery, references: Collection[str], came: str, goes: str
) -> Batched | Refused:
    """Keep references back for a person, or let them in again. Raises UnknownName, Malformed."""

    def move(receipt: Receipt) -> Batch:
        rooms.galleries.batches.move(receipt, gallery, references, came, goes)
        return rooms.galleries.batches.find(gallery, goes)

    return _manage(rooms, asking, gallery, move)


def restate(rooms: Rooms, asking: Asking, *, gallery: Gallery, said: Sequence[Restated]) -> int | Refused:
    """Take over the basis and the date that a source says anew of references of batches; how many were said."""
    done = rooms.gate.manage(asking, gallery, lambda receipt: rooms.galleries.batches.restate(receipt, gallery, said))
    return done if isinstance(done, Refused) else len(said)


def erase_batch(rooms: Rooms, asking: Asking, *, gallery: Gallery, batch: str) -> int | Refused:
    """Erase all that a batch brought and nobody sees; how many references. Erasing goes on where it was interrupted.

    A subject who has nothing else is erased whole, the others lose the batch's references. Raises UnknownName.
    """
    asked = _manage(rooms, asking, gallery, lambda _: rooms.galleries.batches.find(gallery, batch))
    if isinstance(asked, Refused):
        return asked
    found, count = asked.batch, 0
    while page := rooms.galleries.batches.references(gallery, found.id):
        for subject in dict.fromkeys(each.subject for each in page):
            theirs = [each for each in page if each.subject == subject]
            answer: Erased | ReferenceManaged | Refused
            if rooms.galleries.batches.brought(gallery, found.id, subject):
                answer = erase(rooms, asking, gallery=gallery.name, subject=subject)
                if isinstance(answer, Refused):
                    return answer
                count += answer.subject.references
                continue
            for each in theirs:
                answer = erase_reference(rooms, asking, gallery=gallery.name, reference=each.id)
                if isinstance(answer, Refused):
                    return answer
                count += 1
    _record(rooms, asking, gallery, found, "erased")
    return count


def _manage(rooms: Rooms, asking: Asking, gallery: Gallery, act: Callable[[Receipt], Batch]) -> Batched | Refused:
    done = rooms.gate.manage(asking, gallery, act)
    return done if isinstance(done, Refused) else Batched(*done)


def _record(rooms: Rooms, asking: Asking, gallery: Gallery, batch: Batch, event: str, **sealed: str | None) -> None:
    """Tell the log, by the gallery's pseudonym and how many there are."""
    references = rooms.galleries.batches.size(gallery, batch.id)
    rooms.gate.ledger.record(
        "batch",
        {"gal": gallery.pseudonym, "ev": event, "band": size_band(references)},
        {
            "at": int(rooms.clock()),
            "batch": batch.id,
            "principal": asking.principal.id,
            "references": references,
            **sealed,
        },
    )
