"""HTTP/1.1 on the wire, bounded: how large a head may be, how long it may take, how many connections there are."""

from __future__ import annotations

import asyncio
import logging
from asyncio import TimerHandle
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 32 * 1024
"""Bytes of request line and headers, and of a trailer."""
HEAD_SECONDS = 15.0
"""A request's head has arrived by then, counted from its first byte or from the connection."""
MOST_CONNECTIONS = 2000
"""More are closed as they come: nobody who is being answered loses by it."""

_log = logging.getLogger("countenance.http")


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with bounds that it leaves to a proxy; httptools (llhttp, strict) refuses smuggled heads."""

    _head = 0
    _fields = 0
    _timer: TimerHandle | None = None
    _in_head = True
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the parent has it
        """One more, or one too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._end(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head before it is parsed in small pieces."""
        if self._refused:
            return
        if self._in_head and self._timer is None:
            self._begin_head()
        for at in range(0, len(data), MOST_HEAD):
            piece = data[at : at + MOST_HEAD]
            if self._in_head:
                self._head += len(piece)
                if self._head > 2 * MOST_HEAD:
                    self._end(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            if self._refused or self.transport.is_closing():
                return
            super().data_received(piece)

    def on_url(self, url: bytes) -> None:
        """See httptools."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """See httptools; also called for the fields of a trailer."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there; its body has bounds of its own."""
        self._cancel()
        self._in_head = False
        if not self._refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """See httptools."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Whatever comes next is a head again."""
        if not self._refused:
            super().on_message_complete()
        self._cancel()
        self._in_head, self._head, self._fields = True, 0, 0

    def on_response_complete(self) -> None:
        """Answered before the whole body had come (a 401, a 413): the rest is not waited for much longer."""
        super().on_response_complete()
        if not self._in_head and not self.transport.is_closing():
            self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _count(self, more: int) -> None:
        self._fields += more
        if self._fields > MOST_HEAD:
            self._end(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def _begin_head(self) -> None:
        self._cancel()
        self._timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _too_slow(self) -> None:
        self._timer = None
        if self._in_head:
            self._end(HTTPStatus.REQUEST_TIMEOUT)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, status: HTTPStatus) -> None:
        """Answer without a word of any dialect, since there is no request yet, and close."""
        if self._refused:
            return
        self._refused = True
        self._cancel()
        if self.cycle is None or self.cycle.response_complete:
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-length: 0\r\nconnection: close\r\n"
            more = "retry-after: 5\r\n" if status is HTTPStatus.SERVICE_UNAVAILABLE else ""
            self.transport.write((head + more + "\r\n").encode("ascii"))
        self.transport.close()
        _log.info("a connection was ended: %s", status.phrase)
