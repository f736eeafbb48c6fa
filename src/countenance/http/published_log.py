"""The published log as static files (C2SP tlog-tiles), for everybody: ``/log/…``, past years ``/shards/NAME/…``."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from countenance.ledger.start import PAST, PUBLIC

_PATH = re.compile(r"checkpoint|tile/(?:[0-9]{1,2}|entries)(?:/x[0-9]{3})*/[0-9]{3}(?:\.p/[0-9]{1,3})?")
"""The only names that there are; nothing else of the directory is ever looked at."""
FOREVER = "public, max-age=31536000, immutable"


_SHARD = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,200}")


def published_file(data: Path, path: str, shard: str | None = None) -> Path | None:
    """A file of the running log, or of a past ``shard``; None where it is no name of the layout or not published."""
    if not _PATH.fullmatch(path) or (shard is not None and not _SHARD.fullmatch(shard)):
        return None
    found = (data / PUBLIC if shard is None else data / PAST / shard) / path
    return found if found.is_file() else None


def log_routes(data: Path) -> list[Route]:
    """A checkpoint may be replaced at every close; a tile never changes."""

    async def show(request: Request) -> Response:
        path, shard = str(request.path_params["path"]), request.path_params.get("shard")
        found = await run_in_threadpool(published_file, data, path, shard)
        if found is None:
            return PlainTextResponse("nothing is published under this name\n", 404)
        body = await run_in_threadpool(found.read_bytes)
        if path == "checkpoint":
            return Response(body, media_type="text/plain; charset=utf-8", headers={"cache-control": "no-cache"})
        return Response(body, media_type="application/octet-stream", headers={"cache-control": FOREVER})

    return [Route("/log/{path:path}", show), Route("/shards/{shard}/{path:path}", show)]
