"""All bodies together have a bound, counted as they arrive."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest

from .conftest import Probe

pytestmark = pytest.mark.anyio
PART = 50_000
SENDERS = 40
ROOM = 10


async def test_many_slow_senders_take_no_more_than_there_is(probe: Probe, new_key: Callable[..., str]) -> None:
    """Who comes when there is no room is told to come again, before any work; who was there is served."""
    probe.edge.bodies.most = ROOM * PART + PART // 2
    probe.edge.workers.room = SENDERS
    headers = {"authorization": f"Bearer {new_key()}"}
    goes_on = asyncio.Event()

    async def dawdling() -> AsyncIterator[bytes]:
        yield b"x" * PART
        await goes_on.wait()
        yield b"y"

    senders = [
        asyncio.create_task(probe.client.post("/work", content=dawdling(), headers=headers)) for _ in range(SENDERS)
    ]
    done, waiting = await asyncio.wait(senders, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    while len(done) < SENDERS - ROOM:
        more, waiting = await asyncio.wait(waiting, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        assert more, "somebody waits for room"
        done |= more
    assert Counter((each.result().status_code, each.result().headers["retry-after"]) for each in done) == {
        (503, "1"): SENDERS - ROOM
    }
    assert (probe.calls, probe.edge.bodies.held) == (0, ROOM * PART)

    probe.gate.set()
    goes_on.set()
    assert {(await each).status_code for each in waiting} == {200}
    assert (probe.calls, probe.edge.bodies.held) == (ROOM, 0)
    assert (await probe.client.post("/work", content=b"z" * PART, headers=headers)).status_code == 200
