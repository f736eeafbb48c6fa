"""What everybody may read without a key: the log's key and checkpoint, and the charter's principles and purposes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from countenance.http.native import shapes_answers as shapes
from countenance.http.native.operation import Operation
from countenance.http.native.problem import Objection, tell_error
from countenance.http.native.problems import Kind
from countenance.http.native.shapes import Principle, dumped
from countenance.http.published_log import published_file
from countenance.policy.charter import Charter
from countenance.terms.errors import CountenanceError

if TYPE_CHECKING:
    from countenance.assembly import House


async def show_log_key(request: Request) -> Response:
    """The log's verifier key, and where its tiles are."""
    house: House = request.app.state.house
    address = request.app.state.edge.address(request, "/log/")
    shape = shapes.LogKey(key=house.ledger.verifier_key, origin=house.ledger.shard_origin, published=address)
    return JSONResponse(dumped(shape))


async def show_checkpoint(request: Request) -> Response:
    """The last published checkpoint (C2SP tlog-checkpoint), signed; there is none before the first epoch has closed."""
    house: House = request.app.state.house
    path = await run_in_threadpool(published_file, house.settings.data, "checkpoint")
    if path is None:
        return tell_error(request, Objection(Kind.UNKNOWN_NAME, "no epoch of this log is published yet"))
    return Response(await run_in_threadpool(path.read_bytes), media_type="text/plain; charset=utf-8")


async def show_charter(request: Request) -> Response:
    """The charter in force: its principles, its purposes, and what it forbids for ever. No principal is named."""
    house: House = request.app.state.house
    try:
        judge = await run_in_threadpool(house.charters.judge)
    except CountenanceError as error:
        return tell_error(request, error)
    return JSONResponse(dumped(_shape(judge.charter)))


def _shape(charter: Charter) -> shapes.Charter:
    return shapes.Charter(
        digest=charter.digest,
        operator=charter.operator.name,
        contact=charter.operator.contact,
        principles=[Principle(id=p.id, sentence=p.sentence) for p in charter.principles.values()],
        purposes=[
            shapes.Purpose(
                id=each.id,
                text=each.text,
                legal_basis=each.legal_basis,
                actions=sorted(each.actions),
                authorities=list(each.classes),
                approvals=each.approvals,
                reviewers=each.reviewers,
                candidate_cap=each.candidate_cap,
                retention_days=each.retention_days,
                minors=list(each.minors),
            )
            for each in charter.purposes.values()
        ],
        forbidden=[
            shapes.Forbidden(id=each.id, text=each.text, principle=each.principle)
            for each in charter.forbidden.values()
        ],
        authorities={each.id: each.text for each in charter.classes.values()},
    )


OPERATIONS = (
    Operation("GET", "/log/key", None, shapes.LogKey, "accountability", open=show_log_key),
    Operation(
        "GET",
        "/log/checkpoint",
        None,
        None,
        "accountability",
        problems=(Kind.UNKNOWN_NAME,),
        media="text/plain",
        open=show_checkpoint,
    ),
    Operation("GET", "/charter", None, shapes.Charter, "accountability", open=show_charter),
)
