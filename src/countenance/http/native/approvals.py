"""Approvals before a search: list, give, take back."""

from __future__ import annotations

from fastapi.responses import Response

from countenance.cases.approval import Approval as TermApproval
from countenance.cases.approval import Wanted
from countenance.http.native.call import Call
from countenance.http.native.cursor import page_of
from countenance.http.native.operation import Operation
from countenance.http.native.problems import READING, Kind
from countenance.http.native.shapes_asked import NewApproval, Paged
from countenance.http.native.shapes_cases import Approval, Approvals
from countenance.service.approvals import give_approval, list_approvals, revoke_approval
from countenance.terms.errors import Malformed, UnknownName
from countenance.terms.key_role import KeyRole

DAY = 86_400
ROLES = KeyRole.EXAMINER, KeyRole.GOVERNOR


async def list_given(call: Call) -> Response:
    """Every approval on file, for a key that the charter lets approve; for others those that they gave."""
    call.want_default_tenant(*ROLES)
    said, house = call.asked(Paged), call.house
    found = await call.read(list_approvals, house.approvals, house.charters, call.caller.key.principal)
    mine = [each for each in found if _sees(call, each)]
    page, more = page_of("approvals", mine, lambda each: each.id, said.limit, said.cursor)
    return call.answer(Approvals(approvals=[_shown(call, each) for each in page], next=more))


async def approve(call: Call) -> Response:
    """Approve what somebody else will ask for: for this purpose, on this authority; never one's own request."""
    call.want_default_tenant(*ROLES)
    call.caller.require_purpose()
    said = call.asked(NewApproval)
    return call.answer(_shown(call, await call.read(_give, call, said)), 201)


async def withdraw_approval(call: Call) -> Response:
    """Take an approval back; one that was used stays used."""
    call.want_default_tenant(*ROLES)
    return call.answer(_shown(call, await call.read(_revoke, call)))


def _give(call: Call, said: NewApproval) -> TermApproval:
    house, caller = call.house, call.caller
    if caller.authority is None:
        raise Malformed("an approval names the authority that the request rests on", where="authority")
    now = int(house.rooms.clock())
    gallery = None if said.gallery is None else house.galleries.find(caller.gallery(said.gallery)).name
    return give_approval(
        house.approvals,
        house.authorities,
        house.charters,
        caller.key.principal,
        Wanted(caller.authority, caller.purpose or "", said.act, gallery, said.sample),
        now=now,
        expires=said.expires or now + DAY,
        reason=said.reason,
    )


def _revoke(call: Call) -> TermApproval:
    house, identity = call.house, call.path("approval")
    if not _sees(call, house.approvals.get(identity)):
        raise UnknownName("there is no approval of this id", where=identity[:64])
    now = int(house.rooms.clock())
    return revoke_approval(house.approvals, house.charters, call.caller.key.principal, identity, now)


def _sees(call: Call, given: TermApproval) -> bool:
    """Of a purpose and a gallery that the key reaches."""
    wanted = given.wanted
    within = wanted.gallery is None or call.caller.sees(wanted.gallery) is not None
    return within and call.caller.key.may_name(wanted.purpose)


def _shown(call: Call, given: TermApproval) -> Approval:
    return Approval.of(given, call.caller.sees)


OPERATIONS = (
    Operation("GET", "/approvals", list_given, Approvals, "reviews", asks=Paged, problems=(Kind.ROLE_REQUIRED,)),
    Operation(
        "POST",
        "/approvals",
        approve,
        Approval,
        "reviews",
        201,
        asks=NewApproval,
        problems=(*READING, Kind.UNKNOWN_NAME),
    ),
    Operation(
        "DELETE",
        "/approvals/{approval}",
        withdraw_approval,
        Approval,
        "reviews",
        problems=(Kind.ROLE_REQUIRED, Kind.UNKNOWN_NAME),
    ),
)
