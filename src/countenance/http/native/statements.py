"""Statements: what was done by purpose, zeros included; signed, and recorded in the log that they speak of."""

from __future__ import annotations

from datetime import date

from fastapi.responses import Response

from countenance.http.native.call import Call
from countenance.http.native.cursor import cursor_after, start_of
from countenance.http.native.operation import Operation
from countenance.http.native.problem import Objection
from countenance.http.native.problems import Kind
from countenance.http.native.shapes_answers import Statement, Statements
from countenance.http.native.shapes_asked import NewStatement, Paged
from countenance.ledger.issue import NotStated
from countenance.service.state import governs, state_use
from countenance.service.statements import Filed, file_statement, filed_statement, filed_statements
from countenance.terms.errors import Malformed
from countenance.terms.key_role import KeyRole
from countenance.terms.principal import Principal

LISTING = "statements"


async def list_statements(call: Call) -> Response:
    """The statements that were made on this data directory, by entry."""
    said = call.asked(Paged)
    start = start_of(LISTING, said.cursor)
    page = await call.read(filed_statements, call.house.settings.data, start, said.limit)
    more = cursor_after(LISTING, page[-1].entry) if len(page) == said.limit else None
    return call.answer(Statements(statements=list(map(_shown, page)), next=more))


async def show_statement(call: Call) -> Response:
    """One statement: the signed text, byte by byte."""
    found = await call.read(filed_statement, call.house.settings.data, call.path("entry"))
    return Response(found.note, media_type="text/plain; charset=utf-8")


async def make_statement(call: Call) -> Response:
    """State the use between two days, over closed epochs. For a governor's or an auditor's key."""
    call.want_role(KeyRole.GOVERNOR, KeyRole.AUDITOR)
    said = call.asked(NewStatement)
    first, last = _day(said.first), _day(said.last)
    if last < first:
        raise Malformed("the last day is before the first")
    if said.close_epoch:
        call.want_role(KeyRole.GOVERNOR)
    return await call.read(_state, call, first, last, said.close_epoch)


def _state(call: Call, first: date, last: date, close_epoch: bool) -> Response:
    house = call.house
    charter = house.charters.judge().charter
    who = call.caller.key.principal
    who = Principal(who.id, who.roles | charter.roles_of(who))
    if close_epoch and not governs(charter, who):
        raise Objection(
            Kind.ROLE_REQUIRED,
            "the charter gives this key no role that governs",
            remedy="Name the key, or key-role:governor, among the principals of a role with governs = true.",
        )
    done = state_use(
        house.ledger, house.statement_key, charter, who, first_day=first, last_day=last, close_epoch=close_epoch
    )
    if isinstance(done, NotStated):
        raise Objection(Kind.NOT_YET, done.reason, remedy="State earlier days, or wait until the epoch is closed.")
    filed = file_statement(house.settings.data, done)
    return call.answer(_shown(filed), 201, {"location": call.address(f"/statements/{filed.entry}")})


def _shown(filed: Filed) -> Statement:
    return Statement(entry=filed.entry, note=filed.note.decode("utf-8"))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Malformed("there is no such day", where=text) from error


OPERATIONS = (
    Operation("GET", "/statements", list_statements, Statements, "accountability", asks=Paged),
    Operation(
        "GET",
        "/statements/{entry}",
        show_statement,
        None,
        "accountability",
        problems=(Kind.UNKNOWN_NAME,),
        media="text/plain",
    ),
    Operation(
        "POST",
        "/statements",
        make_statement,
        Statement,
        "accountability",
        201,
        asks=NewStatement,
        problems=(Kind.ROLE_REQUIRED, Kind.NOT_YET),
    ),
)
