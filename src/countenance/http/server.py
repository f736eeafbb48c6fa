"""One server: it listens, answers until it is told to end, and ends in order."""

from __future__ import annotations

import contextlib
import logging
import resource
import signal
import socket
import ssl
from collections.abc import Callable, Generator
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp

from countenance.http.app import make_app, make_edge
from countenance.http.housekeeping import Housekeeping
from countenance.http.readiness import Readiness
from countenance.http.traces import traced
from countenance.http.wire import MOST_CONNECTIONS, BoundedProtocol
from countenance.ledger.failure import failure_of
from countenance.terms.errors import BrokenMachine, InUse, Malformed

if TYPE_CHECKING:
    from pathlib import Path

    from countenance.assembly import House

KEEP_ALIVE = 65
"""Seconds that an idle connection is kept: longer than the clients' and proxies' usual 60, so that they close first."""
DRAIN = 30
"""Seconds that requests under way have to end once the server is told to."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listening:
    """A bound socket and where it is reached; made before the house is opened, so that a taken port costs nothing."""

    socket: socket.socket
    host: str
    port: int


def listen(host: str, port: int) -> Listening:
    """Bind; raises InUse for a taken port, Malformed for an address that is none of this machine's."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except socket.gaierror as error:
        raise Malformed(f"there is no such address: {error.strerror}", where=host) from error
    except OSError as error:
        raise InUse(
            f"this address cannot be listened on: {error.strerror}",
            where=f"{host}:{port}",
            remedy="Name another with --host and --port, or stop the program that has it.",
        ) from error
    return Listening(bound, host, bound.getsockname()[1])


def serve(
    house: House, listening: Listening, *, certificate: Path | None, key: Path | None, ready: Callable[[str], None]
) -> bool:
    """Serve until SIGTERM or SIGINT; ``ready`` is told the URL once it listens. False where the log ended it.

    At the end: no new connections, requests under way are answered (at most 30 s), use-cases that run are waited for
    however long they take. The house is the caller's to close, last.
    """
    _more_descriptors()
    edge, readiness, ends = make_edge(house), Readiness(house), contextlib.ExitStack()

    def around(app: ASGIApp) -> ASGIApp:
        made, end = traced(app)
        ends.callback(end)
        return made

    config = uvicorn.Config(
        make_app(house, edge, readiness, around),
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=DRAIN,
        backlog=1024,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise BrokenMachine(
            f"the certificate or its key cannot be used: {error.strerror or error}",
            where=str(certificate),
            remedy="Give both as PEM files (--tls-cert, --tls-key) that this user may read.",
        ) from error
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    scheme = "http" if config.ssl is None else "https"
    host = f"[{listening.host}]" if ":" in listening.host else listening.host
    server = _Server(config, lambda: ready(f"{scheme}://{host}:{listening.port}"), readiness)
    readiness.warm()
    tasks = Housekeeping(house, server.end)
    try:
        server.run(sockets=[listening.socket])
    finally:
        tasks.close()
        edge.workers.close()
        ends.close()
    return failure_of(house.ledger) is None


class _Server(uvicorn.Server):
    """uvicorn's server, which would hand the signal on to the process before our own end is done."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], readiness: Readiness) -> None:
        super().__init__(config)
        self._ready = ready
        self._readiness = readiness

    def end(self) -> None:
        """As a SIGTERM would; from any thread."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that we are leaving, then leave."""
        self._readiness.draining = True
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as the parent has it
        """The first signal asks for an orderly end; nothing makes it disorderly but SIGKILL."""
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """SIGTERM and SIGINT are this server's while it runs."""
        kept = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for each, handler in kept.items():
                signal.signal(each, handler)


def _more_descriptors() -> None:
    """A connection is a descriptor: take as many as this user may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 1024
    if soft < wanted and (hard == resource.RLIM_INFINITY or soft < hard):
        with contextlib.suppress(ValueError, OSError):
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
