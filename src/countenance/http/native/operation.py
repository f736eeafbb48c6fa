"""An operation: its address, what it takes and gives, its problems; routes and OpenAPI are made from the same words."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from countenance.http.edge.body import LIMIT, read_body
from countenance.http.edge.caller import caller_of
from countenance.http.edge.route import EdgeRoute
from countenance.http.native.call import Call
from countenance.http.native.form import Form, Picture, form_of, validated
from countenance.http.native.problem import tell_error
from countenance.http.native.problems import EVERYWHERE, OPEN, Kind
from countenance.http.native.shapes_asked import Asked
from countenance.terms.errors import CountenanceError

Answer = Callable[[Call], Awaitable[Response]]
OpenAnswer = Callable[[Request], Awaitable[Response]]
MANY_LIMIT = 64 * 1024 * 1024
"""Bytes of a request with many pictures."""


class ManyRoute(EdgeRoute):
    """For many pictures at once, in a form; JSON, which is parsed in one piece, stays within the usual limit."""

    limit = MANY_LIMIT

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint behind the edge."""
        handle = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            if "json" in request.headers.get("content-type", "").lower():
                await caller_of(request)
                await read_body(request, LIMIT)
            return await handle(request)

        return bounded


@dataclass(frozen=True, slots=True)
class Operation:
    """``answer``'s docstring is the summary. ``gives`` is None where the answer is not JSON: ``media`` then says what.

    An ``open`` one needs no key.
    """

    verb: str
    path: str
    answer: Answer | None
    gives: type[BaseModel] | None
    tag: str
    status: int = 200
    also: tuple[int, ...] = ()
    """Other statuses of success, with the same answer."""
    asks: type[Asked] = Asked
    pictures: tuple[Picture, ...] = ()
    problems: tuple[Kind, ...] = ()
    media: str = "application/json"
    streams: bool = False
    open: OpenAnswer | None = None

    @property
    def name(self) -> str:
        """The operation's id."""
        return (self.answer or self.open).__name__  # type: ignore[union-attr]  # one of the two is there

    @property
    def summary(self) -> str:
        """What it does."""
        return " ".join(inspect.getdoc(self.answer or self.open or object).split())  # type: ignore[union-attr]

    @property
    def limit(self) -> int:
        """Bytes of a body."""
        return MANY_LIMIT if any(each.many for each in self.pictures) or len(self.pictures) > 1 else LIMIT

    @property
    def told(self) -> tuple[Kind, ...]:
        """Every kind of problem it may answer."""
        common = OPEN if self.open else EVERYWHERE
        media = (Kind.MEDIA_TYPE,) if self.verb in ("POST", "PATCH") else ()
        return tuple(kind for kind in Kind if kind in {*common, *media, *self.problems})


@dataclass(frozen=True, slots=True)
class _Routers:
    """By what is read of a request before its answer."""

    open: APIRouter = field(default_factory=lambda: APIRouter(route_class=APIRoute))
    one: APIRouter = field(default_factory=lambda: APIRouter(route_class=EdgeRoute))
    many: APIRouter = field(default_factory=lambda: APIRouter(route_class=ManyRoute))


def routers_of(operations: tuple[Operation, ...]) -> tuple[APIRouter, ...]:
    """Routes for all of them."""
    routers = _Routers()
    for each in operations:
        router = routers.open if each.open else routers.many if each.limit == MANY_LIMIT else routers.one
        router.add_api_route(
            each.path, each.open or _endpoint(each), methods=[each.verb], response_model=None, name=each.name
        )
    return routers.one, routers.many, routers.open


def _endpoint(operation: Operation) -> OpenAnswer:
    """Errors are answered here, inside of the route, so that a request sent again gets the same one again."""

    async def endpoint(request: Request) -> Response:
        try:
            caller = await caller_of(request)
            form = await _form(request, operation)
            said = validated(operation.asks, form.fields)
            if operation.answer is None:
                raise TypeError(f"{operation.path} is open")
            return await operation.answer(Call.of(request, caller, form, said))
        except CountenanceError as error:
            return tell_error(request, error)

    return endpoint


async def _form(request: Request, operation: Operation) -> Form:
    return await form_of(request, operation.asks, operation.pictures, operation.limit)
