"""Authorities on file: list, register, revoke."""

from __future__ import annotations

from fastapi.responses import Response

from countenance.http.native.call import Call
from countenance.http.native.cursor import page_of
from countenance.http.native.operation import Operation
from countenance.http.native.problems import Kind
from countenance.http.native.shapes_asked import NewAuthority, Paged
from countenance.http.native.shapes_cases import Authorities, Authority
from countenance.service.authorities import list_authorities, register_authority, revoke_authority
from countenance.terms.authority import Authority as Words
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.errors import UnknownName
from countenance.terms.key_role import KeyRole

ROLES = KeyRole.ENROLLER, KeyRole.EXAMINER, KeyRole.GOVERNOR


async def list_on_file(call: Call) -> Response:
    """Every authority on file, for a key that the charter lets register them; for others those bound to them."""
    call.want_default_tenant(*ROLES)
    said, house = call.asked(Paged), call.house
    found = await call.read(list_authorities, house.authorities, house.charters, call.caller.key.principal)
    mine = [each for each in found if _sees(call, each)]
    page, more = page_of("authorities", mine, lambda each: each.id, said.limit, said.cursor)
    return call.answer(Authorities(authorities=[_shown(call, each) for each in page], next=more))


async def put_on_file(call: Call) -> Response:
    """Put an authority on file, for requests of somebody else; the log says of which class."""
    call.want_default_tenant(*ROLES)
    said = call.asked(NewAuthority)
    return call.answer(_shown(call, await call.read(_register, call, said)), 201)


async def revoke_on_file(call: Call) -> Response:
    """Revoke an authority for good."""
    call.want_default_tenant(*ROLES)
    return call.answer(_shown(call, await call.read(_revoke, call)))


def _register(call: Call, said: NewAuthority) -> AuthorityRecord:
    house, who, words = call.house, call.caller.key.principal, Words.parse(said.authority)
    now = int(house.rooms.clock())
    record = AuthorityRecord(
        id="",
        kind=words.kind,
        reference=words.reference,
        issuer=said.issuer,
        document=said.document,
        issued=said.issued or now,
        expires=said.expires,
        registrar=who.id,
        registered=now,
        principal=said.bound_to,
        purposes=tuple(said.purposes),
        galleries=tuple(map(call.caller.gallery, said.galleries)),
        subjects=tuple(said.subjects),
        comparisons=said.comparisons,
    )
    return register_authority(house.rooms, house.authorities, house.charters, who, record)


def _revoke(call: Call) -> AuthorityRecord:
    house, identity = call.house, call.path("authority")
    if not _sees(call, house.authorities.get(identity)):
        raise UnknownName("there is no authority of this id on file", where=identity[:64])
    return revoke_authority(house.rooms, house.authorities, house.charters, call.caller.key.principal, identity)


def _sees(call: Call, record: AuthorityRecord) -> bool:
    """Of galleries that the key reaches."""
    return all(call.caller.sees(each) is not None for each in record.galleries)


def _shown(call: Call, record: AuthorityRecord) -> Authority:
    return Authority.of(record, call.caller.sees)


OPERATIONS = (
    Operation(
        "GET", "/authorities", list_on_file, Authorities, "authorities", asks=Paged, problems=(Kind.ROLE_REQUIRED,)
    ),
    Operation(
        "POST",
        "/authorities",
        put_on_file,
        Authority,
        "authorities",
        201,
        asks=NewAuthority,
        problems=(Kind.ROLE_REQUIRED, Kind.UNKNOWN_NAME, Kind.NAME_TAKEN),
    ),
    Operation(
        "DELETE",
        "/authorities/{authority}",
        revoke_on_file,
        Authority,
        "authorities",
        problems=(Kind.ROLE_REQUIRED, Kind.UNKNOWN_NAME),
    ),
)
