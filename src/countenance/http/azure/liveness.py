"""Liveness sessions: refused, since nothing here tells a living face from a picture of one."""

from __future__ import annotations

from fastapi.responses import Response

from countenance.http.azure.call import Call
from countenance.http.azure.faults import unsupported


async def refuse(_: Call) -> Response:
    """Every operation on sessions and their images."""
    raise unsupported("Liveness is not measured by this service, so it never says that a face is real.")
