"""Verify: two faces, or a face and a person of a group."""

from __future__ import annotations

from fastapi.responses import Response

from countenance.http.azure import limits
from countenance.http.azure.answer import answer
from countenance.http.azure.call import Body, Call
from countenance.http.azure.confidence import confidence_of
from countenance.http.azure.faults import bad_argument, bad_body, person_not_found, person_without_face
from countenance.http.azure.galleries import find, model_of
from countenance.http.azure.kept import require_compatible
from countenance.http.azure.kinds import LARGE_PERSON_GROUP, PERSON_GROUP
from countenance.service.verify_faces import FaceVerification, verify_face_subject, verify_faces
from countenance.terms.errors import UnknownName

MISSING = 404
"""The status of FaceNotFound here."""


class Verify(Body):
    """faceId1 and faceId2; or faceId, personId and one of the groups."""

    faceId1: str | None = None  # noqa: N815 - the wire's names
    faceId2: str | None = None  # noqa: N815
    faceId: str | None = None  # noqa: N815
    personId: str | None = None  # noqa: N815
    personGroupId: str | None = None  # noqa: N815
    largePersonGroupId: str | None = None  # noqa: N815


async def verify(call: Call) -> Response:
    """POST /verify: identical where the score reached the operating point."""
    body = await call.json(Verify)
    pair, single = (body.faceId1, body.faceId2), (body.faceId, body.personId)
    if any(pair) and any(single):
        raise bad_body("Give faceId1 and faceId2, or faceId and personId.")
    verified = await (_faces(call, body) if any(pair) else _person(call, body))
    if verified.score is None:
        raise person_without_face()
    confidence = confidence_of(verified.score, verified.operating_point)
    return answer({"isIdentical": verified.match, "confidence": confidence}, verified.receipt)


async def _faces(call: Call, body: Verify) -> FaceVerification:
    first, second = limits.face_id(body.faceId1), limits.face_id(body.faceId2)
    await require_compatible(call, (first, second), None, MISSING)
    return await call.act(FaceVerification, verify_faces, call.owner, first, second)


async def _person(call: Call, body: Verify) -> FaceVerification:
    face = limits.face_id(body.faceId)
    person = limits.uuid_of(body.personId, bad_argument("Person ID is invalid."))
    if (body.personGroupId is None) == (body.largePersonGroupId is None):
        raise bad_body("Give one of personGroupId and largePersonGroupId.")
    kind = PERSON_GROUP if body.largePersonGroupId is None else LARGE_PERSON_GROUP
    gallery = await find(call, kind, body.personGroupId or body.largePersonGroupId, managing=False)
    await require_compatible(call, (face,), model_of(gallery), MISSING)
    try:
        subject = await call.read(call.house.galleries.subject_by_id, gallery, person)
        if not subject.references:
            raise person_without_face()
        return await call.act(
            FaceVerification, verify_face_subject, call.owner, face, gallery=gallery.name, subject=subject.id
        )
    except UnknownName:
        raise person_not_found(person) from None
