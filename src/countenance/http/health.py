"""``/healthz`` and ``/readyz``: whether the process lives, and whether it can answer; open to everybody."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from countenance.http.readiness import Readiness


def health_routes(readiness: Readiness) -> list[Route]:
    """200 or, of ``/readyz``, 503 with the parts that are not ready."""

    async def alive(_: Request) -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> JSONResponse:
        parts = await run_in_threadpool(readiness.look)
        fine = all(said == "ok" for said in parts.values())
        return JSONResponse({"ready": fine, "parts": parts}, 200 if fine else 503)

    return [Route("/healthz", alive), Route("/readyz", ready)]
