"""The application of the Azure Face dialect, mounted at ``/face``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

if TYPE_CHECKING:
    from countenance.assembly import House
    from countenance.http.edge.edge import Edge


def azure_app(house: House, edge: Edge) -> FastAPI:
    """Routes begin with ``/{version}``."""
    app = FastAPI(openapi_url=None)
    app.state.house, app.state.edge = house, edge
    return app
