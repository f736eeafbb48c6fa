"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """``id`` is stable and unique (``os:alice``, ``key:3f…``); ``roles`` come from the charter, never the caller."""

    id: str
    roles: frozenset[str] = frozenset()
