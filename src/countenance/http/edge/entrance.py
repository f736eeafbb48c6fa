"""The entrance: every request gets an id, a bounded address, its purpose prefix read, and one line in the log."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from countenance.http.edge.visit import SCOPE, Visit

REQUEST_ID = "countenance-request-id"
RETRIED = frozenset({429, 503})
"""Answers that clients come back after; each says when, in whatever dialect it is."""
MOST_URL = 8 * 1024
"""Bytes of path and query."""
_PREFIX = re.compile(r"/p/([a-z][a-z0-9-]{0,62})(?:~([A-Za-z0-9._-]{1,64}))?(?=/)")

Watch = Callable[[Scope, int, float], None]
"""``watch(scope, status, seconds)`` after each request."""

_log = logging.getLogger("countenance.http")


class Entrance:
    """Around everything else. The prefix ``/p/PURPOSE`` or ``/p/PURPOSE~DOOR`` becomes the ASGI root path."""

    def __init__(self, app: ASGIApp, watch: Watch | None = None) -> None:
        self._app = app
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = Visit()
        scope = {**scope, SCOPE: visit}
        started, status = time.perf_counter(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = visit.request_id
                headers.setdefault("cache-control", "no-store")
                headers.setdefault("x-content-type-options", "nosniff")
                if status in RETRIED:
                    headers.setdefault("retry-after", "2")
            await send(message)

        try:
            if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MOST_URL:
                await JSONResponse({"error": {"code": "BadArgument", "message": "The URL is too long."}}, 414)(
                    scope, receive, answer
                )
                return
            if (prefix := _PREFIX.match(scope["path"])) is not None:
                visit.purpose, visit.door = prefix[1], prefix[2] or ""
                scope["root_path"] = scope["countenance.prefix"] = prefix[0]
            await self._app(scope, receive, answer)
        finally:
            seconds = time.perf_counter() - started
            visit.let_go()
            _note(scope, visit, status, seconds)
            if self._watch is not None:
                self._watch(scope, status, seconds)


def _note(scope: Scope, visit: Visit, status: int, seconds: float) -> None:
    """Ids only: the route as it is declared, never the address, which may hold a name; the key's id, never the key."""
    said = {
        "request": visit.request_id,
        "method": scope["method"],
        "route": route_of(scope),
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    if visit.caller is not None:
        said["principal"] = visit.caller.key.principal.id
        if visit.caller.purpose in visit.caller.key.purposes:  # what else was said are a caller's own words
            said["purpose"] = visit.caller.purpose
    if visit.replayed:
        said["replayed"] = True
    _log.info("request", extra={"fields": said})


def route_of(scope: Scope) -> str:
    """The declared path of the route that answered, with its mount; empty where there was none."""
    route = scope.get("route")
    if route is None:
        return ""
    root, prefix = scope.get("root_path", ""), scope.get("countenance.prefix", "")
    return f"{root.removeprefix(prefix)}{getattr(route, 'path', '')}"
