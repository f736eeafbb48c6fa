"""A running CompreFace is fetched into a folder: page by page, once each, and its key goes nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.migration.written import portrait

from countenance.migration.code import Code
from countenance.migration.compreface import fetch as fetching
from countenance.migration.compreface.fetch import MANIFEST, Fetched, fetch
from countenance.migration.readers.manifest import ManifestReader
from countenance.terms.errors import BrokenInput

KEY = "00000000-0000-0000-0000-00000000000a"
PICTURE = portrait()
IDS = [f"6b135f5b-a365-4522-b1f1-{number:012d}" for number in range(5)]


class Service:
    """The two requests of CompreFace's interface that are used, as its description has them."""

    def __init__(self) -> None:
        self.faces = [{"image_id": each, "subject": f"Béa {each[-1]}"} for each in IDS]
        self.pictures = dict.fromkeys(IDS[:-1], PICTURE)
        self.asked: list[str] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.total: int | None = None

    def answer(self, path: str, key: str | None) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(path)
        place, query = urlsplit(path).path, parse_qs(urlsplit(path).query)
        if place in self.answers:
            return self.answers[place]
        if key != KEY:
            return 401, {}, b'{"message": "no such key"}'
        if place == "/api/v1/recognition/faces":
            page, size = int(query["page"][0]), int(query["size"][0])
            told: dict[str, Any] = {"faces": self.faces[page * size : (page + 1) * size], "page_number": page}
            told |= {"page_size": size, "total_pages": -(-len(self.faces) // size)}
            told |= {"total_elements": len(self.faces) if self.total is None else self.total}
            return 200, {}, json.dumps(told).encode()
        return 200, {}, self.pictures.get(place.split("/")[-2], b"")


@pytest.fixture
def service() -> Iterator[tuple[Service, str]]:
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, headers, body = made.answer(self.path, self.headers["x-api-key"])
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield made, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_all_pages_become_a_manifest(
    service: tuple[Service, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An example without a picture is a row without one; a second time only that is asked for again."""
    monkeypatch.setattr(fetching, "PAGE", 2)
    made, address = service
    assert fetch(f"{address}/", KEY, tmp_path / "out") == Fetched(5, 4)
    found = list(ManifestReader().read(tmp_path / "out" / MANIFEST))
    assert [(each.native_ids, each.person) for each in found] == [((("id", each),), f"Béa {each[-1]}") for each in IDS]
    assert [each.images[0].data for each in found] == [PICTURE] * 4 + [None]
    assert found[4].images[0].verdict is Code.TEMPLATE_ONLY_NO_IMAGE
    assert not any(KEY.encode() in each.read_bytes() for each in (tmp_path / "out").rglob("*") if each.is_file())
    assert (tmp_path / "out" / MANIFEST).stat().st_mode & 0o077 == 0
    made.asked.clear()
    fetch(address, KEY, tmp_path / "out")
    assert [each for each in made.asked if each.endswith("/img")] == [f"/api/v1/recognition/faces/{IDS[4]}/img"]


def test_what_is_no_answer_writes_no_manifest(service: tuple[Service, str], tmp_path: Path) -> None:
    """A wrong key, a redirection, ids that lead out of the folder, a list that changes, something else altogether."""
    made, address = service
    place, other = "/api/v1/recognition/faces", "/elsewhere"

    def refused(why: str, key: str = KEY) -> None:
        with pytest.raises(BrokenInput, match=why):
            fetch(address, key, tmp_path / "out")
        assert not (tmp_path / "out" / MANIFEST).exists()

    refused("401", key="wrong")
    made.answers[place] = 302, {"Location": f"{address}{other}"}, b""
    refused("302")
    assert other not in made.asked, "the key would have gone along"
    for body in (b"", b"[]", b"{}", b'{"faces": 1, "total_elements": 1, "total_pages": 1}', b"[" * 99_999):
        made.answers[place] = 200, {}, body
        refused("no answer")
    made.answers.clear()
    made.total = 6
    refused("written to")
    made.total, made.faces = None, [{"image_id": "../../x", "subject": "Ada"}]
    refused("no id")
    with pytest.raises(BrokenInput, match="http"):
        fetch("file:///etc/passwd", KEY, tmp_path / "out")
    with pytest.raises(BrokenInput, match="does not answer"):
        fetch("http://127.0.0.1:1", KEY, tmp_path / "out")
