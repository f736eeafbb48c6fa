"""Persons of a person group: subjects, whose display names need not be unique."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi.responses import Response

from countenance.http.azure import limits
from countenance.http.azure.answer import answer, answer_list, empty, present
from countenance.http.azure.call import Body, Call
from countenance.http.azure.faults import invalid_person, person_not_found
from countenance.http.azure.galleries import NAME, Update, display, find
from countenance.http.azure.kinds import Kind
from countenance.service.erase import Erased, erase
from countenance.service.manage_subjects import SubjectManaged, add_subject, change_subject
from countenance.terms.errors import UnknownName
from countenance.terms.gallery import Gallery, Subject


class Create(Body):
    """POST of a person."""

    name: str
    userData: str | None = None  # noqa: N815 - the wire's name


async def find_person(call: Call, gallery: Gallery) -> Subject:
    """The person of the path; raises PersonNotFound."""
    person = limits.uuid_of(call.path("person"), invalid_person())
    try:
        return await call.read(call.house.galleries.subject_by_id, gallery, person)
    except UnknownName:
        raise person_not_found(person) from None


async def create(call: Call, kind: Kind) -> Response:
    """POST /{kind}/{id}/persons."""
    body = await call.json(Create)
    metadata = {NAME: limits.name(body.name), **present(userData=limits.user_data(body.userData))}
    gallery = await find(call, kind, call.path("group"))
    made = await call.act(SubjectManaged, add_subject, gallery=gallery.name, metadata=metadata)
    return answer({"personId": made.subject.id}, made.receipt)


async def get(call: Call, kind: Kind) -> Response:
    """GET /{kind}/{id}/persons/{personId}."""
    call.may_read()
    gallery = await find(call, kind, call.path("group"))
    person = await find_person(call, gallery)
    return answer((await _shown(call, gallery, [person]))[0])


async def update(call: Call, kind: Kind) -> Response:
    """PATCH /{kind}/{id}/persons/{personId}."""
    changes = (await call.json(Update)).changes()
    gallery = await find(call, kind, call.path("group"))
    person = await find_person(call, gallery)
    changed = await call.act(SubjectManaged, change_subject, gallery=gallery.name, subject=person.id, metadata=changes)
    return empty(changed.receipt)


async def delete(call: Call, kind: Kind) -> Response:
    """DELETE /{kind}/{id}/persons/{personId}: the person's key is destroyed, with faces and index entries."""
    gallery = await find(call, kind, call.path("group"))
    person = await find_person(call, gallery)
    gone = await call.act(Erased, erase, gallery=gallery.name, subject=person.id, basis=call.basis)
    return empty(gone.receipt)


async def listed(call: Call, kind: Kind) -> Response:
    """GET /{kind}/{id}/persons?start&top: by id, those after ``start``."""
    call.may_read()
    start, top = limits.start(call.query("start")), limits.top(call.query("top"))
    gallery = await find(call, kind, call.path("group"))
    page = await call.read(call.house.galleries.subjects_page, gallery, start, top)
    return answer_list(await _shown(call, gallery, page))


async def _shown(call: Call, gallery: Gallery, persons: Sequence[Subject]) -> list[dict[str, Any]]:
    """On the wire, with the ids of their faces: one query for all of them."""
    ids = await call.read(call.house.galleries.reference_ids, gallery, [each.id for each in persons])
    return [
        {"personId": each.id, **display(each.metadata, each.name), "persistedFaceIds": list(ids.get(each.id, ()))}
        for each in persons
    ]
