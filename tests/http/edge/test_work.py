"""Bodies, threads and answers given again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest
from fastapi.responses import JSONResponse
from tests.http.edge.conftest import Probe

from countenance.http.edge.body import LIMIT
from countenance.http.edge.replay import SECONDS, Replays
from countenance.http.edge.route import EdgeRoute

pytestmark = pytest.mark.anyio
NewKey = Callable[..., str]


@pytest.fixture
def headers(new_key: NewKey) -> dict[str, str]:
    return {"Ocp-Apim-Subscription-Key": new_key()}


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_a_body_has_a_limit_with_and_without_a_length(probe: Probe, headers: dict[str, str]) -> None:
    """One byte more than 6 MB is 413, also in chunks; nothing is begun."""
    probe.gate.set()
    fine = await probe.client.post("/work", headers=headers, content=b"a" * LIMIT)
    assert fine.status_code == 200
    chunked = await probe.client.post("/work", headers=headers, content=pieces(b"a" * LIMIT))
    assert chunked.status_code == 200
    for content in (b"a" * (LIMIT + 1), pieces(b"a" * LIMIT, b"a")):
        large = await probe.client.post("/work", headers=headers, content=content)
        assert (large.status_code, large.json()["kind"]) == (413, "TooLarge")
    assert probe.calls == 2


async def test_a_slow_body_is_not_waited_for(
    probe: Probe, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """408 once its time is up."""
    from countenance.http.edge import body

    monkeypatch.setattr(body.read_body, "__defaults__", (LIMIT, 0.1))

    async def never() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(5)

    slow = await probe.client.post("/work", headers=headers, content=never())
    assert (slow.status_code, slow.json()["kind"]) == (408, "TooSlow")


@pytest.mark.parametrize("body", [b'{"a": NaN}', b"[" * 1000, b'{"a": 1, "a": 2}', b"\xff"])
async def test_json_is_bounded_before_a_dialect_sees_it(probe: Probe, headers: dict[str, str], body: bytes) -> None:
    """Whatever the dialect does with a body that says it is JSON."""
    for kind in ("application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"):
        said = await probe.client.post("/work", headers=headers | {"content-type": kind}, content=body)
        assert (said.status_code, said.json()["kind"]) == (400, "BadRequest")
    assert probe.calls == 0


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_full_pool_is_told_before_the_body_is_read(probe: Probe, headers: dict[str, str]) -> None:
    """503 with Retry-After; what was accepted is answered."""
    running = [asyncio.create_task(probe.client.post("/work", headers=headers)) for _ in range(4)]
    await until(lambda: probe.edge.workers.busy == 4)
    read = False

    async def unread() -> AsyncIterator[bytes]:
        nonlocal read
        read = True
        yield b"a"

    full = await probe.client.post("/work", headers=headers, content=unread())
    assert (full.status_code, full.headers["retry-after"], read) == (503, "1", False)
    probe.gate.set()
    assert {(await each).status_code for each in running} == {200}
    await until(lambda: probe.edge.workers.busy == 0)
    assert (probe.calls, probe.ended) == (4, 4)


async def test_whoever_leaves_frees_nothing_early(probe: Probe, new_key: NewKey) -> None:
    """A use-case that has begun runs to its end, its key's slot is held till then; one that waits never begins."""
    mine = {"Ocp-Apim-Subscription-Key": new_key(concurrency=1)}
    left = asyncio.create_task(probe.client.post("/work", headers=mine))
    await until(lambda: probe.calls == 1)
    left.cancel()
    await asyncio.wait([left])
    refused = await probe.client.post("/work", headers=mine)
    assert (refused.status_code, probe.ended) == (429, 0)
    probe.gate.set()
    await until(lambda: probe.ended == 1)
    await until(lambda: probe.edge.workers.busy == 0)
    assert (await probe.client.post("/work", headers=mine)).json()["made"] == 2


async def test_the_same_post_is_answered_again_and_done_once(probe: Probe, headers: dict[str, str]) -> None:
    """By id, path and body; also while the first is under way."""
    named = headers | {"x-ms-client-request-id": "r-1"}
    both = [asyncio.create_task(probe.client.post("/work", headers=named, content=b"x")) for _ in range(2)]
    await until(lambda: probe.calls == 1)
    await asyncio.sleep(0.05)
    probe.gate.set()
    answers = [await each for each in both]
    assert [a.json()["made"] for a in answers] == [1, 1]
    assert sorted("countenance-replayed" in a.headers for a in answers) == [False, True]
    again = await probe.client.post("/work", headers=headers | {"Idempotency-Key": "r-1"}, content=b"x")
    assert again.json()["made"] == 1, "either header names the request"


@pytest.mark.parametrize("other", ["body", "id", "query", "key", "no id", "path"])
async def test_another_post_is_another(probe: Probe, new_key: NewKey, other: str) -> None:
    """One that differs in anything but its time is done."""
    probe.gate.set()
    key = new_key()
    named = {"Ocp-Apim-Subscription-Key": key, "x-ms-client-request-id": "r-1"}
    first = await probe.client.post("/work", headers=named, content=b"x")
    changed: dict[str, dict[str, Any]] = {
        "body": {"content": b"y"},
        "id": {"headers": named | {"x-ms-client-request-id": "r-2"}},
        "query": {"params": {"a": "b"}},
        "key": {"headers": named | {"Ocp-Apim-Subscription-Key": new_key()}},
        "no id": {"headers": {"Ocp-Apim-Subscription-Key": key}},
        "path": {"url": "/p/missing-person/work"},
    }
    second = await probe.client.post(**{"url": "/work", "headers": named, "content": b"x", **changed[other]})
    assert (first.json()["made"], second.json()["made"]) == (1, 2)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_what_the_client_is_to_ask_again_is_done_again(
    probe: Probe, headers: dict[str, str], status: int
) -> None:
    """An answer that asks for a retry is not one to remember."""
    probe.gate.set()
    probe.answer = lambda: JSONResponse({}, status)
    named = headers | {"x-ms-client-request-id": "r-1"}
    for _ in range(2):
        assert (await probe.client.post("/work", headers=named)).status_code == status
    assert probe.calls == 2


async def test_an_erasure_forgets_what_was_answered(probe: Probe, headers: dict[str, str]) -> None:
    """No remembered answer outlives what it speaks of."""
    probe.gate.set()
    named = headers | {"x-ms-client-request-id": "r-1"}
    await probe.client.post("/work", headers=named)
    await probe.client.delete("/thing", headers=headers)
    await probe.client.post("/work", headers=named)
    assert probe.calls == 2


async def test_answers_are_remembered_for_ten_minutes(probe: Probe, headers: dict[str, str]) -> None:
    """By a clock that nobody sets."""
    now = [0.0]
    object.__setattr__(probe.edge, "replays", Replays(clock=lambda: now[0]))
    probe.gate.set()
    named = headers | {"x-ms-client-request-id": "r-1"}
    for at, calls in ((0.0, 1), (SECONDS - 1, 1), (SECONDS + 1, 2)):
        now[0] = at
        await probe.client.post("/work", headers=named)
        assert probe.calls == calls


def test_a_dialect_may_take_less() -> None:
    """The limit is the route class's."""
    assert EdgeRoute.limit == LIMIT == 6 * 1024 * 1024
