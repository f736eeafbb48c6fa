"""The application of the native dialect, mounted at ``/v1``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.routing import compile_path

from countenance.http.native.openapi import openapi
from countenance.http.native.operation import routers_of
from countenance.http.native.operations import OPERATIONS
from countenance.http.native.problem import tell_errors, told
from countenance.http.native.problems import Kind

if TYPE_CHECKING:
    from countenance.assembly import House
    from countenance.http.edge.edge import Edge


def native_app(house: House, edge: Edge) -> FastAPI:
    """Routes begin after ``/v1``; ``/v1/openapi.json`` describes them all."""
    routes = [route for router in routers_of(OPERATIONS) for route in router.routes]  # flat: quicker to look through
    app = FastAPI(openapi_url=None, redirect_slashes=False, root_path_in_servers=False, routes=routes)
    app.state.house, app.state.edge = house, edge
    described = json.dumps(openapi(OPERATIONS), ensure_ascii=False).encode()

    async def describe(_: Request) -> Response:
        return Response(described, media_type="application/json", headers={"cache-control": "max-age=3600"})

    app.add_api_route("/openapi.json", describe, methods=["GET"], response_model=None)
    tell_errors(app, _allowed)
    return app


async def nowhere(request: Request, _: Exception) -> Response:
    """What the whole service answers where nothing is; a path with a line break in it passes every mount by."""
    if request.scope["path"].removeprefix(request.scope.get("root_path", "")).startswith("/v1/"):
        return told(request, Kind.NO_ROUTE, Kind.NO_ROUTE.meaning)
    return PlainTextResponse("Not Found", 404)


def _allowed(request: Request) -> str:
    """The methods of an address (RFC 9110 section 15.5.6)."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return ", ".join(sorted({each.verb for each in OPERATIONS if compile_path(each.path)[0].match(path)} or {"GET"}))
