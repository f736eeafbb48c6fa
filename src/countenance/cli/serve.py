"""countenance serve: answer over HTTP, and for the command line, over one data directory."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from countenance.terms.errors import BrokenMachine, MissingPart

if TYPE_CHECKING:
    from countenance.settings import Settings

NEEDED = ("fastapi", "uvicorn", "uvloop", "httptools", "prometheus_client")
Cert = Annotated[Path | None, typer.Option("--tls-cert", metavar="PEM", help="The certificate, with its chain.")]
Key = Annotated[Path | None, typer.Option("--tls-key", metavar="PEM", help="The certificate's private key.")]
Public = Annotated[
    str | None, typer.Option("--public-url", metavar="URL", help="Where clients reach it, if a proxy stands before it.")
]


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="Listen here (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option("--port", metavar="N", help="Listen on this port (8080).")] = None,
    tls_cert: Cert = None,
    tls_key: Key = None,
    threads: Annotated[int | None, typer.Option("--threads", metavar="N", help="Requests worked on at once.")] = None,
    public_url: Public = None,
) -> None:
    """Serve the native and the Azure Face API until SIGTERM; other verbs on this data directory work meanwhile."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise MissingPart(
            f"serving needs packages that are not installed: {', '.join(missing)}",
            remedy="pip install 'countenance[serve]'",
        )
    from countenance.settings import read_settings

    said = {
        "host": host,
        "port": port,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        "serve_threads": threads,
        "public_url": public_url,
    }
    settings = read_settings(context.obj, **{name: value for name, value in said.items() if value is not None})
    if not _serve(settings):
        raise BrokenMachine(
            "the log could not be written; nothing more was compared, and the server has ended",
            where=str(settings.data),
            remedy="Look at the disk (space, permissions), then start it again: what was acknowledged is kept.",
        )


def _serve(settings: Settings) -> bool:
    from countenance.assembly import House
    from countenance.cli.door import Door
    from countenance.cli.run import run_words
    from countenance.cli.streams import route_streams
    from countenance.http.lines import log_as_json
    from countenance.http.server import listen
    from countenance.http.server import serve as answer
    from countenance.service.first_key import first_key

    log_as_json(os.environ.get("COUNTENANCE_LOG", "INFO").upper())
    listening = listen(settings.host, settings.port)
    with House.open(settings) as house:
        out = sys.stdout

        def ready(url: str) -> None:
            out.write(f"Countenance listens on {url} (log {house.ledger.origin}); SIGTERM ends it.\n")
            # Only once it listens: a key that was made for a start that failed would never have been seen.
            if (secret := first_key(house)) is not None:
                out.write(f"The first key, an operator's; it is shown this once: {secret}\n")
            out.flush()

        route_streams()
        door = Door(house, run_words)
        try:
            return answer(house, listening, certificate=settings.tls_cert, key=settings.tls_key, ready=ready)
        finally:
            door.close()
