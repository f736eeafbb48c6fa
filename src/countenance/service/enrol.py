"""Enrol: make a template of a sample and keep it, sealed, as a reference of a subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from countenance.gallery.enrolment import (
    AlreadyEnrolled,
    By,
    EnrolItem,
    Enrolment,
    EnrolOutcome,
    NotEnrolled,
    Tombstoned,
)
from countenance.gallery.tombstones import Traces
from countenance.ledger.outcome import Outcome, OutcomeResult
from countenance.service.ages import Ages, admit, declared, marked
from countenance.service.asking import Asking, NotAcquired, Refused
from countenance.service.gate import Act, Passage
from countenance.service.manage import Managed, create_gallery
from countenance.service.rooms import Rooms
from countenance.service.samples import ref_of
from countenance.terms.acquisition import Acquisition, Choice, FaceChoice, FailureToAcquire, Probe
from countenance.terms.action import Action
from countenance.terms.errors import Malformed, RecipeMismatch, UnknownName
from countenance.terms.face import Face
from countenance.terms.gallery import Gallery, Keep, Reference, Subject
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class EnrolRequest:
    """One sample of one subject. ``basis`` and ``retain_until`` (Unix seconds) default to what the permit says.

    ``subject`` is a name, who is made if need be, or with ``by_id`` the id of one who is there. ``metadata`` are the
    subject's and add to what is known, ``reference_metadata`` the new reference's. ``minor`` declares this subject one,
    ``faces`` says which face of this sample is meant where it is not as of the others, ``unfit`` why one that was found
    is not to be kept, or None. On ``batch`` and ``supersedes``
    see ``EnrolItem``: then the reference is staged.
    """

    sample: Sample
    subject: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    basis: str | None = None
    retain_until: int | None = None
    by_id: bool = False
    reference_metadata: Mapping[str, str] = field(default_factory=dict)
    minor: bool = False
    faces: Choice | None = None
    unfit: Callable[[Face], FailureToAcquire | None] | None = None
    batch: str = ""
    supersedes: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


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
    """The subject of this name, record or picture withdrew ``since`` (Unix seconds) and is not to come back."""

    receipt: Receipt
    since: int
    by: By


EnrolAnswer = Enrolled | Known | Withdrawn | NotAcquired | Refused


def gallery_for(
    rooms: Rooms,
    asking: Asking,
    name: str,
    keep: Keep = Keep.NONE,
    ages: Ages | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Gallery | Refused:
    """The gallery of this name, made if there is none; making it is asked and recorded like everything else."""
    for known in rooms.galleries.list():
        if known.name == name:
            return known
    if ages is None:  # who is enrolled next need not be a minor, too
        ages = Ages.MIXED if asking.minor else Ages.ADULTS
    match create_gallery(rooms, asking, name=name, keep=keep, ages=ages, metadata=metadata):
        case Managed(gallery=gallery):
            return gallery
        case Refused() as refused:
            return refused


def enrol(
    rooms: Rooms, asking: Asking, *, gallery: Gallery, request: EnrolRequest, faces: Choice = FaceChoice.ONE
) -> EnrolAnswer:
    """Enrol one sample; durable when it returns.

    Where ``asking.minor``, the subject is declared a minor. Raises RecipeMismatch where the gallery has another
    recipe, UnknownName where ``by_id`` names nobody, Malformed where the gallery is not for such a subject or cannot
    keep the name or the metadata.
    """
    answer = enrol_together(rooms, asking, gallery=gallery, requests=[request], faces=faces)[0]
    if isinstance(answer, Malformed):
        raise answer
    return answer


def enrol_together(
    rooms: Rooms,
    asking: Asking,
    *,
    gallery: Gallery,
    requests: Sequence[EnrolRequest],
    faces: Choice = FaceChoice.ONE,
) -> list[EnrolAnswer | Malformed]:
    """Enrol a few samples; what came of each, in order, durable when it returns.

    Each is judged, permitted and recorded by itself, with an intent and an outcome of its own. They share the syncs of
    the disk (intents, references, outcomes) and are embedded together. Malformed stands for a request whose subject or
    metadata the gallery does not keep. Raises RecipeMismatch and UnknownName as ``enrol`` does, for all of them;
    whatever raises, each that was permitted has an outcome that says so.

    Whether a sample is known is looked up behind the gate: a caller whom the charter refuses does not learn it.
    """
    if not requests:
        return []
    people = _people(rooms, gallery, requests)
    minors = [each.minor or declared(asking, gallery, person) for each, person in zip(requests, people, strict=True)]
    names = [
        person.name if person is not None and request.by_id else request.subject
        for request, person in zip(requests, people, strict=True)
    ]
    acts = [
        Act((ref_of(request.sample, request.faces or faces),), (name,), minor)
        for request, name, minor in zip(requests, names, minors, strict=True)
    ]
    passages = rooms.gate.ask_each(asking, Action.ENROL, acts, gallery=gallery, bound=0)
    permitted = [
        _Permitted(request, person, name, minor, passage)
        for request, person, name, minor, passage in zip(requests, people, names, minors, passages, strict=True)
        if isinstance(passage, Passage)
    ]
    answers = iter(_enrol_permitted(rooms, gallery, permitted, faces))
    return [next(answers) if isinstance(passage, Passage) else passage for passage in passages]


@dataclass(frozen=True, slots=True)
class _Permitted:
    request: EnrolRequest
    person: Subject | None
    name: str
    minor: bool
    passage: Passage


_Early = Known | Withdrawn | FailureToAcquire | Malformed
"""What ends a permitted request before anything of it is kept."""
_Ending = tuple[Receipt, Outcome]


def _enrol_permitted(
    rooms: Rooms, gallery: Gallery, permitted: Sequence[_Permitted], faces: Choice
) -> list[EnrolAnswer | Malformed]:
    with ExitStack() as under_way:
        for each in permitted:
            under_way.enter_context(each.passage)
        settled = _settled(rooms, gallery, permitted, faces)
        left = [each for each, early in zip(permitted, settled, strict=True) if early is None]
        acquired = iter(_acquired(rooms, left, faces))
        items: list[_Early | EnrolItem] = [
            early or _item(rooms, each, next(acquired)) for each, early in zip(permitted, settled, strict=True)
        ]
        kept = iter(rooms.galleries.enrol_many(gallery, [item for item in items if isinstance(item, EnrolItem)]))
        results = [(item, next(kept)) if isinstance(item, EnrolItem) else item for item in items]
        told = [_told(each, result) for each, result in zip(permitted, results, strict=True)]
        rooms.gate.conclude([ending for _, ending in told])
    answers: list[EnrolAnswer | Malformed] = []
    for answer, _ in told:
        if isinstance(answer, NotEnrolled):
            raise answer
        answers.append(answer)
    return answers


def _people(rooms: Rooms, gallery: Gallery, requests: Sequence[EnrolRequest]) -> list[Subject | None]:
    """Of each request the subject who is meant, where there is one already."""
    named = {
        batch: rooms.galleries.subjects_named(
            gallery, {each.subject for each in requests if not each.by_id and each.batch == batch}, batch
        )
        for batch in {each.batch for each in requests}
    }
    return [
        rooms.galleries.subject_by_id(gallery, each.subject, each.batch)
        if each.by_id
        else named[each.batch].get(each.subject)
        for each in requests
    ]


def _settled(
    rooms: Rooms, gallery: Gallery, permitted: Sequence[_Permitted], faces: Choice
) -> list[Known | Withdrawn | Malformed | None]:
    """What is settled of each before a template is made."""
    there = {
        batch: rooms.galleries.references_with(
            gallery, (each.request.sample.digest for each in permitted if each.request.batch == batch), batch
        )
        for batch in {each.request.batch for each in permitted}
    }
    barring = rooms.galleries.withdrawals.barring(
        gallery.name, (Traces(each.name, each.request.sample.digest, ids=each.request.ids) for each in permitted)
    )
    return [
        _known(rooms, gallery, each, there[each.request.batch].get(each.request.sample.digest, ()), faces)
        or (None if barred is None else Withdrawn(each.passage.receipt, barred.since, barred.by))
        or _unfit(gallery, each)
        for each, barred in zip(permitted, barring, strict=True)
    ]


def _known(
    rooms: Rooms, gallery: Gallery, permitted: _Permitted, there: Sequence[Reference], faces: Choice
) -> Known | None:
    """What is known before anything is decoded: of a picture of one face, or of its largest, the sample says it all."""
    faces = permitted.request.faces or faces
    if faces not in (FaceChoice.ONE, FaceChoice.LARGEST):
        return None
    meant = next((each for each in there if faces is FaceChoice.ONE or each.face == "0"), None)
    if meant is None:
        return None
    subject = rooms.galleries.subject_by_id(gallery, meant.subject, permitted.request.batch)
    return Known(subject.name, subject.id, meant.id, permitted.passage.receipt)


def _unfit(gallery: Gallery, permitted: _Permitted) -> Malformed | None:
    """Where the gallery is not for subjects of this age."""
    try:
        admit(gallery, permitted.person, minor=permitted.minor)
    except Malformed as error:
        return error
    return None


def _acquired(rooms: Rooms, permitted: Sequence[_Permitted], faces: Choice) -> Sequence[Acquisition | FailureToAcquire]:
    if not permitted:
        return ()
    found: dict[int, Acquisition | FailureToAcquire] = {}
    for choice in {each.request.faces or faces for each in permitted}:
        places = [place for place, each in enumerate(permitted) if (each.request.faces or faces) == choice]
        samples = [permitted[place].request.sample for place in places]
        promises = [permitted[place].passage.promise for place in places]
        found |= zip(places, rooms.vision().acquire_each(samples, promises, choice, looks=True), strict=True)
    return [found[place] for place in range(len(permitted))]


def _item(
    rooms: Rooms, permitted: _Permitted, acquired: Acquisition | FailureToAcquire
) -> EnrolItem | FailureToAcquire | Malformed:
    if isinstance(acquired, FailureToAcquire):
        return acquired
    request, passage = permitted.request, permitted.passage
    if request.unfit is not None and (failure := request.unfit(acquired.probe.face)) is not None:
        return failure
    try:
        return EnrolItem(
            passage.receipt,
            request.subject,
            acquired.probe,
            request.sample,
            basis=request.basis or passage.permit.authority_class,
            retain_until=request.retain_until or _retention(rooms, passage),
            metadata=marked(request.metadata, minor=permitted.minor),
            about=request.reference_metadata,
            by_id=request.by_id,
            batch=request.batch,
            supersedes=request.supersedes,
            look=acquired.look,
            ids=request.ids,
        )
    except Malformed as error:
        return error


def _told(
    permitted: _Permitted, result: _Early | tuple[EnrolItem, EnrolOutcome | NotEnrolled]
) -> tuple[EnrolAnswer | Malformed | NotEnrolled, _Ending]:
    """What the caller is told, and what the log is."""
    passage = permitted.passage
    match result:
        case Known() | Withdrawn():
            return result, passage.ending(OutcomeResult.NONE)
        case FailureToAcquire():
            ending = passage.ending(OutcomeResult.FAILURE, failure=result.reason.value)
            return NotAcquired(result, passage.receipt, permitted.request.sample.name), ending
        case Malformed():
            return result, passage.ending(OutcomeResult.ERROR, error=type(result).__name__)
        case (_, RecipeMismatch() | UnknownName() as error):
            return error, passage.ending(OutcomeResult.ERROR, error=type(error).__name__)
        case (item, Enrolment(reference=reference)):
            ending = passage.ending(OutcomeResult.ENROLLED, subject=reference.subject, recipe=reference.recipe)
            return Enrolled(reference, item.probe, passage.receipt), ending
        case (_, AlreadyEnrolled() as there):
            known = Known(there.name, there.subject, there.reference, passage.receipt)
            return known, passage.ending(OutcomeResult.NONE)
        case (_, Tombstoned(since=since, by=by)):
            return Withdrawn(passage.receipt, since, by), passage.ending(OutcomeResult.NONE)


def _retention(rooms: Rooms, passage: Passage) -> int | None:
    days = passage.permit.retention_days
    return None if days is None else int(rooms.clock()) + days * SECONDS_A_DAY
