"""Identify: the persons of a group whose faces are nearest to each of up to ten faces; nobody is an answer too."""

from __future__ import annotations

from typing import Any

from fastapi.responses import Response
from pydantic import Field

from countenance.http.azure import limits
from countenance.http.azure.answer import answer_list
from countenance.http.azure.call import Body, Call
from countenance.http.azure.confidence import bar_of, confidence_of
from countenance.http.azure.faults import Fault, bad_argument, unsupported
from countenance.http.azure.galleries import find, model_of
from countenance.http.azure.kept import require_compatible
from countenance.http.azure.kinds import LARGE_PERSON_GROUP, PERSON_GROUP, Kind
from countenance.http.azure.training import require_trained
from countenance.service.identify_faces import FaceIdentification, identify_faces
from countenance.terms.gallery import Gallery

MISSING = 400
MOST_FACES, MOST_CANDIDATES, DEFAULT_CANDIDATES = 10, 100, 10


class Identify(Body):
    """Faces, and one group to look in."""

    faceIds: list[str] = Field(default_factory=list)  # noqa: N815 - the wire's names
    personGroupId: str | None = None  # noqa: N815
    largePersonGroupId: str | None = None  # noqa: N815
    dynamicPersonGroupId: str | None = None  # noqa: N815
    personIds: list[str] | None = None  # noqa: N815
    maxNumOfCandidatesReturned: int | None = None  # noqa: N815
    confidenceThreshold: float | None = None  # noqa: N815


async def identify(call: Call) -> Response:
    """POST /identify. A confidenceThreshold above 0.5 raises the bar; below the operating point nobody is named."""
    body = await call.json(Identify)
    ids = limits.face_ids(body.faceIds, 1, MOST_FACES)
    most = limits.most_candidates(body.maxNumOfCandidatesReturned, DEFAULT_CANDIDATES, MOST_CANDIDATES)
    if body.confidenceThreshold is not None and not 0 <= body.confidenceThreshold <= 1:
        raise bad_argument("The argument confidenceThreshold is not valid.")
    kind, group = _scope(body)
    gallery = await find(call, kind, group, managing=False)
    require_trained(kind, gallery)
    await require_compatible(call, ids, model_of(gallery), MISSING)
    bar = await call.read(_bar, call, gallery, body.confidenceThreshold)
    done = await call.act(
        FaceIdentification, identify_faces, call.owner, ids, gallery=gallery.name, most=most, threshold=bar
    )
    items: list[dict[str, Any]] = [
        {
            "faceId": one.id,
            "candidates": [
                {"personId": each.subject, "confidence": confidence_of(each.score, done.operating_point)}
                for each in one.result.candidates
            ],
        }
        for one in done.searched
    ]
    return answer_list(items, done.receipt)


def _bar(call: Call, gallery: Gallery, confidence: float | None) -> float | None:
    """The score that the caller's confidence asks for; None where the operating point alone holds."""
    if confidence is None:
        return None
    rooms = call.house.rooms
    return bar_of(confidence, rooms.points.for_identify(rooms.vision().recipe, gallery.subjects))


def _scope(body: Identify) -> tuple[Kind, str | None]:
    """Which group is meant; every wrong combination has its own code."""
    if body.dynamicPersonGroupId is not None or body.personIds is not None:
        if body.personGroupId is not None or body.largePersonGroupId is not None:
            raise Fault(
                400,
                "IncompatibleIdentificationScopeParametersCombination",
                "Incompatible identification scope parameters are present in the request.",
            )
        raise unsupported("The person directory is not part of this service: identify within a person group.")
    match body.personGroupId, body.largePersonGroupId:
        case None, None:
            raise Fault(
                400,
                "MissingIdentificationScopeParameters",
                "No identification scope parameter is present in the request.",
            )
        case None, large:
            return LARGE_PERSON_GROUP, large
        case small, None:
            return PERSON_GROUP, small
        case _:
            raise Fault(
                400,
                "PersonGroupIdAndLargePersonGroupIdBothNotNull",
                "Large person group ID and person group ID are both not null.",
            )
