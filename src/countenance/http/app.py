"""The whole service over one open house: the dialects, health and metrics, behind the edge's entrance."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from countenance.access.credentials import Credentials
from countenance.access.rates import Rates
from countenance.http.azure.application import azure_app
from countenance.http.edge.edge import Edge
from countenance.http.edge.entrance import Entrance
from countenance.http.edge.replay import Replays
from countenance.http.edge.threads import Workers
from countenance.http.health import health_routes
from countenance.http.metrics import Metrics
from countenance.http.native.application import native_app, nowhere
from countenance.http.published_log import log_routes
from countenance.http.readiness import Readiness

if TYPE_CHECKING:
    from countenance.assembly import House


def make_edge(house: House) -> Edge:
    """The edge that a server over ``house`` stands on, as its settings say; raises MissingPart, Malformed (oidc)."""
    settings = house.settings
    known = Credentials(house.api_keys, settings.oidc, house.rooms.clock)
    return Edge(
        known,
        Rates(time.monotonic),
        Workers(threads_for(settings.serve_threads)),
        settings.public_url,
        Replays(house.rooms.erasures.count),
    )


def make_app(
    house: House, edge: Edge, readiness: Readiness | None = None, around: Callable[[ASGIApp], ASGIApp] = lambda app: app
) -> ASGIApp:
    """The ASGI application; the house stays its caller's to close, after the edge's workers.

    ``around`` is put around the dialects, inside the entrance.
    """
    readiness = readiness or Readiness(house)
    metrics = Metrics(edge, readiness)
    service = Starlette(
        routes=[
            *health_routes(readiness),
            *metrics.routes(),
            *log_routes(house.settings.data),
            Mount("/face", azure_app(house, edge)),
            Mount("/v1", native_app(house, edge)),
        ],
        exception_handlers={404: nowhere},
    )
    return Entrance(around(service), metrics.watch)


def threads_for(asked: int) -> int:
    """Threads for use-cases: as asked, or two a core, for while one waits for the disk another computes."""
    return asked or 2 * (os.cpu_count() or 1)
