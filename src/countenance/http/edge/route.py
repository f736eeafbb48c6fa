"""A dialect's route: authenticated, its body read within bounds, its POSTs safe to send again."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from countenance.http.edge.body import DEPTH, LIMIT, parse_json, read_body
from countenance.http.edge.caller import caller_of

AT_ONCE = 64 * 1024
"""Bytes of JSON that are parsed without leaving the event loop."""


class EdgeRoute(APIRoute):
    """Give it to a router: ``APIRouter(route_class=EdgeRoute)``; a subclass may name other limits.

    Order: the caller, then the body, then (for a JSON body) its bounds, then a remembered answer, then the endpoint.
    The endpoint may take a pydantic model as its body, or call ``read_body``, ``read_json`` and ``caller_of`` itself;
    all answer from what was read here.
    """

    limit = LIMIT
    depth = DEPTH

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint behind the edge."""
        endpoint = super().get_route_handler()

        async def handle(request: Request) -> Response:
            caller = await caller_of(request)
            body = await read_body(request, self.limit)
            request._body = body  # what Request.body() answers from then on; the stream is read once
            if body and _is_json(request):
                request._json = await _parsed(body, self.depth)
            made: Response = await request.app.state.edge.replays.answer(
                request, caller, body, lambda: endpoint(request)
            )
            return made

        return handle


async def _parsed(body: bytes, depth: int) -> Any:
    """In a thread where it is large: pictures in base64 would keep every other request waiting."""
    return await run_in_threadpool(parse_json, body, depth) if len(body) > AT_ONCE else parse_json(body, depth)


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")
