"""The application in this process: the edge's answers before any dialect has a word."""

from __future__ import annotations

import httpx
import pytest

pytestmark = pytest.mark.anyio


async def test_every_answer_has_a_request_id_of_its_own(app_client: httpx.AsyncClient) -> None:
    """Also where there is nothing."""
    answers = [await app_client.get("/nowhere"), await app_client.get("/v1/nowhere")]
    assert [a.status_code for a in answers] == [404, 404]
    ids = {a.headers["countenance-request-id"] for a in answers}
    assert len(ids) == 2
    assert all(len(each) == 32 for each in ids)


async def test_browsers_of_other_places_are_no_clients(app_client: httpx.AsyncClient) -> None:
    """No CORS: a page elsewhere can neither ask nor read."""
    asked = {"origin": "https://elsewhere.example", "access-control-request-method": "POST"}
    for answer in (
        await app_client.options("/v1/galleries", headers=asked),
        await app_client.get("/healthz", headers=asked),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_whoever_is_to_come_back_is_told_when(app_client: httpx.AsyncClient) -> None:
    """Every 503 has Retry-After: here the models are not loaded, since nobody warmed them."""
    answer = await app_client.get("/readyz")
    assert (answer.status_code, answer.json()["parts"]["models"]) == (503, "loading")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("prefix", ["", "/p/missing-person", "/p/missing-person~door-7"])
async def test_a_prefix_leads_to_the_same_dialects(app_client: httpx.AsyncClient, prefix: str) -> None:
    """The purpose stands before what the client knows, and changes nothing behind it; other prefixes lead nowhere."""
    for path in ("/face/v1.2/largepersongroups", "/v1/galleries"):
        assert (await app_client.get(prefix + path)).status_code == 401
        assert (await app_client.get(f"/p/No Purpose{path}")).status_code == 404
        assert (await app_client.get(f"/p/a/p/b{path}")).status_code == 404
