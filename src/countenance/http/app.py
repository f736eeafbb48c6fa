"""The whole service over one open house: the dialects, health and metrics, behind the edge's entrance."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from countenance.http.azure.application import azure_app
from countenance.http.edge.edge import Edge
from countenance.http.edge.entrance import Entrance
from countenance.http.edge.threads import Workers
from countenance.http.native.application import native_app

if TYPE_CHECKING:
    from countenance.assembly import House


def make_edge(house: House) -> Edge:
    """The edge that a server over ``house`` stands on."""
    return Edge(house.api_keys, None, Workers(threads_for(0)))


def make_app(house: House, edge: Edge) -> ASGIApp:
    """The ASGI application; the house stays its caller's to close, after the edge's workers."""
    service = Starlette(
        routes=[Mount("/face", azure_app(house, edge)), Mount("/v1", native_app(house, edge))],
    )
    return Entrance(service)


def threads_for(asked: int) -> int:
    """Threads for use-cases: as asked, or two a core, for while one waits for the disk another computes."""
    return asked or 2 * len(os.sched_getaffinity(0))
