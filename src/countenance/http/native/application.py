"""The application of the native dialect, mounted at ``/v1``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

if TYPE_CHECKING:
    from countenance.assembly import House
    from countenance.http.edge.edge import Edge


def native_app(house: House, edge: Edge) -> FastAPI:
    """Routes begin after ``/v1``."""
    app = FastAPI(title="Countenance", root_path_in_servers=False)
    app.state.house, app.state.edge = house, edge
    return app
