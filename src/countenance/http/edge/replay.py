"""The same POST of the same key again gets the same answer, and nothing is done twice."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from countenance.http.edge.caller import Caller
from countenance.http.edge.visit import visit_of

ID_HEADERS = ("idempotency-key", "x-ms-client-request-id")
SECONDS = 600.0
MOST_BYTES = 32 * 1024 * 1024
MOST_BYTES_EACH = 256 * 1024
MOST_ID = 255
FIRST_SERVER_ERROR = 500
RETRIED = frozenset({408, 425, 429})
"""Not remembered: the client is to ask again."""

Make = Callable[[], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer and until when (monotonic seconds) it is given again."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    until: float
    tenant: str


class Replays:
    """Bounded memory of answers, of one event loop. A key that is no longer valid never comes this far.

    ``erasures`` says how many there were in a tenant's galleries, through whichever door: no answer that is remembered
    outlives the next one, for it may speak of whoever is gone.
    """

    def __init__(
        self, erasures: Callable[[str], int] = lambda _: 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._erasures = erasures
        self._clock = clock
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._size = 0
        self._under_way: dict[bytes, asyncio.Event] = {}
        self._erased: dict[str, int] = {}

    async def answer(self, request: Request, caller: Caller, body: bytes, make: Make) -> Response:
        """What ``make`` answers, or what it answered to the same request; the second waits for the first.

        The same is: key, request id, method, path with query, purpose, authority, and the digest of the body. Answers
        that ask the client to come again, errors of the server, streams, what is raised and what was made while
        somebody was erased are not remembered, and in place of one with a secret, or of an erasure, what its visit
        names.
        """
        name = _name(request, caller, body)
        if name is None:
            return await make()
        while (first := self._under_way.get(name)) is not None:
            await first.wait()
        tenant = caller.key.tenant
        before = self._forget_erased(tenant)
        if (kept := self._find(name)) is not None:
            visit_of(request).replayed = True
            again = Response(kept.body, kept.status)
            again.raw_headers = [*kept.headers, (b"countenance-replayed", b"true")]
            return again
        done = self._under_way[name] = asyncio.Event()
        try:
            made = await make()
            after, named = self._forget_erased(tenant), visit_of(request).remembered
            if named is not None or after == before:
                self._keep(name, named or made, tenant)
            return made
        finally:
            del self._under_way[name]
            done.set()

    def _find(self, name: bytes) -> _Kept | None:
        now = self._clock()
        while self._kept and next(iter(self._kept.values())).until <= now:
            self._drop(next(iter(self._kept)))
        return self._kept.get(name)

    def _forget_erased(self, tenant: str) -> int:
        """Forget this tenant's answers from before its last erasure; how many erasures there were."""
        count = self._erasures(tenant)
        if count != self._erased.get(tenant, 0):
            self._erased[tenant] = count
            for name in [name for name, kept in self._kept.items() if kept.tenant == tenant]:
                self._drop(name)
        return count

    def _keep(self, name: bytes, made: Response, tenant: str) -> None:
        if isinstance(made, StreamingResponse) or made.status_code >= FIRST_SERVER_ERROR or made.status_code in RETRIED:
            return
        body = bytes(made.body)
        if len(body) > MOST_BYTES_EACH:
            return
        self._kept[name] = _Kept(made.status_code, tuple(made.raw_headers), body, self._clock() + SECONDS, tenant)
        self._size += len(body) + 1024
        while self._size > MOST_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, name: bytes) -> None:
        self._size -= len(self._kept.pop(name).body) + 1024


def _name(request: Request, caller: Caller, body: bytes) -> bytes | None:
    """A digest of what makes two requests the same; None where the client gave no id."""
    said = next((request.headers[name] for name in ID_HEADERS if name in request.headers), "")
    if request.method != "POST" or not 0 < len(said) <= MOST_ID:
        return None
    parts = (
        caller.key.id,
        said,
        request.scope["path"],
        request.scope["query_string"].decode("latin-1"),
        caller.purpose or "",
        caller.authority or "",
        request.headers.get("content-type", ""),
    )
    digest = hashlib.sha256()
    for part in (*(p.encode("utf-8", "surrogatepass") for p in parts), body):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()
