"""References: add by a picture, list, change, erase."""

from __future__ import annotations

from urllib.parse import quote

from fastapi.responses import Response

from countenance.http.native.call import Call
from countenance.http.native.enrolments import choice_of, told_enrolment
from countenance.http.native.form import Picture
from countenance.http.native.operation import Operation
from countenance.http.native.problems import GATED, READING, Kind
from countenance.http.native.shapes import Receipt, Reference
from countenance.http.native.shapes_answers import Enrolled, ReferenceDone, References
from countenance.http.native.shapes_asked import NewReference, ReferenceChange
from countenance.service.enrol import EnrolRequest, enrol
from countenance.service.manage_subjects import ReferenceManaged, change_reference, erase_reference

ALL = "/galleries/{gallery}/subjects/{subject}/references"
ONE = "/galleries/{gallery}/references/{reference}"


async def list_references(call: Call) -> Response:
    """The references of a subject."""
    call.may_read()
    galleries = call.house.galleries
    place = await call.read(galleries.find, call.gallery())
    one = await call.read(galleries.subject, place, call.path("subject"))
    found = await call.read(galleries.references, place, one.id)
    return call.answer(References(references=list(map(Reference.of, found))))


async def add_reference(call: Call) -> Response:
    """Enrol a picture of a subject who is there; 200 where this very picture is on file already."""
    said = call.asked(NewReference)
    galleries = call.house.galleries
    place = await call.read(galleries.find, call.gallery())
    one = await call.read(galleries.subject, place, call.path("subject"))
    request = EnrolRequest(
        call.sample(),
        one.id,
        basis=said.basis,
        retain_until=said.retain_until,
        by_id=True,
        reference_metadata=said.metadata,
    )
    done = await call.ask(enrol, gallery=place, request=request, faces=choice_of(said))
    return told_enrolment(call, done, one.name, None)


async def show_reference(call: Call) -> Response:
    """One reference."""
    call.may_read()
    place = await call.read(call.house.galleries.find, call.gallery())
    return call.answer(Reference.of(await call.read(call.house.galleries.reference, place, call.path("reference"))))


async def update_reference(call: Call) -> Response:
    """Change what a reference's metadata says."""
    done = await call.ask(
        change_reference,
        gallery=call.gallery(),
        reference=call.path("reference"),
        metadata=call.asked(ReferenceChange).metadata,
    )
    return _told(call, done)


async def remove_reference(call: Call) -> Response:
    """Erase one reference of a subject who stays."""
    return _told(call, await call.ask(erase_reference, gallery=call.gallery(), reference=call.path("reference")))


def _told(call: Call, done: object) -> Response:
    if not isinstance(done, ReferenceManaged):
        return call.otherwise(done)
    return call.answer(ReferenceDone(reference=Reference.of(done.reference), receipt=Receipt.of(done.receipt)))


def place_of(call: Call, reference: str) -> str:
    """The address of a reference."""
    return call.address(f"/galleries/{quote(call.path('gallery'), safe='')}/references/{reference}")


OPERATIONS = (
    Operation("GET", ALL, list_references, References, "references", problems=(*READING, Kind.UNKNOWN_NAME)),
    Operation(
        "POST",
        ALL,
        add_reference,
        Enrolled,
        "references",
        201,
        (200,),
        asks=NewReference,
        pictures=(Picture("image"),),
        problems=(*GATED, Kind.UNKNOWN_NAME, Kind.RECIPE_MISMATCH, Kind.WITHDRAWN, Kind.NOT_ACQUIRED),
    ),
    Operation("GET", ONE, show_reference, Reference, "references", problems=(*READING, Kind.UNKNOWN_NAME)),
    Operation(
        "PATCH",
        ONE,
        update_reference,
        ReferenceDone,
        "references",
        asks=ReferenceChange,
        problems=(*GATED, Kind.UNKNOWN_NAME),
    ),
    Operation("DELETE", ONE, remove_reference, ReferenceDone, "references", problems=(*GATED, Kind.UNKNOWN_NAME)),
)
