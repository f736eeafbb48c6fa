"""The application of the Azure Face dialect, mounted at ``/face``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.routing import BaseRoute, Mount, Router

from countenance.http.azure.call import Call
from countenance.http.azure.errors import handle_errors, shown
from countenance.http.azure.operation import Answer
from countenance.http.azure.operations import operations
from countenance.http.azure.versions import VERSIONS, Version
from countenance.http.edge.route import EdgeRoute
from countenance.terms.errors import CountenanceError

if TYPE_CHECKING:
    from countenance.assembly import House
    from countenance.http.edge.edge import Edge


def azure_app(house: House, edge: Edge) -> FastAPI:
    """Routes begin with ``/{version}``: one table, once for each version. What is not in it is Azure's own 404."""
    versions: list[BaseRoute] = [Mount(f"/{version.name}", _table(version)) for version in VERSIONS]
    app = FastAPI(openapi_url=None, redirect_slashes=False, root_path_in_servers=False, routes=versions)
    app.state.house, app.state.edge = house, edge
    handle_errors(app)
    return app


def _table(version: Version) -> Router:
    router = APIRouter(route_class=EdgeRoute)
    for each in operations(version):
        router.add_api_route(each.path, _endpoint(each.answer, version), methods=[each.verb], response_model=None)
    return Router(router.routes, redirect_slashes=False)


def _endpoint(answer: Answer, version: Version) -> Callable[[Request], Awaitable[Response]]:
    """Errors are answered here, inside of the route, so that a request sent again gets the same one again."""

    async def endpoint(request: Request) -> Response:
        try:
            return await answer(await Call.of(request, version))
        except CountenanceError as error:
            return shown(error, version)

    return endpoint
