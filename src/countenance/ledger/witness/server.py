"""The witness over HTTP: ``POST add-checkpoint``, ``GET <sha256(origin)>/checkpoint``; limits, no addresses kept."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from countenance.ledger.witness.submission import MAX_BYTES
from countenance.ledger.witness.witness import Answer, Witness

MAX_CONNECTIONS = 64
TIMEOUT_SECONDS = 10
_MONITORING = re.compile(r"/([0-9a-f]{64})/checkpoint")

_log = logging.getLogger(__name__)


class WitnessServer(ThreadingHTTPServer):
    """One thread a connection, at most ``MAX_CONNECTIONS``; a slow one is dropped after ``TIMEOUT_SECONDS``."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        super().__init__(address, _Handler)
        self.witness = witness
        self._places = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a place, or turn the connection away."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Give the place back in the end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - addresses are not logged
        """A connection broke; it is nobody's business who it was."""
        _log.debug("a connection broke", exc_info=True)


def serve(witness: Witness, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until interrupted; ``ready`` is told the address, whose port is chosen where ``port`` is 0."""
    with WitnessServer((host, port), witness) as server:
        ready(f"http://{host}:{server.server_port}")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version = "countenance-witness"
    sys_version = ""
    timeout = TIMEOUT_SECONDS

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint":
            self._answer(Answer(404, b"there is nothing here\n"), keep=False)
        elif not re.fullmatch("[0-9]{1,9}", length):
            self._answer(Answer(411, b"say the length of the body\n"), keep=False)
        elif int(length) > MAX_BYTES:
            self._answer(Answer(413, b"the body is too long\n"), keep=False)
        else:
            self._answer(self.server.witness.add_checkpoint(self.rfile.read(int(length))))

    def do_GET(self) -> None:
        asked = _MONITORING.fullmatch(self.path)
        self._answer(self.server.witness.latest(asked[1]) if asked else Answer(404, b"there is nothing here\n"))

    def _answer(self, answer: Answer, *, keep: bool = True) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if not keep:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: Any) -> None:
        """Nothing: neither addresses nor agents are kept."""
