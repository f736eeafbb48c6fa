"""A file is downloaded from its address, over connections that break."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from tests.vision.models.conftest import pin_of

from countenance.terms.errors import MissingPart, WrongDigest
from countenance.vision.models.address import download_address
from countenance.vision.models.intake import Intake
from countenance.vision.models.origin import Address

DATA = bytes(range(256)) * 8000


class Handler(BaseHTTPRequestHandler):
    """Serves DATA; what the path says goes wrong."""

    ranges: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        given = self.headers.get("Range", "")
        self.ranges.append(given)
        start = int(given[6:-1]) if given and "norange" not in self.path else 0
        if "absent" in self.path:
            self.send_error(404, "Gone fishing")
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(DATA) - start))
        self.end_headers()
        body = DATA[start:]
        if "breaks" in self.path and len(self.ranges) < 3:
            body = body[: len(DATA) // 3]
        if "dead" in self.path:
            body = b""
        if "longer" in self.path:
            body += bytes(5_000_000)
        if "other" in self.path:
            body = body[::-1]
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "*")
    Handler.ranges.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(url: str, into: Path) -> bytes:
    with Intake(into, pin_of(DATA)) as intake:
        download_address(Address(url), intake)
        intake.finish()
    return into.read_bytes()


def test_a_whole_file_comes_in_one_request(server: str, tmp_path: Path) -> None:
    """And is what was served."""
    assert fetch(f"{server}/whole", tmp_path / "file") == DATA
    assert Handler.ranges == [""]


def test_a_broken_connection_is_gone_on_with(server: str, tmp_path: Path) -> None:
    """The next request asks for the rest only."""
    assert fetch(f"{server}/breaks", tmp_path / "file") == DATA
    third = len(DATA) // 3
    assert Handler.ranges == ["", f"bytes={third}-", f"bytes={2 * third}-"]


def test_a_server_without_ranges_is_read_anew(server: str, tmp_path: Path) -> None:
    """Where the rest cannot be had alone, the file is begun again and nothing is joined wrongly."""
    assert fetch(f"{server}/breaks-norange", tmp_path / "file") == DATA


def test_a_server_that_sends_nothing_is_given_up(server: str, tmp_path: Path) -> None:
    """With the reason, after one attempt."""
    with pytest.raises(MissingPart, match="not reached"):
        fetch(f"{server}/dead", tmp_path / "file")
    assert len(Handler.ranges) == 1


def test_an_absent_file_is_said_to_be_absent(server: str, tmp_path: Path) -> None:
    """In the server's own words."""
    with pytest.raises(MissingPart, match="404 Gone fishing"):
        fetch(f"{server}/absent", tmp_path / "file")


def test_other_bytes_are_refused(server: str, tmp_path: Path) -> None:
    """A file that is not the pinned one is not kept."""
    with pytest.raises(WrongDigest):
        fetch(f"{server}/other", tmp_path / "file")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "nonsense"])
def test_only_web_addresses_are_followed(url: str, tmp_path: Path) -> None:
    """A catalogue cannot make us read a local file."""
    with pytest.raises(MissingPart, match="not a web address"):
        fetch(url, tmp_path / "file")


def test_nobody_listening_is_a_missing_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline is an error with a reason, not a traceback."""
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(MissingPart, match="not reached"):
        fetch("http://127.0.0.1:9/x", tmp_path / "file")
