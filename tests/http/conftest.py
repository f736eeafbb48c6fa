"""What the tests of the service share: a real server process on a free port, and the application in this process."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.founded import founded, founded_house

from countenance.access.api_keys import ApiKeys
from countenance.assembly import DATABASE, ROOT_KEY, House, load_vision
from countenance.http.app import make_app, make_edge
from countenance.keys.root import read_root_key
from countenance.settings import Settings
from countenance.storage.database import open_database
from countenance.vision.vision import Vision

PROGRAM = Path(sys.executable).with_name("countenance")
SEARCH = {"purposes": ("missing-person",), "authority": "guardian-request:case-3"}
"""What a key is made with that may do everything under the demo charter."""
PATIENCE = 60.0


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


@dataclass
class Server:
    """A `countenance serve` of its own, over the data directory ``data``."""

    data: Path
    port: int = field(default_factory=free_port)
    words: tuple[str, ...] = ()
    program: tuple[str | Path, ...] = (PROGRAM,)
    process: subprocess.Popen[str] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """Standard output and error so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def _log(self) -> Path:
        return self.data.with_name(f"{self.data.name}.serve.log")

    def start(self, *, ready: bool = True, scheme: str = "http", trusted: Path | None = None) -> Server:
        """Start it, and wait until it is ready (or, where ``ready`` is false, until it answers at all)."""
        words = ("--data", self.data, "serve", "--port", self.port, *self.words)
        with self._log.open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [*self.program, *map(str, words)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, **self.environment},
            )
        until = time.monotonic() + PATIENCE
        place = f"{scheme}://127.0.0.1:{self.port}{'/readyz' if ready else '/healthz'}"
        trust = None if trusted is None else ssl.create_default_context(cafile=str(trusted))
        while not _answers(place, trust):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, self.said
            time.sleep(0.05)
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it; its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def countenance(self, *words: object, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run the command line on the same data directory while the server runs."""
        return subprocess.run(
            [PROGRAM, "--data", self.data, *map(str, words)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **options,
        )

    def key(self, **fields: Any) -> str:
        """Make a key (fields as ``ApiKeys.create`` takes them); without any, it may do all under the demo charter.

        Put into the store beside the server, which asks that at every lookup.
        """
        root = read_root_key(f"file:{self.data / ROOT_KEY}")
        with closing(open_database(self.data / DATABASE)) as store:
            return ApiKeys(store, root, time.time).create(**{"name": "test", **(fields or SEARCH)})[1]


def _answers(url: str, trust: ssl.SSLContext | None) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5, context=trust) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A real server with the demo charter and nobody enrolled, ready; one to a test."""
    started = Server(founded(tmp_path / "data")).start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def lasting_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same, one to a module, for stories that keep out of one another's galleries."""
    started = Server(founded(tmp_path_factory.mktemp("served") / "data")).start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def vision() -> Vision:
    """The default models, loaded once."""
    return load_vision(Settings())


@pytest.fixture
def app_house(tmp_path: Path, vision: Vision) -> Iterator[House]:
    """A house with the demo charter and nobody in it, in this process."""
    with founded_house(tmp_path / "data") as made:
        yield replace(made, rooms=replace(made.rooms, vision=lambda: vision))


@pytest.fixture
def new_key(app_house: House) -> Callable[..., str]:
    """Make a key in ``app_house`` (fields as ``ApiKeys.create`` takes them) and give its secret."""

    def make(**fields: Any) -> str:
        return app_house.api_keys.create(**{"name": "test", **SEARCH, **fields})[1]

    return make


@pytest.fixture
def anyio_backend() -> str:
    """One event loop is enough."""
    return "asyncio"


@pytest.fixture
async def app_client(app_house: House, anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """The real application over ``app_house``, without a socket; for tests marked ``anyio``. It sends no key itself."""
    edge = make_edge(app_house)
    transport = httpx.ASGITransport(make_app(app_house, edge), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
    edge.workers.close()
