"""Enrol: make a template of a sample and keep it, sealed, as a reference of a subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from countenance.gallery.enrolment import AlreadyEnrolled, Enrolment, Tombstoned
from countenance.ledger.outcome import OutcomeResult
from countenance.service.ages import Ages, admit, declared, marked
from countenance.service.asking import Asking, NotAcquired, Refused
from countenance.service.gate import Passage
from countenance.service.manage import Managed, create_gallery
from countenance.service.rooms import Rooms
from countenance.service.samples import ref_of
from countenance.terms.acquisition import Choice, FaceChoice, FailureToAcquire, Probe
from countenance.terms.action import Action
from countenance.terms.errors import UnknownName
from countenance.terms.gallery import Gallery, Keep, Reference, Subject
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class EnrolRequest:
    """One sample of one subject. ``basis`` and ``retain_until`` (Unix seconds) default to what the permit says.

    ``subject`` is a name, who is made if need be, or with ``by_id`` the id of one who is there. ``metadata`` are the
    subject's and add to what is known, ``reference_metadata`` the new reference's.
    """

    sample: Sample
    subject: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    basis: str | None = None
    retain_until: int | None = None
    by_id: bool = False
    reference_metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Enrolled:
    """The new reference, and the face that it was made of."""

    reference: Reference
    probe: Probe
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Known:
    """The very same face of the same sample is a ``reference`` (an id) already, of the subject of this name and id.

    Nothing was added. To a request that was sent twice it is the answer that was lost.
    """

    subject: str
    subject_id: str
    reference: str
    receipt: Receipt


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
    # Who is enrolled next need not be a minor, too.
    ages = Ages.MIXED if asking.minor else Ages.ADULTS
    match create_gallery(rooms, asking, name=name, keep=keep, ages=ages):
        case Managed(gallery=gallery):
            return gallery
        case Refused() as refused:
            return refused


def enrol(
    rooms: Rooms, asking: Asking, *, gallery: Gallery, request: EnrolRequest, faces: Choice = FaceChoice.ONE
) -> EnrolAnswer:
    """Enrol one sample; durable when it returns.

    Whether the sample is known is looked up behind the gate: a caller whom the charter refuses does not learn it.
    Where ``asking.minor``, the subject is declared a minor. Raises RecipeMismatch where the gallery has another
    recipe, UnknownName where ``by_id`` names nobody, Malformed where the gallery is not for such a subject.
    """
    sample = request.sample
    person = _person(rooms, gallery, request)
    name = person.name if person is not None and request.by_id else request.subject
    minor = declared(asking, gallery, person)
    passage = rooms.gate.ask(
        asking, Action.ENROL, gallery=gallery, samples=(ref_of(sample, faces),), bound=0, subjects=(name,), minor=minor
    )
    if isinstance(passage, Refused):
        return passage
    with passage:
        if (known := _known(rooms, gallery, sample, faces, passage)) is not None:
            return known
        barring = rooms.galleries.withdrawals.barring(gallery.name, name, sample.digest)
        if barring is not None:  # before a template is made of them
            passage.conclude(OutcomeResult.NONE)
            return Withdrawn(passage.receipt, barring.since)
        admit(gallery, person, minor=minor)
        metadata = marked(request.metadata, minor=minor)
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
            metadata=metadata,
            about=request.reference_metadata,
            by_id=request.by_id,
        )
        match kept:
            case Enrolment(reference=reference):
                passage.conclude(OutcomeResult.ENROLLED, subject=reference.subject, recipe=vision.recipe.digest)
                return Enrolled(reference, acquired.probe, passage.receipt)
            case AlreadyEnrolled():
                passage.conclude(OutcomeResult.NONE)
                return Known(kept.name, kept.subject, kept.reference, passage.receipt)
            case Tombstoned(since=since):
                passage.conclude(OutcomeResult.NONE)
                return Withdrawn(passage.receipt, since)


def _person(rooms: Rooms, gallery: Gallery, request: EnrolRequest) -> Subject | None:
    """The subject who is meant, where there is one already."""
    if request.by_id:
        return rooms.galleries.subject_by_id(gallery, request.subject)
    try:
        found = rooms.galleries.subject(gallery, request.subject)
    except UnknownName:
        return None
    return found if found.id != request.subject else None  # by its name alone: an id is no name here


def _known(rooms: Rooms, gallery: Gallery, sample: Sample, faces: Choice, passage: Passage) -> Known | None:
    """What is known before anything is decoded: of a picture of one face, or of its largest, the sample says it all."""
    if faces not in (FaceChoice.ONE, FaceChoice.LARGEST):
        return None
    there = rooms.galleries.references_with(gallery, sample.digest)
    meant = next((each for each in there if faces is FaceChoice.ONE or each.face == "0"), None)
    if meant is None:
        return None
    passage.promise.result()
    subject = rooms.galleries.subject_by_id(gallery, meant.subject)
    passage.conclude(OutcomeResult.NONE)
    return Known(subject.name, subject.id, meant.id, passage.receipt)


def _retention(rooms: Rooms, passage: Passage) -> int | None:
    days = passage.permit.retention_days
    return None if days is None else int(rooms.clock()) + days * SECONDS_A_DAY
