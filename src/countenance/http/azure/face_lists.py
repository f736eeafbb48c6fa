"""Face lists, large and small: the routes of lists and their faces, each of which is a subject of its own."""

from __future__ import annotations

from fastapi.responses import Response

from countenance.http.azure import galleries, limits, persisted_faces, training
from countenance.http.azure.answer import answer
from countenance.http.azure.call import Call
from countenance.http.azure.kinds import Kind
from countenance.http.azure.operation import Operation, over


def operations(kind: Kind) -> tuple[Operation, ...]:
    """Verb, path, and what answers."""
    group, face = "/{group}", "/{group}/persistedfaces/{face}"
    both = over(
        kind,
        ("GET", "", galleries.listed),
        ("PUT", group, galleries.create),
        ("GET", group, galleries.get if kind.trained else get_with_faces),
        ("PATCH", group, galleries.update),
        ("DELETE", group, galleries.delete),
        ("POST", "/{group}/persistedfaces", persisted_faces.add),
        ("DELETE", face, persisted_faces.delete),
    )
    if not kind.trained:
        return both
    return both + over(
        kind,
        ("POST", "/{group}/train", training.train),
        ("GET", "/{group}/training", training.training),
        ("GET", "/{group}/persistedfaces", persisted_faces.listed),
        ("GET", face, persisted_faces.get),
        ("PATCH", face, persisted_faces.update),
    )


async def get_with_faces(call: Call, kind: Kind) -> Response:
    """GET /facelists/{id}: with all its faces, of which there are at most a thousand."""
    call.may_read()
    found = await galleries.find(call, kind, call.path("group"))
    faces = await call.read(call.house.galleries.references_page, found, "", limits.MAX_TOP)
    body = galleries.shown(call, kind, found, model=call.flag("returnRecognitionModel"))
    return answer({**body, "persistedFaces": [persisted_faces.shown(each) for each in faces]})
