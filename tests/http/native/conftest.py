"""What the tests of the native dialect share: somebody who asks, of a real server or of the application itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

URN = "urn:countenance:problem:"


@dataclass(frozen=True)
class Person:
    """Asks with one key. Paths are of ``/v1``."""

    client: httpx.Client
    pictures: Mapping[str, Path]

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.client.get(f"/v1{path}", params=query)

    def post(self, path: str, said: Mapping[str, Any] | None = None, **headers: str) -> httpx.Response:
        return self.client.post(f"/v1{path}", json=dict(said or {}), headers=headers)

    def patch(self, path: str, said: Mapping[str, Any]) -> httpx.Response:
        return self.client.patch(f"/v1{path}", json=dict(said))

    def delete(self, path: str) -> httpx.Response:
        return self.client.delete(f"/v1{path}")

    def show(self, path: str, *names: str, field: str = "image", **said: object) -> httpx.Response:
        """Send pictures as a form."""
        files = [(field, (name, self.pictures[name].read_bytes(), "image/jpeg")) for name in names]
        fields = {k: v if isinstance(v, str) else json.dumps(v) for k, v in said.items()}
        return self.client.post(f"/v1{path}", files=files, data=fields)


def person(server: Any, pictures: Mapping[str, Path], key: str, prefix: str = "") -> Person:
    """Somebody with this key at a server."""
    client = httpx.Client(base_url=f"{server.url}{prefix}", headers={"authorization": f"Bearer {key}"}, timeout=60)
    return Person(client, pictures)


@pytest.fixture
def tracer(lasting_server: Any, pictures: Mapping[str, Path]) -> Person:
    """Somebody whose key may enrol and search."""
    return person(lasting_server, pictures, lasting_server.key())


def problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem that an answer must be."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    said: dict[str, Any] = answer.json()
    assert said["type"] == URN + slug, said
    assert said["status"] == status
    assert said["instance"].startswith("urn:countenance:request:")
    return said
