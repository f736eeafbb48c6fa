"""What befalls a real server: its clock jumps, its disk takes no more, its clients dawdle."""

from __future__ import annotations

import json
import resource
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.founded import founded
from tests.http.azure.story import comparing
from tests.http.conftest import PATIENCE, SEARCH, Server

DAY, YEAR = 86_400, 366 * 86_400
BYTES = {"content-type": "application/octet-stream"}
ASKED = {"recognitionModel": "recognition_04", "faceIdTimeToLive": "600"}
BODY_SECONDS = 0.6

SET_CLOCK = """
import sys, time
def now(real=time.time):
    with open({place!r}) as said:
        return real() + float(said.read() or 0)
time.time = now
from countenance.cli import main
main()
"""
IMPATIENT = f"""
from countenance.http.edge import body
body.read_body.__defaults__ = (body.LIMIT, {BODY_SECONDS})
from countenance.cli import main
main()
"""


def client_of(server: Server, secret: str) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers={"Ocp-Apim-Subscription-Key": secret}, timeout=PATIENCE)


def enrolled(server: Server, secret: str, pictures: Mapping[str, Path]) -> None:
    """A gallery with one subject."""
    with client_of(server, secret) as client:
        assert client.post("/v1/galleries", json={"name": "registry"}).status_code == 201
        form = {"files": {"image": pictures["obama.jpg"].read_bytes()}, "data": {"subject": "Ada"}}
        assert client.post("/v1/galleries/registry/enrolments", **form).status_code == 201  # type: ignore[arg-type]  # a form's two halves


def identify(client: httpx.Client, picture: bytes) -> httpx.Response:
    return client.post("/v1/galleries/registry/identify", content=picture, headers=BYTES)


def test_a_clock_that_jumps(tmp_path: Path, pictures: Mapping[str, Path]) -> None:
    """Forward: what was to end has ended, all else goes on. Back: searches go on. The log verifies each time."""
    clock = tmp_path / "clock"

    def jump(seconds: float) -> None:
        clock.with_suffix(".new").write_text(str(seconds))
        clock.with_suffix(".new").rename(clock)

    jump(0)
    server = Server(founded(tmp_path / "data"), program=(sys.executable, "-c", SET_CLOCK.format(place=str(clock))))
    server.start()
    try:
        lasting, short = server.key(), server.key(**SEARCH, expires=int(time.time()) + 2 * 86400)
        enrolled(server, lasting, pictures)
        picture, made = pictures["obama2.jpg"].read_bytes(), 0
        before = comparing(server)
        with client_of(server, lasting) as client:
            for moment in (0, YEAR, -YEAR, 0):
                kept = client.post("/face/v1.2/detect", params=ASKED, content=picture, headers=BYTES).json()[0][
                    "faceId"
                ]
                jump(moment)
                said = identify(client, picture)
                assert said.status_code == 200, said.text
                assert [lead["subject"] for lead in said.json()["searched"][0]["candidates"]] == ["Ada"]
                made += 1
                if moment == YEAR:
                    again = client.post("/face/v1.2/verify", json={"faceId1": kept, "faceId2": kept})
                    assert (again.status_code, again.json()["error"]["code"]) == (404, "FaceNotFound")
                    with client_of(server, short) as late:
                        assert identify(late, picture).status_code == 401
                assert httpx.get(f"{server.url}/readyz").status_code == 200
        assert comparing(server) - before == made
        assert server.stop() == 0
        jump(-DAY)
        server.start()
        with client_of(server, lasting) as client:
            assert identify(client, picture).status_code == 200
        assert comparing(server) - before == made + 1
    finally:
        server.stop()


def test_a_disk_that_takes_no_more(server: Server, pictures: Mapping[str, Path]) -> None:
    """503 with a time to come back, nothing compared; the process ends with 13, and a new start has all that was."""
    assert server.process is not None
    secret = server.key()
    enrolled(server, secret, pictures)
    picture = pictures["obama2.jpg"].read_bytes()
    before = comparing(server)
    with client_of(server, secret) as client:
        assert identify(client, picture).status_code == 200
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        refused = identify(client, picture)
    assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
    assert refused.headers["retry-after"]
    assert "searched" not in refused.json()
    assert server.process.wait(PATIENCE) == 13
    server.start()
    assert comparing(server) == before + 1
    with client_of(server, secret) as client:
        assert identify(client, picture).status_code == 200
    assert comparing(server) == before + 2


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server that waits for a body for less than a second, and a key."""
    data = founded(tmp_path_factory.mktemp("impatient") / "data")
    started = Server(data, program=(sys.executable, "-c", IMPATIENT)).start()
    yield started, started.key()
    started.stop()


@pytest.mark.parametrize(
    ("path", "code"), [("/face/v1.2/detect", "408"), ("/v1/detect", "urn:countenance:problem:too-slow")]
)
@pytest.mark.parametrize("length", ["content-length: 100000", "transfer-encoding: chunked"])
def test_a_body_that_dawdles(impatient: tuple[Server, str], path: str, code: str, length: str) -> None:
    """A byte now and then is not a body: 408 when its time is up, in the dialect's own shape, and others are served."""
    server, secret = impatient
    head = f"POST {path} HTTP/1.1\r\nhost: a\r\nocp-apim-subscription-key: {secret}\r\n"
    head += f"content-type: application/octet-stream\r\n{length}\r\n\r\n"
    said, began = b"", time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.05) as line:
        line.sendall(head.encode())
        while not said and time.monotonic() - began < 10 * BODY_SECONDS:
            line.sendall(b"a" if "length" in length else b"1\r\na\r\n")
            try:
                said = line.recv(65536)
            except TimeoutError:
                assert httpx.get(f"{server.url}/healthz").status_code == 200
        line.settimeout(PATIENCE)
        while b"\r\n\r\n" not in said or not said.endswith(b"}"):
            said += line.recv(65536) or pytest.fail(repr(said))
    status, _, body = said.partition(b"\r\n\r\n")
    assert status.startswith(b"HTTP/1.1 408"), said
    told: Any = json.loads(body)
    assert told.get("type", told.get("error", {}).get("code")) == code
