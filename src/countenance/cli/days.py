"""A day, as people read it."""

from __future__ import annotations

from datetime import UTC, datetime


def day(seconds: int | None) -> str:
    """A date in UTC of Unix seconds, or a dash."""
    return "–" if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()
