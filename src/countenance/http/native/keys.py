"""Keys of the service: list, show, make, rotate, revoke; for an operator's key, within its own tenant."""

from __future__ import annotations

from fastapi.responses import Response

from countenance.access.api_key import ApiKey
from countenance.http.edge.visit import visit_of
from countenance.http.native.call import Call
from countenance.http.native.cursor import page_of
from countenance.http.native.operation import Operation
from countenance.http.native.problem import told
from countenance.http.native.problems import Kind
from countenance.http.native.shapes_asked import Asked, NewKey, Paged, Rotation
from countenance.http.native.shapes_cases import Key, Keys, KeyShown
from countenance.service.keep_keys import list_keys, make_key, remarks_on, revoke_key, rotate_key, show_key
from countenance.terms.key_role import KeyRole

ONE = "/keys/{key}"


async def list_all_keys(call: Call) -> Response:
    """Every key of the operator's tenant without its secret, revoked and expired ones too."""
    call.want_role(KeyRole.OPERATOR)
    said = call.asked(Paged)
    found = await call.read(list_keys, call.house.api_keys, call.caller.key)
    page, more = page_of("keys", found, lambda each: each.id, said.limit, said.cursor)
    return call.answer(Keys(keys=[_shown(call, each) for each in page], next=more))


async def show_one_key(call: Call) -> Response:
    """One key, without its secret."""
    call.want_role(KeyRole.OPERATOR)
    return call.answer(_shown(call, await call.read(show_key, call.house.api_keys, call.caller.key, call.path("key"))))


async def create_key(call: Call) -> Response:
    """Make a key; its secret is in this answer and never again. None for governors, auditors, operators."""
    call.want_role(KeyRole.OPERATOR)
    said = call.asked(NewKey)
    fields = {name: getattr(said, name) for name in NewKey.model_fields.keys() - Asked.model_fields.keys()}
    fields["authority"] = fields.pop("acts_on")
    return _told(call, *await call.read(make_key, call.house.api_keys, call.caller.key, **fields), status=201)


async def replace_secret(call: Call) -> Response:
    """Give a key a new secret, with all its rights; the old one ends after the overlap."""
    call.want_role(KeyRole.OPERATOR)
    overlap = call.asked(Rotation).overlap
    return _told(
        call, *await call.read(rotate_key, call.house.api_keys, call.caller.key, call.path("key"), overlap), status=200
    )


async def end_key(call: Call) -> Response:
    """Revoke a key for good; the next request with it is refused, on every node."""
    call.want_role(KeyRole.OPERATOR)
    return call.answer(
        _shown(call, await call.read(revoke_key, call.house.api_keys, call.caller.key, call.path("key")))
    )


def _told(call: Call, made: ApiKey, secret: str, *, status: int) -> Response:
    """The secret goes out and is remembered nowhere; the same request sent again learns that it was done."""
    remedy = f"POST /keys/{made.id}/rotation gives it another."
    visit_of(call.request).remembered = told(
        call.request, Kind.SHOWN_ONCE, "this was done, and the secret was shown then", where=made.id, remedy=remedy
    )
    notes = remarks_on(call.house.charters.judge().charter, made)
    return call.answer(KeyShown(key=secret, about=_shown(call, made), notes=notes), status)


def _shown(call: Call, key: ApiKey) -> Key:
    return Key.of(key, call.house.rooms.clock())


SECRET = (Kind.ROLE_REQUIRED, Kind.SHOWN_ONCE)
OPERATIONS = (
    Operation("GET", "/keys", list_all_keys, Keys, "keys", asks=Paged, problems=(Kind.ROLE_REQUIRED,)),
    Operation("GET", ONE, show_one_key, Key, "keys", problems=(Kind.ROLE_REQUIRED, Kind.UNKNOWN_NAME)),
    Operation("POST", "/keys", create_key, KeyShown, "keys", 201, asks=NewKey, problems=SECRET),
    Operation(
        "POST",
        f"{ONE}/rotation",
        replace_secret,
        KeyShown,
        "keys",
        asks=Rotation,
        problems=(*SECRET, Kind.UNKNOWN_NAME),
    ),
    Operation("DELETE", ONE, end_key, Key, "keys", problems=(Kind.ROLE_REQUIRED, Kind.UNKNOWN_NAME)),
)
