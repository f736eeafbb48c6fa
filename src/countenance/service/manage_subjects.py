"""Manage what is in a gallery: subjects without a face yet, names, metadata, single references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.ages import admit, declared, marked, refuse_reserved
from countenance.service.asking import Asking, Refused
from countenance.service.forget import forget
from countenance.service.rooms import Rooms
from countenance.service.trail import trail_of_sample
from countenance.terms.action import Action
from countenance.terms.gallery import Reference, Subject
from countenance.terms.receipt import Receipt

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class SubjectManaged:
    """The subject as it was made or changed."""

    subject: Subject
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class ReferenceManaged:
    """The reference as it was changed, or as it was before it was erased."""

    reference: Reference
    receipt: Receipt


def add_subject(
    rooms: Rooms,
    asking: Asking,
    *,
    gallery: str,
    name: str | None = None,
    metadata: Mapping[str, str] | None = None,
    basis: str | None = None,
    retain_until: int | None = None,
) -> SubjectManaged | Refused:
    """Make a subject without references: no biometric, but somebody. Without ``name`` it is named like its id.

    ``basis`` and ``retain_until`` (Unix seconds) default to what the permit says. Raises UnknownName, NameTaken,
    Malformed.
    """
    place = rooms.galleries.find(gallery)
    minor = declared(asking, place, None)
    words = marked(metadata or {}, minor=minor)
    named = () if name is None else (name,)
    passage = rooms.gate.ask(asking, Action.MANAGE, gallery=place, samples=(), bound=0, subjects=named)
    if isinstance(passage, Refused):
        return passage
    with passage:
        admit(place, None, minor=minor)
        days = passage.permit.retention_days
        made = rooms.galleries.add_subject(
            passage.receipt,
            place,
            name,
            metadata=words,
            basis=basis or passage.permit.authority_class,
            retain_until=retain_until or (None if days is None else int(rooms.clock()) + days * SECONDS_A_DAY),
        )
        passage.conclude(OutcomeResult.DONE, subject=made.id)
        return SubjectManaged(made, passage.receipt)


def change_subject(
    rooms: Rooms,
    asking: Asking,
    *,
    gallery: str,
    subject: str,
    name: str | None = None,
    metadata: Mapping[str, str | None] | None = None,
) -> SubjectManaged | Refused:
    """Change the name or metadata of a subject (by id or name); see ``change_gallery`` on metadata.

    What was recorded under the former name is still found when the subject is erased. Raises UnknownName,
    NameTaken, Malformed.
    """
    refuse_reserved(metadata or {})
    place = rooms.galleries.find(gallery)
    known = rooms.galleries.subject(place, subject)
    passage = rooms.gate.ask(asking, Action.MANAGE, gallery=place, samples=(), bound=0, subjects=(known.name,))
    if isinstance(passage, Refused):
        return passage
    with passage:
        changed = rooms.galleries.change_subject(passage.receipt, place, known.id, name=name, metadata=metadata)
        passage.conclude(OutcomeResult.DONE, subject=known.id)
        return SubjectManaged(changed, passage.receipt)


def change_reference(
    rooms: Rooms, asking: Asking, *, gallery: str, reference: str, metadata: Mapping[str, str | None]
) -> ReferenceManaged | Refused:
    """Change the metadata of a reference (by id); see ``change_gallery``. Raises UnknownName, Malformed."""
    place = rooms.galleries.find(gallery)
    known = rooms.galleries.reference(place, reference)
    name = rooms.galleries.subject_by_id(place, known.subject).name
    passage = rooms.gate.ask(asking, Action.MANAGE, gallery=place, samples=(), bound=0, subjects=(name,))
    if isinstance(passage, Refused):
        return passage
    with passage:
        changed = rooms.galleries.change_reference(passage.receipt, place, known.id, metadata)
        passage.conclude(OutcomeResult.DONE, subject=known.subject)
        return ReferenceManaged(changed, passage.receipt)


def erase_reference(rooms: Rooms, asking: Asking, *, gallery: str, reference: str) -> ReferenceManaged | Refused:
    """Erase one reference (by id) of a subject who stays, and which sample it was in the log's vault.

    Raises UnknownName.
    """
    place = rooms.galleries.find(gallery)
    gone = rooms.galleries.reference(place, reference, None)
    name = rooms.galleries.subject_by_id(place, gone.subject, None).name
    passage = rooms.gate.ask(asking, Action.DELETE, gallery=place, samples=(), bound=0, subjects=(name,))
    if isinstance(passage, Refused):
        return passage
    ledger, now = rooms.gate.ledger, int(rooms.clock())
    with passage:
        passage.promise.result()
        traces = list(trail_of_sample(ledger, place, gone.sample_digest))
        forget(ledger, traces, asking, subject=gone.subject, now=now)
        rooms.galleries.erase_reference(passage.receipt, place, gone.id)
        rooms.erasures.note(place.name)
        passage.conclude(OutcomeResult.ERASED)
        return ReferenceManaged(gone, passage.receipt)
