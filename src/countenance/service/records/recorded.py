"""Recorded: one request with all that the log has of it, and how a duty's export is shaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from countenance.policy.charter import Charter

COMPARING = frozenset({"group", "search", "verify", "watch"})
"""The acts that compare faces."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Public fields and sealed detail of a request, of its outcome (empty where there is none), and its reviews.

    ``gallery`` is the name of the gallery it was about, its pseudonym where the gallery is gone, or empty. Erased
    fields are absent from a detail.
    """

    said: Mapping[str, Any]
    detail: Mapping[str, Any]
    outcome: Mapping[str, Any]
    outcome_detail: Mapping[str, Any]
    gallery: str
    reviews: tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...] = ()

    @property
    def permitted(self) -> bool:
        """Whether the charter allowed it."""
        return bool(self.said["dec"] == "allow")

    @property
    def compares(self) -> bool:
        """Whether it is one of the acts that compare faces."""
        return self.said["act"] in COMPARING

    @property
    def found(self) -> bool:
        """Whether candidates were listed or a match was told."""
        return self.outcome.get("res") in {"candidates", "match", "grouped"}


@dataclass(frozen=True, slots=True)
class Shape:
    """The export of one duty: rows with the same keys, in words of the duty, and what the log cannot tell of it."""

    title: str
    rows: Sequence[Mapping[str, str | int]]
    not_held: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Matter:
    """What a duty is read from: the requests of a period, oldest first, and the charter in force."""

    requests: Sequence[Recorded]
    charter: Charter


def moment(seconds: Any) -> str:
    """A time in UTC (ISO 8601), empty where it was erased."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(seconds, int) else ""
