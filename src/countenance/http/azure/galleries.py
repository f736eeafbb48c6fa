"""A gallery as Azure has it: a person group or a face list with a name, user data and a recognition model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi.responses import Response

from countenance.http.azure import limits
from countenance.http.azure.answer import answer, answer_list, empty, present
from countenance.http.azure.call import Body, Call
from countenance.http.azure.faults import bad_argument, exists, not_found
from countenance.http.azure.kinds import KINDS, LARGE_PERSON_GROUP, Kind
from countenance.http.azure.models import RECOGNITION_MODELS, recognition_model
from countenance.service.manage import Managed, change_gallery, create_gallery, delete_gallery
from countenance.terms.errors import NameTaken, UnknownName
from countenance.terms.gallery import Gallery

KIND, NAME, USER_DATA, MODEL, TRAINED = "kind", "name", "userData", "recognitionModel", "trained"
"""The keys of a gallery's sealed metadata that this dialect reads and writes."""


class Create(Body):
    """PUT of a group or list."""

    name: str
    userData: str | None = None  # noqa: N815 - the wire's name
    recognitionModel: str | None = None  # noqa: N815


class Update(Body):
    """PATCH of whatever has a name: what is left out stays."""

    name: str | None = None
    userData: str | None = None  # noqa: N815

    def changes(self) -> dict[str, str]:
        """What changes, within the limits."""
        said = present(
            name=None if self.name is None else limits.name(self.name), userData=limits.user_data(self.userData)
        )
        if not said:
            raise bad_argument("Both 'name' and 'userData' are empty.")
        return said


def kind_of(gallery: Gallery) -> Kind:
    """What the gallery was made as; one that was made in another way is a large person group."""
    return next((k for k in KINDS if k.path == gallery.metadata.get(KIND)), LARGE_PERSON_GROUP)


def model_of(gallery: Gallery) -> str | None:
    """The recognition model it was made with; None where it was made in another way, and any fits."""
    said = gallery.metadata.get(MODEL)
    return said if said in RECOGNITION_MODELS else None


def trained_at(gallery: Gallery) -> int | None:
    """Unix seconds of the last training; a gallery that was made in another way needs none."""
    said = gallery.metadata.get(TRAINED)
    if said is not None and said.isdecimal():
        return int(said)
    return None if KIND in gallery.metadata else gallery.created


async def find(call: Call, kind: Kind, said: object, *, managing: bool = True) -> Gallery:
    """The group with this id and kind; raises not-found, with 400 where ``managing`` is false."""
    name = call.full_name(kind, said, managing=managing)
    try:
        found = await call.read(call.house.galleries.find, name)
    except UnknownName:
        found = None
    if found is None or kind_of(found) is not kind:
        raise not_found(kind, 404 if managing else 400)
    return found


async def create(call: Call, kind: Kind) -> Response:
    """PUT /{kind}/{id}."""
    body = await call.json(Create)
    limits.group_id(kind, call.path("group"), managing=False)
    name = call.full_name(kind, call.path("group"))
    metadata = {
        KIND: kind.path,
        NAME: limits.name(body.name),
        MODEL: recognition_model(body.recognitionModel),
        **present(userData=limits.user_data(body.userData)),
    }
    try:
        made = await call.act(Managed, create_gallery, name=name, metadata=metadata)
    except NameTaken:
        raise exists(kind) from None
    return empty(made.receipt)


async def get(call: Call, kind: Kind) -> Response:
    """GET /{kind}/{id}?returnRecognitionModel."""
    call.may_read()
    found = await find(call, kind, call.path("group"))
    return answer(shown(call, kind, found, model=call.flag("returnRecognitionModel")))


async def update(call: Call, kind: Kind) -> Response:
    """PATCH /{kind}/{id}."""
    changes = (await call.json(Update)).changes()
    found = await find(call, kind, call.path("group"))
    changed = await call.act(Managed, change_gallery, name=found.name, metadata=changes)
    return empty(changed.receipt)


async def delete(call: Call, kind: Kind) -> Response:
    """DELETE /{kind}/{id}: its keys are destroyed, and with them everybody in it."""
    found = await find(call, kind, call.path("group"))
    gone = await call.act(Managed, delete_gallery, name=found.name)
    return empty(gone.receipt)


async def listed(call: Call, kind: Kind) -> Response:
    """GET /{kind}?start&top&returnRecognitionModel: by id, those after ``start``; face lists all at once."""
    call.may_read()
    model = call.flag("returnRecognitionModel")
    most = limits.top(call.query("top")) if kind.paged else limits.MAX_TOP
    start = limits.start(call.query("start")) if kind.paged else ""
    found = await call.read(lambda: [g for g, _ in zip(_after(call, kind, start, most), range(most), strict=False)])
    return answer_list([shown(call, kind, each, model=model) for each in found])


def shown(call: Call, kind: Kind, gallery: Gallery, *, model: bool) -> dict[str, Any]:
    """Its fields on the wire."""
    own = call.caller.sees(gallery.name) or gallery.name
    return present(
        **{kind.id_name: own},
        name=gallery.metadata.get(NAME, own),
        userData=gallery.metadata.get(USER_DATA),
        recognitionModel=(model_of(gallery) or RECOGNITION_MODELS[-1]) if model else None,
    )


def _after(call: Call, kind: Kind, start: str, most: int) -> Iterator[Gallery]:
    """The caller's galleries of this kind with an id after ``start``, page by page."""
    tenant = call.caller.key.tenant
    after = f"{tenant}/{start}" if tenant else start
    while page := call.house.galleries.page(after, most, lambda full: call.caller.sees(full) is not None):
        yield from (each for each in page if kind_of(each) is kind)
        after = page[-1].name


def display(metadata: Mapping[str, str], otherwise: str) -> dict[str, Any]:
    """A person's ``name`` and ``userData`` on the wire."""
    return present(name=metadata.get(NAME, otherwise), userData=metadata.get(USER_DATA))
