"""What the log knows of a request whose client left, or whose log could not be written."""

from __future__ import annotations

import asyncio
import errno
import json
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from tests.http.conftest import free_port

from countenance.assembly import House
from countenance.gallery import kernel
from countenance.http.app import make_edge
from countenance.http.edge.caller import caller_of
from countenance.http.edge.entrance import Entrance
from countenance.http.edge.refusals import TurnedAway
from countenance.http.edge.route import EdgeRoute
from countenance.http.edge.statuses import status_of
from countenance.http.edge.threads import run
from countenance.http.housekeeping import Housekeeping
from countenance.http.readiness import Readiness
from countenance.ledger.disk import Disk
from countenance.service.enrol import EnrolRequest, enrol, gallery_for
from countenance.service.identify import Identification, identify
from countenance.terms.errors import CountenanceError
from countenance.terms.gallery import Keep
from countenance.terms.sample import Sample

pytestmark = pytest.mark.anyio
NewKey = Callable[..., str]


def application(house: House, edge: Any) -> Entrance:
    """One endpoint that identifies whoever the body shows."""
    router, app = APIRouter(route_class=EdgeRoute), FastAPI()
    app.state.house, app.state.edge = house, edge

    @app.exception_handler(CountenanceError)
    async def tell(request: Request, error: CountenanceError) -> JSONResponse:
        headers = dict(error.headers) if isinstance(error, TurnedAway) else {}
        return JSONResponse({"kind": type(error).__name__}, status_of(error), headers)

    @router.post("/identify")
    async def endpoint(request: Request) -> JSONResponse:
        asking = (await caller_of(request)).asking()
        sample = Sample(await request.body(), "")
        answer = await run(request, identify, house.rooms, asking, gallery="registry", sample=sample)
        assert isinstance(answer, Identification)
        return JSONResponse({"candidates": [c.subject for s in answer.searched for c in s.result.candidates]})

    app.include_router(router)
    return Entrance(app)


@pytest.fixture
def filled(app_house: House, pictures: Mapping[str, Path], new_key: NewKey) -> House:
    """A gallery with one subject."""
    asking = app_house.asking("missing-person", "guardian-request:case-3")
    place: Any = gallery_for(app_house.rooms, asking, "registry", Keep.NONE)
    sample = Sample(pictures["obama.jpg"].read_bytes(), "")
    enrol(app_house.rooms, asking, gallery=place, request=EnrolRequest(sample, "Ada"))
    return app_house


def entries(house: House) -> list[dict[str, Any]]:
    return [json.loads(public) for _, public in house.ledger.entries()]


def searches(house: House) -> list[tuple[str, str | None]]:
    """Every search in the log with what came of it."""
    found = entries(house)
    results = {e["of"]: e["res"] for e in found if e["k"] == "outcome"}
    return [(e["dec"], results.get(e["id"])) for e in found if e["k"] == "intent" and e["act"] == "search"]


async def test_a_client_that_leaves_while_its_picture_is_looked_at_is_in_the_log(
    filled: House, new_key: NewKey, pictures: Mapping[str, Path]
) -> None:
    """Over a real connection: the search runs to its end, and its outcome is recorded; the log over-reports nobody."""
    import uvicorn

    from countenance.http.wire import BoundedProtocol

    begun, gate, real = threading.Event(), threading.Event(), filled.rooms.vision

    def vision() -> Any:
        begun.set()
        assert gate.wait(20)
        return real()

    house = replace(filled, rooms=replace(filled.rooms, vision=vision))
    edge, port = make_edge(house), free_port()
    config = uvicorn.Config(
        application(house, edge), port=port, http=BoundedProtocol, ws="none", lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        headers = {"Ocp-Apim-Subscription-Key": new_key()}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            asked = asyncio.create_task(
                client.post("/identify", headers=headers, content=pictures["obama2.jpg"].read_bytes())
            )
            assert await asyncio.to_thread(begun.wait, 20)
            asked.cancel()
            await asyncio.wait([asked])
        assert searches(house) == [("allow", None)]
        gate.set()
        for _ in range(1000):
            if edge.workers.busy == 0:
                break
            await asyncio.sleep(0.01)
        assert searches(house) == [("allow", "candidates")]
    finally:
        gate.set()
        server.should_exit = True
        await serving
        edge.workers.close()


@pytest.fixture
async def client(filled: House, anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    edge = make_edge(filled)
    transport = httpx.ASGITransport(application(filled, edge), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made
    edge.workers.close()


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("operation", ["write", "sync"])
async def test_where_the_log_cannot_be_written_nothing_is_compared(
    filled: House,
    client: httpx.AsyncClient,
    new_key: NewKey,
    pictures: Mapping[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    error: int,
) -> None:
    """503, nothing compared, not ready any more; the process is then told to end, since the log promises nothing."""
    headers = {"Ocp-Apim-Subscription-Key": new_key()}
    picture = pictures["obama2.jpg"].read_bytes()
    assert (await client.post("/identify", headers=headers, content=picture)).status_code == 200
    compared: list[str] = []
    for name, function in vars(kernel).items():
        if callable(function) and getattr(function, "__module__", "") == kernel.__name__:
            monkeypatch.setattr(kernel, name, lambda *a, _name=name, **k: compared.append(_name))

    def fails(*_: object) -> None:
        raise OSError(error, "fails")

    monkeypatch.setattr(Disk, operation, fails)
    ended = threading.Event()
    keeping = Housekeeping(filled, ended.set, seconds=0.05)
    try:
        for _ in range(2):
            said = await client.post("/identify", headers=headers, content=picture)
            assert (said.status_code, said.json()) == (503, {"kind": "Unwritable"})
        assert compared == []
        assert Readiness(filled).look()["log"].startswith("failed")
        assert await asyncio.to_thread(ended.wait, 10)
    finally:
        keeping.close()
