"""Times on the wire: RFC 3339 in UTC, seven digits of a second, as Azure writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def written(seconds: float) -> str:
    """``2026-01-31T12:00:00.0000000Z`` of Unix seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
