"""Group: which of up to a thousand faces are alike, and which stand alone."""

from __future__ import annotations

from fastapi.responses import Response
from pydantic import Field

from countenance.http.azure import limits
from countenance.http.azure.answer import answer
from countenance.http.azure.call import Body, Call
from countenance.http.azure.kept import require_compatible
from countenance.service.group_faces import FaceGrouping, group_faces

MISSING = 400
LEAST_FACES, MOST_FACES = 2, 1000


class Group(Body):
    """The faces."""

    faceIds: list[str] = Field(default_factory=list)  # noqa: N815 - the wire's name


async def group(call: Call) -> Response:
    """POST /group: groups, largest first, and the messy rest."""
    ids = limits.face_ids((await call.json(Group)).faceIds, LEAST_FACES, MOST_FACES)
    await require_compatible(call, ids, None, MISSING)
    done = await call.act(FaceGrouping, group_faces, call.owner, ids)
    return answer({"groups": [list(each) for each in done.groups], "messyGroup": list(done.single)}, done.receipt)
