"""A small application over the edge, with endpoints that tests can look into; the house and the keys are real."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from countenance.access.credentials import Credentials
from countenance.access.rates import Rates
from countenance.assembly import House
from countenance.http.edge.caller import caller_of
from countenance.http.edge.edge import Edge
from countenance.http.edge.entrance import Entrance
from countenance.http.edge.refusals import TurnedAway
from countenance.http.edge.replay import Replays
from countenance.http.edge.route import EdgeRoute
from countenance.http.edge.statuses import status_of
from countenance.http.edge.threads import Workers, run
from countenance.terms.errors import CountenanceError


@dataclass
class Probe:
    """What the endpoints did, and a gate at which their use-case waits."""

    edge: Edge
    client: httpx.AsyncClient
    app: Any
    calls: int = 0
    ended: int = 0
    gate: threading.Event = field(default_factory=threading.Event)
    answer: Callable[[], JSONResponse] | None = None

    def work(self) -> int:
        """The use-case."""
        self.calls += 1
        made = self.calls
        assert self.gate.wait(20)
        self.ended += 1
        return made


@pytest.fixture
async def probe(app_house: House, anyio_backend: str) -> AsyncIterator[Probe]:
    """``/who`` tells the caller, ``/work`` runs a use-case, ``/thing`` erases."""
    edge = Edge(
        Credentials(app_house.api_keys, None, time.time),
        Rates(time.monotonic),
        Workers(2, waiting=2),
        replays=Replays(app_house.rooms.erasures.count),
    )
    router, app = APIRouter(route_class=EdgeRoute), FastAPI()
    app.state.house, app.state.edge = app_house, edge

    @app.exception_handler(CountenanceError)
    async def tell(request: Request, error: CountenanceError) -> JSONResponse:
        headers = dict(error.headers) if isinstance(error, TurnedAway) else {}
        return JSONResponse({"kind": type(error).__name__, "what": error.what}, status_of(error), headers)

    @router.get("/who")
    async def who(request: Request) -> JSONResponse:
        caller = await caller_of(request)
        caller.require_purpose()
        asking = caller.asking()
        return JSONResponse(
            {
                "purpose": asking.purpose,
                "authority": str(asking.authority),
                "principal": asking.principal.id,
                "client": asking.client,
                "owner": caller.owner,
                "address": edge.address(request, "/work"),
            }
        )

    @router.get("/gallery/{name}")
    async def gallery(request: Request, name: str) -> JSONResponse:
        return JSONResponse({"full": (await caller_of(request)).gallery(name)})

    @router.post("/work")
    async def work(request: Request) -> JSONResponse:
        made = await run(request, probe.work)
        return probe.answer() if probe.answer else JSONResponse({"made": made, "got": (await request.body()).decode()})

    @router.delete("/thing")
    async def thing(request: Request) -> JSONResponse:
        app_house.rooms.erasures.note((await caller_of(request)).gallery("thing"))
        return JSONResponse({})

    app.include_router(router)
    entrance = Entrance(app)
    transport = httpx.ASGITransport(entrance, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        probe = Probe(edge, client, entrance)
        yield probe
    probe.gate.set()
    edge.workers.close()
