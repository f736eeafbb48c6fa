"""One request's visit: its id, what its address said of purpose, what to give back when it is over."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from countenance.http.edge.caller import Caller

SCOPE = "countenance.visit"


@dataclass(slots=True, eq=False)
class Visit:
    """Made by the entrance, kept in the ASGI scope; of one event loop, no lock needed.

    What was taken for it (a key's slot) is given back when the answer is out and its last use-case has ended,
    whichever is later: a client that leaves frees nothing early.
    """

    request_id: str = field(default_factory=lambda: secrets.token_hex(16))
    purpose: str | None = None
    door: str = ""
    caller: Caller | None = None
    body: bytes | None = None
    replayed: bool = False
    remembered: Response | None = None
    """What the same request sent again gets in place of an answer that must lie nowhere."""
    _holds: int = 1
    _closers: list[Callable[[], None]] = field(default_factory=list)

    def at_end(self, closer: Callable[[], None]) -> None:
        """Call ``closer`` once when the visit is over."""
        self._closers.append(closer)

    def hold(self) -> None:
        """A use-case begins; ``let_go`` when it ends."""
        self._holds += 1

    def let_go(self) -> None:
        """A use-case has ended, or the answer is out."""
        self._holds -= 1
        if self._holds == 0:
            for closer in reversed(self._closers):
                closer()
            self._closers.clear()


def visit_of(request: Request) -> Visit:
    """The visit that this request is."""
    visit: Any = request.scope[SCOPE]
    if not isinstance(visit, Visit):
        raise TypeError("this application is not behind the edge's entrance")
    return visit
