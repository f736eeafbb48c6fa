"""Read a request's body within bounds of size and time, with a length or in chunks."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request

from countenance.http.edge.refusals import BadRequest, TooLarge, TooSlow
from countenance.http.edge.visit import visit_of

LIMIT = 6 * 1024 * 1024
"""Bytes: what Azure's contract takes; a dialect may name another."""
SECONDS = 60.0
"""The whole body has arrived by then: 6 MB at 0.8 Mbit/s."""
DEPTH = 16
"""Arrays and objects in one another: a request of ours needs five."""
MOST_PARTS = 50_000
"""Arrays and objects of a body, those within texts too: millions of empty ones would be built while all others wait."""
JSON_LIMIT = 1024 * 1024


async def read_body(request: Request, limit: int = LIMIT, seconds: float = SECONDS) -> bytes:
    """The body; asked twice it is the same.

    Raises TooLarge (before reading where it has a length), TooSlow, and Overloaded (503) where all bodies together
    would take too much memory.
    """
    visit = visit_of(request)
    if visit.body is not None:
        if len(visit.body) > limit:
            raise TooLarge(limit)
        return visit.body
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:19]) > limit:
        raise TooLarge(limit)
    parts, size, bodies = list[bytes](), 0, request.app.state.edge.bodies
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise TooLarge(limit)
                bodies.take(len(part), visit)
                parts.append(part)
    except TimeoutError as error:
        raise TooSlow(f"the body did not arrive within {seconds:.0f} seconds") from error
    except ClientDisconnect as error:
        raise BadRequest("the connection was closed before the whole body had arrived") from error
    visit.body = b"".join(parts)
    return visit.body


async def read_json(request: Request, limit: int = JSON_LIMIT, depth: int = DEPTH) -> Any:
    """The body as JSON (RFC 8259): UTF-8, finite numbers, no name twice, ``depth`` deep at most. Raises BadRequest."""
    return parse_json(await read_body(request, limit), depth)


def parse_json(body: bytes, depth: int = DEPTH) -> Any:
    """Parse bounded JSON; the depth is looked at before anything is built. Raises BadRequest."""
    if body.count(b"[") + body.count(b"{") > MOST_PARTS:
        raise BadRequest(f"the JSON body has more than {MOST_PARTS} arrays and objects")
    if deeper_than(body, depth):
        raise BadRequest(f"the JSON body is nested deeper than {depth}")
    try:
        return json.loads(
            body.decode("utf-8-sig"),
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_no_name_twice,
        )
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise BadRequest("the body is not valid JSON") from error


def deeper_than(body: bytes, depth: int) -> bool:
    """Whether brackets outside of strings nest deeper than ``depth``."""
    if body.count(b"[") + body.count(b"{") <= depth:
        return False
    open_, in_string, escaped = 0, False, False
    for byte in body:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            open_ += 1
            if open_ > depth:
                return True
        elif byte in b"]}":
            open_ -= 1
    return False


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number too large for a double")
    return number


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """RFC 8259 leaves a repeated name open; two readers who differ in it can be played off against one another."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return made
