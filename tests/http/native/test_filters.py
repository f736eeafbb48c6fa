"""Which subjects a search is about."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from countenance.assembly import House

from .conftest import problem

pytestmark = pytest.mark.anyio


async def test_a_search_may_be_about_some_subjects_only(
    app_client: httpx.AsyncClient, app_house: House, new_key: Callable[..., str], pictures: Mapping[str, Path]
) -> None:
    """By metadata, or without those who are named; the log holds both, sealed, behind the outcome."""
    key, asking = new_key(purposes=("missing-person",), authority=None), app_client
    asking.headers["authorization"] = f"Bearer {key}"
    asking.headers["countenance-authority"] = "guardian-request:case-3"
    assert (await asking.post("/v1/galleries", json={"name": "registry"})).status_code == 201

    def picture(name: str) -> str:
        return base64.b64encode(pictures[name].read_bytes()).decode()

    for name, unit in (("obama.jpg", "north"), ("biden.jpg", "south")):
        item = {"image": picture(name), "subject": name, "metadata": {"unit": unit}}
        assert (await asking.post("/v1/galleries/registry/enrolments", json=item)).status_code == 201
    path, image = "/v1/galleries/registry/identify", {"image": picture("obama2.jpg")}

    async def search(**about: Any) -> tuple[list[str], int, dict[str, Any]]:
        said = (await asking.post(path, json=image | about)).json()
        told = app_house.ledger.detail(said["receipt"]["entry"] + ".outcome")
        [one] = said["searched"]
        return [each["subject"] for each in one["candidates"]], one["compared"], told

    assert (await search())[:2] == (["obama.jpg"], 2)
    found, compared, told = await search(where={"unit": "north"})
    assert (found, compared, told["where"]) == (["obama.jpg"], 1, {"unit": "north"})
    assert (await search(where={"unit": "south"}))[:2] == ([], 1)
    found, compared, told = await search(exclude=["obama.jpg"])
    assert (found, compared, len(told["excluded"])) == ([], 1, 1)
    problem(await asking.post(path, json=image | {"exclude": ["nobody"]}), 404, "unknown-name")
