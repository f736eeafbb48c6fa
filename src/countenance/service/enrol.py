"""Enrol: make a template of a sample and keep it, sealed, as a reference of a subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from countenance.gallery.enrolment import AlreadyEnrolled, Enrolment, Tombstoned
from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, NotAcquired, Refused
from countenance.service.gate import Passage
from countenance.service.manage import Managed, create_gallery
from countenance.service.rooms import Rooms
from countenance.service.samples import ref_of
from countenance.terms.acquisition import FaceChoice, FailureToAcquire, Probe
from countenance.terms.action import Action
from countenance.terms.gallery import Gallery, Keep, Reference
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class EnrolRequest:
    """One sample of one subject. ``basis`` and ``retain_until`` (Unix seconds) default to what the permit says."""

    sample: Sample
    subject: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    basis: str | None = None
    retain_until: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Enrolled:
    """The new reference, and the face that it was made of."""

    reference: Reference
    probe: Probe
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Known:
    """The very same sample is enrolled already; nothing was acquired or added."""

    subject: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The subject of this name, or of this sample, withdrew ``since`` (Unix seconds) and is not to come back."""

    receipt: Receipt
    since: int


EnrolAnswer = Enrolled | Known | Withdrawn | NotAcquired | Refused


def gallery_for(rooms: Rooms, asking: Asking, name: str, keep: Keep = Keep.NONE) -> Gallery | Refused:
    """The gallery of this name, made if there is none; making it is asked and recorded like everything else."""
    for known in rooms.galleries.list():
        if known.name == name:
            return known
    match create_gallery(rooms, asking, name=name, keep=keep):
        case Managed(gallery=gallery):
            return gallery
        case Refused() as refused:
            return refused


def enrol(
    rooms: Rooms, asking: Asking, *, gallery: Gallery, request: EnrolRequest, faces: FaceChoice = FaceChoice.ONE
) -> EnrolAnswer:
    """Enrol one sample; durable when it returns. Raises RecipeMismatch where the gallery has another recipe."""
    sample = request.sample
    known = rooms.galleries.enrolled(gallery, sample.digest)
    if known is not None:
        return Known(known.name)
    passage = rooms.gate.ask(
        asking, Action.ENROL, gallery=gallery, samples=(ref_of(sample, faces),), bound=0, subjects=(request.subject,)
    )
    if isinstance(passage, Refused):
        return passage
    with passage:
        barring = rooms.galleries.withdrawals.barring(gallery.name, request.subject, sample.digest)
        if barring is not None:  # before a template is made of them
            passage.conclude(OutcomeResult.NONE)
            return Withdrawn(passage.receipt, barring.since)
        vision = rooms.vision()
        acquired = vision.acquire(sample, passage.promise, faces)
        if isinstance(acquired, FailureToAcquire):
            passage.conclude(OutcomeResult.FAILURE, failure=acquired.reason.value)
            return NotAcquired(acquired, passage.receipt, sample.name)
        kept = rooms.galleries.enrol(
            passage.receipt,
            gallery,
            request.subject,
            acquired.probe,
            sample,
            basis=request.basis or passage.permit.authority_class,
            retain_until=request.retain_until or _retention(rooms, passage),
            metadata=request.metadata,
        )
        match kept:
            case Enrolment(reference=reference):
                passage.conclude(OutcomeResult.ENROLLED, subject=reference.subject, recipe=vision.recipe.digest)
                return Enrolled(reference, acquired.probe, passage.receipt)
            case AlreadyEnrolled(subject=subject):
                passage.conclude(OutcomeResult.NONE)
                return Known(subject)
            case Tombstoned(since=since):
                passage.conclude(OutcomeResult.NONE)
                return Withdrawn(passage.receipt, since)


def _retention(rooms: Rooms, passage: Passage) -> int | None:
    days = passage.permit.retention_days
    return None if days is None else int(rooms.clock()) + days * SECONDS_A_DAY
