"""Persisted faces: references, of a person or each by itself in a face list; adding one is enrolment."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi.responses import Response

from countenance.http.azure import limits
from countenance.http.azure.answer import answer, answer_list, empty, present
from countenance.http.azure.call import Body, Call
from countenance.http.azure.faults import (
    Fault,
    bad_argument,
    fault_of,
    invalid_persisted_face,
    persisted_face_not_found,
    person_not_found,
    quota,
)
from countenance.http.azure.galleries import USER_DATA, find
from countenance.http.azure.kinds import Kind
from countenance.http.azure.models import detection_model
from countenance.http.azure.persons import find_person
from countenance.http.azure.picture import picture_of
from countenance.http.azure.times import written
from countenance.service.asking import NotAcquired, Refused
from countenance.service.enrol import Enrolled, EnrolRequest, Known, Withdrawn, enrol
from countenance.service.erase import Erased, erase
from countenance.service.manage_subjects import ReferenceManaged, change_reference, erase_reference
from countenance.terms.acquisition import FaceChoice, FaceNear
from countenance.terms.errors import UnknownName
from countenance.terms.gallery import Gallery, Reference, Subject

FULL = "Persisted face number reached limit."


class Update(Body):
    """PATCH of a face."""

    userData: str | None = None  # noqa: N815 - the wire's name


async def add(call: Call, kind: Kind) -> Response:
    """POST …/persistedfaces?targetFace&detectionModel&userData; the same picture again is the same face."""
    detection_model(call.query("detectionModel"))
    target = limits.target_face(call.query("targetFace"))
    user_data = limits.user_data(call.query(USER_DATA), limits.MAX_FACE_USER_DATA)
    gallery = await find(call, kind, call.path("group"))
    person = await find_person(call, gallery) if kind.persons else None
    if (person.references >= limits.MAX_FACES) if person else (gallery.references >= kind.most):
        raise quota(FULL)
    request = EnrolRequest(
        sample=await picture_of(call),
        subject=person.id if person else str(uuid.uuid4()),
        by_id=person is not None,
        reference_metadata=present(userData=user_data),
    )
    choice = FaceChoice.ONE if target is None else FaceNear(target)
    try:
        enrolled = await call.ask(enrol, gallery=gallery, request=request, faces=choice)
    except UnknownName:  # erased since it was looked up
        raise person_not_found(request.subject) from None
    match enrolled:
        case Enrolled(reference=reference, receipt=receipt):
            return answer({"persistedFaceId": reference.id}, receipt)
        case Known(subject_id=owner, reference=known, receipt=receipt):
            if person is not None and owner != person.id:
                raise Fault(
                    409,
                    "PersistedFaceExists",
                    "This very picture is another person's face in this group already.",
                    receipt=receipt,
                )
            return answer({"persistedFaceId": known}, receipt)
        case Withdrawn(since=since, receipt=receipt):
            message = f"Whom this picture shows has withdrawn on {written(since)[:10]}, and is not enrolled again."
            raise Fault(403, "SubjectWithdrawn", message, receipt=receipt)
        case NotAcquired() | Refused():
            raise fault_of(enrolled)


async def get(call: Call, kind: Kind) -> Response:
    """GET …/persistedfaces/{persistedFaceId}."""
    call.may_read()
    gallery = await find(call, kind, call.path("group"))
    return answer(shown(await _find_face(call, kind, gallery)))


async def update(call: Call, kind: Kind) -> Response:
    """PATCH …/persistedfaces/{persistedFaceId}."""
    body = await call.json(Update)
    if body.userData is None:
        raise bad_argument("'userData' is empty.")
    metadata = {USER_DATA: limits.user_data(body.userData, limits.MAX_FACE_USER_DATA)}
    gallery = await find(call, kind, call.path("group"))
    face = await _find_face(call, kind, gallery)
    changed = await call.act(
        ReferenceManaged, change_reference, gallery=gallery.name, reference=face.id, metadata=metadata
    )
    return empty(changed.receipt)


async def delete(call: Call, kind: Kind) -> Response:
    """DELETE …/persistedfaces/{persistedFaceId}: of a list, with the subject that it is."""
    gallery = await find(call, kind, call.path("group"))
    face = await _find_face(call, kind, gallery)
    if kind.persons:
        return empty(
            (await call.act(ReferenceManaged, erase_reference, gallery=gallery.name, reference=face.id)).receipt
        )
    return empty((await call.act(Erased, erase, gallery=gallery.name, subject=face.subject, basis=call.basis)).receipt)


async def listed(call: Call, kind: Kind) -> Response:
    """GET …/persistedfaces?start&top of a large face list: by id, those after ``start``."""
    call.may_read()
    start, top = limits.start(call.query("start")), limits.top(call.query("top"))
    gallery = await find(call, kind, call.path("group"))
    page = await call.read(call.house.galleries.references_page, gallery, start, top)
    return answer_list([shown(each) for each in page])


def shown(face: Reference) -> dict[str, Any]:
    """On the wire."""
    return present(persistedFaceId=face.id, userData=face.metadata.get(USER_DATA))


async def _find_face(call: Call, kind: Kind, gallery: Gallery) -> Reference:
    """The face of the path, which must be this person's where the path names one; raises PersistedFaceNotFound."""
    person: Subject | None = await find_person(call, gallery) if kind.persons else None
    face = limits.uuid_of(call.path("face"), invalid_persisted_face())
    try:
        found = await call.read(call.house.galleries.reference, gallery, face)
    except UnknownName:
        raise persisted_face_not_found(kind, face) from None
    if person is not None and found.subject != person.id:
        raise persisted_face_not_found(kind, face)
    return found
