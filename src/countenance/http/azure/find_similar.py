"""Find similar: the likest faces among faces of detect or in a face list; who they are is not asked."""

from __future__ import annotations

from fastapi.responses import Response

from countenance.http.azure import limits
from countenance.http.azure.answer import answer_list
from countenance.http.azure.call import Body, Call
from countenance.http.azure.confidence import confidence_of
from countenance.http.azure.faults import bad_argument, list_empty
from countenance.http.azure.galleries import find, model_of
from countenance.http.azure.kept import require_compatible
from countenance.http.azure.kinds import FACE_LIST, LARGE_FACE_LIST
from countenance.http.azure.training import require_trained
from countenance.service.find_similar_faces import FaceSimilarity, find_similar_faces

MISSING = 400
MOST_FACES, MOST, DEFAULT_MOST = 1000, 1000, 20
MATCH_PERSON, MATCH_FACE = "matchPerson", "matchFace"


class FindSimilar(Body):
    """A face, and one place to look in."""

    faceId: str | None = None  # noqa: N815 - the wire's names
    faceIds: list[str] | None = None  # noqa: N815
    faceListId: str | None = None  # noqa: N815
    largeFaceListId: str | None = None  # noqa: N815
    maxNumOfCandidatesReturned: int | None = None  # noqa: N815
    mode: str | None = None


async def find_similar(call: Call) -> Response:
    """POST /findsimilars: by likeness; matchPerson keeps to the operating point, matchFace ranks whatever there is."""
    body = await call.json(FindSimilar)
    face = limits.face_id(body.faceId)
    most = limits.most_candidates(body.maxNumOfCandidatesReturned, DEFAULT_MOST, MOST)
    if body.mode not in (None, MATCH_PERSON, MATCH_FACE):
        raise bad_argument("Mode is invalid.")
    every = body.mode == MATCH_FACE
    places = sum(place is not None for place in (body.faceIds, body.faceListId, body.largeFaceListId))
    if places == 0:
        raise bad_argument("LargeFaceListId, faceListId and faceIds are all null.")
    if places > 1:
        raise bad_argument("2 or more of largeFaceListId, faceListId and faceIds are not null.")
    if body.faceIds is not None:
        found, name = await _among(call, face, body.faceIds, most, every=every), "faceId"
    else:
        found, name = await _in_list(call, face, body, most, every=every), "persistedFaceId"
    items = [{name: each.id, "confidence": confidence_of(each.score, found.operating_point)} for each in found.similar]
    return answer_list(items, found.receipt)


async def _among(call: Call, face: str, said: list[str], most: int, *, every: bool) -> FaceSimilarity:
    among = limits.face_ids(said, 1, MOST_FACES)
    await require_compatible(call, (face, *among), None, MISSING)
    return await call.act(FaceSimilarity, find_similar_faces, call.owner, face, among=among, most=most, every=every)


async def _in_list(call: Call, face: str, body: FindSimilar, most: int, *, every: bool) -> FaceSimilarity:
    kind = FACE_LIST if body.largeFaceListId is None else LARGE_FACE_LIST
    gallery = await find(call, kind, body.faceListId or body.largeFaceListId, managing=False)
    require_trained(kind, gallery)
    if not gallery.references:
        raise list_empty(kind)
    await require_compatible(call, (face,), model_of(gallery), MISSING)
    return await call.act(
        FaceSimilarity, find_similar_faces, call.owner, face, gallery=gallery.name, most=most, every=every
    )
