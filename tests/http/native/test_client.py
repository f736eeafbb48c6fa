"""The client that comes with the package, sync and async, against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.http.conftest import SEARCH

from countenance.client import AsyncClient, Client, Problem

Pictures = Mapping[str, Path]


def test_the_client_enrols_finds_and_erases(lasting_server: Any, pictures: Pictures) -> None:
    """From a gallery to nobody in it; what is no success is raised with what it rests on."""
    with Client(lasting_server.url, lasting_server.key()) as client:
        client.create_gallery("sync", metadata={"unit": "north"})
        assert "sync" in [each["name"] for each in client.galleries()]
        enrolled = client.enrol("sync", "Ada", pictures["obama.jpg"], metadata={"born": "1815"}, duplicates=True)
        assert enrolled["duplicates"]["candidates"] == []
        about = client.about(case="2026-113 ä", reason="Request of the mother")
        [lead] = about.identify("sync", pictures["obama2.jpg"].read_bytes())["searched"][0]["candidates"]
        assert lead["subject"] == "Ada"
        assert client.verify(pictures["obama.jpg"], pictures["obama2.jpg"])["match"] is True
        assert client.verify_subject("sync", "Ada", pictures["biden.jpg"])["match"] is False
        likest = client.find_similar(pictures["obama.jpg"], [pictures["obama2.jpg"], pictures["biden.jpg"]])
        assert [each["name"] for each in likest["similar"]] == ["obama2.jpg"]
        assert client.group([pictures["obama.jpg"], pictures["biden.jpg"]])["groups"] == []
        assert [each["name"] for each in client.subjects("sync")] == ["Ada"]
        assert client.receipt(enrolled["receipt"]["entry"])["state"] == "pending"
        with pytest.raises(Problem) as nothing:
            client.enrol("sync", "Cat", pictures["chelsea.png"])
        assert (nothing.value.kind, nothing.value.said["failure"]["reason"]) == ("failure-to-acquire", "no-face")
        with pytest.raises(Problem) as widened:
            client.about(purpose="evaluation").identify("sync", pictures["obama.jpg"])
        assert (widened.value.status, widened.value.kind) == (403, "purpose-widened")
        client.erase("sync", "Ada")
        with pytest.raises(Problem) as gone:
            client.subject("sync", "Ada")
        assert gone.value.kind == "unknown-name"
        client.delete_gallery("sync")


def test_the_client_awaits(lasting_server: Any, pictures: Pictures) -> None:
    """The same verbs, awaited, several at once."""

    async def story() -> None:
        async with AsyncClient(lasting_server.url, lasting_server.key()) as client:
            await client.create_gallery("async")
            names = ("obama.jpg", "biden.jpg")
            await asyncio.gather(*(client.enrol("async", name, pictures[name]) for name in names))
            assert sorted([each["name"] async for each in client.subjects("async")]) == sorted(names)
            faces, charter = await asyncio.gather(client.detect(pictures["t1.jpg"]), client.charter())
            assert len(faces["faces"]) > 1
            assert "families-stay-together" in [each["id"] for each in charter["principles"]]
            withdrawn = await client.about(reason="Their wish").withdraw("async", "obama.jpg")
            with pytest.raises(Problem) as barred:
                await client.enrol("async", "again", pictures["obama.jpg"])
            assert barred.value.kind == "withdrawn"
            assert withdrawn["withdrawal"]["since"]

    asyncio.run(story())


def test_what_was_not_begun_is_sent_again(lasting_server: Any) -> None:
    """With a key that may ask once a second the client waits as the service says; a plain one is told 429."""
    key = lasting_server.key(**SEARCH, rate=1.0)
    with httpx.Client(headers={"authorization": f"Bearer {key}"}) as plain:
        told = [plain.get(f"{lasting_server.url}/v1/galleries") for _ in range(5)]
    late = next(each for each in told if each.status_code == 429)
    assert int(late.headers["retry-after"]) >= 1
    with Client(lasting_server.url, key) as client:
        assert [list(client.galleries()) is not None for _ in range(2)] == [True, True]
    with Client(lasting_server.url, "cnt_nobody") as nobody, pytest.raises(Problem) as unknown:
        list(nobody.galleries())
    assert unknown.value.kind == "not-authenticated"
