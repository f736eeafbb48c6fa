"""What the edge of one server keeps: credentials, rates, slots, threads, bodies, answers, its public address."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request

from countenance.access.credentials import Credentials
from countenance.access.rates import Rates
from countenance.http.edge.bodies import Bodies
from countenance.http.edge.replay import Replays
from countenance.http.edge.slots import Slots
from countenance.http.edge.threads import Workers


@dataclass(frozen=True, slots=True)
class Edge:
    """One to a server; every dialect's application has it as ``app.state.edge``, beside ``app.state.house``."""

    credentials: Credentials
    rates: Rates
    workers: Workers
    public_url: str = ""
    replays: Replays = field(default_factory=Replays)
    slots: Slots = field(default_factory=Slots)
    bodies: Bodies = field(default_factory=Bodies)

    def address(self, request: Request, path: str) -> str:
        """The absolute URL of ``path`` (``/face/…``) as this client reaches it, its purpose prefix kept.

        From the setting ``public_url`` where there is one. Otherwise from the address that the client itself used
        (its Host header, which only comes back to its own sender); X-Forwarded headers are never believed.
        """
        prefix = str(request.scope.get("countenance.prefix", ""))
        if self.public_url:
            return self.public_url.rstrip("/") + prefix + path
        return f"{request.url.scheme}://{_host(request)}{prefix}{path}"


def _host(request: Request) -> str:
    """The Host header where it is a plain host and port, else the address of the socket."""
    said = request.headers.get("host", "")
    if said and len(said) <= 255 and all(c.isascii() and (c.isalnum() or c in ".-:[]_") for c in said):
        return said
    host, port = request.scope.get("server") or ("127.0.0.1", 0)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
