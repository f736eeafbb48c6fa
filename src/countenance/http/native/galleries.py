"""Galleries: list, make, show, change, delete."""

from __future__ import annotations

from urllib.parse import quote

from fastapi.responses import Response

from countenance.http.native.call import Call
from countenance.http.native.cursor import cursor_after, start_of
from countenance.http.native.operation import Operation
from countenance.http.native.problems import GATED, READING, Kind
from countenance.http.native.shapes import Gallery, Receipt
from countenance.http.native.shapes_answers import Galleries, GalleryDone
from countenance.http.native.shapes_asked import GalleryChange, NewGallery, Paged
from countenance.service.manage import Managed, change_gallery, create_gallery, delete_gallery
from countenance.terms.errors import Malformed
from countenance.terms.gallery import Gallery as TermGallery


async def list_galleries(call: Call) -> Response:
    """The galleries that this key reaches, by name."""
    call.may_read()
    said, tenant = call.asked(Paged), call.caller.key.tenant
    listing = f"galleries {tenant}"
    start = start_of(listing, said.cursor)
    after = f"{tenant}/{start}" if tenant else start
    page = await call.read(
        call.house.galleries.page, after, said.limit, lambda full: call.caller.sees(full) is not None
    )
    more = cursor_after(listing, named(call, page[-1])) if len(page) == said.limit else None
    return call.answer(Galleries(galleries=[Gallery.of(each, named(call, each)) for each in page], next=more))


async def make_gallery(call: Call) -> Response:
    """Make a gallery, empty."""
    said = call.asked(NewGallery)
    full = call.caller.gallery(said.name)
    done = await call.ask(create_gallery, name=full, keep=said.keep, metadata=said.metadata, ages=said.ages)
    place = {"location": call.address(f"/galleries/{quote(said.name, safe='')}")}
    return _told(call, done, 201, place)


async def show_gallery(call: Call) -> Response:
    """One gallery."""
    call.may_read()
    found = await call.read(call.house.galleries.find, call.gallery())
    return call.answer(Gallery.of(found, named(call, found)))


async def update_gallery(call: Call) -> Response:
    """Change what a gallery's metadata says."""
    done = await call.ask(change_gallery, name=call.gallery(), metadata=call.asked(GalleryChange).metadata)
    return _told(call, done)


async def remove_gallery(call: Call) -> Response:
    """Erase a gallery with everybody in it, and what the log's vault keeps of them."""
    if call.caller.key.deletes_withdraw:
        raise Malformed("for this key erasing is withdrawing, which is done for each subject by themselves")
    return _told(call, await call.ask(delete_gallery, name=call.gallery()))


def named(call: Call, gallery: TermGallery) -> str:
    """What this caller calls it."""
    return call.caller.sees(gallery.name) or gallery.name


def _told(call: Call, done: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    if not isinstance(done, Managed):
        return call.otherwise(done)
    shown = Gallery.of(done.gallery, named(call, done.gallery))
    return call.answer(GalleryDone(gallery=shown, receipt=Receipt.of(done.receipt)), status, headers)


ONE = "/galleries/{gallery}"
OPERATIONS = (
    Operation("GET", "/galleries", list_galleries, Galleries, "galleries", asks=Paged, problems=READING),
    Operation(
        "POST",
        "/galleries",
        make_gallery,
        GalleryDone,
        "galleries",
        201,
        asks=NewGallery,
        problems=(*GATED, Kind.UNKNOWN_NAME, Kind.NAME_TAKEN),
    ),
    Operation("GET", ONE, show_gallery, Gallery, "galleries", problems=(*READING, Kind.UNKNOWN_NAME)),
    Operation(
        "PATCH",
        ONE,
        update_gallery,
        GalleryDone,
        "galleries",
        asks=GalleryChange,
        problems=(*GATED, Kind.UNKNOWN_NAME),
    ),
    Operation("DELETE", ONE, remove_gallery, GalleryDone, "galleries", problems=(*GATED, Kind.UNKNOWN_NAME)),
)
