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
