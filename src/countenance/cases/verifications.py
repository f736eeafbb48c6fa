"""Count with how many others one probe was verified within the last hour, by principal and purpose.

Many verifications of one face against many people are a search by another name. The counts lie in the database, so
that a restart forgets none; what is there are keyed digests, deleted when the hour is over.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from countenance.cases.tables import verification as table
from countenance.keys.derive import keyed_digest
from countenance.keys.root import RootKey
from countenance.storage.database import Database

WINDOW = 3600
"""Seconds."""
FRESH = 60
"""A pair that was seen so lately is not written again: a door that opens all day costs one write a minute."""

_OTHERS = select(table.c.other_digest, table.c.at).where(
    table.c.probe_digest == bindparam("probe"), table.c.at > bindparam("since")
)

Pair = tuple[str, str]
"""A probe (SHA-256 of its sample) and with whom or what it is compared, in words that stay the same."""


class Verifications:
    """Trusted to count; how many are too many the charter says. Threads may share it."""

    def __init__(self, database: Database, root_key: RootKey) -> None:
        self._database = database
        self._key = root_key.derive("verifications")

    def count(self, who: str, purpose: str, pairs: Collection[Pair], now: int) -> int:
        """With how many others the busiest of these probes was compared within the hour, ``pairs`` included."""
        digests = self._digests(who, purpose, pairs)
        with self._database.read() as connection:
            return self._most(connection, digests, now)

    def note(self, who: str, purpose: str, pairs: Collection[Pair], now: int, counted: int) -> bool:
        """Note these comparisons, durable on return; False, and nothing noted, where more than ``counted`` came in.

        The count and the note are one transaction: of two callers only one is the last that was permitted.
        """
        digests = self._digests(who, purpose, pairs)
        with self._database.read() as connection:
            since = now - FRESH
            if all(other in self._others(connection, probe, since) for probe, others in digests for other in others):
                return True
        with self._database.write() as connection:
            if self._most(connection, digests, now) > counted:
                return False
            connection.execute(delete(table).where(table.c.at <= now - WINDOW))
            for probe, others in digests:
                known = self._others(connection, probe, now - WINDOW)
                for other in others:
                    if other in known:
                        place = (table.c.probe_digest == probe) & (table.c.other_digest == other)
                        connection.execute(update(table).where(place).values(at=max(now, known[other])))
                    else:
                        connection.execute(insert(table).values(probe_digest=probe, other_digest=other, at=now))
        return True

    def _digests(self, who: str, purpose: str, pairs: Iterable[Pair]) -> list[tuple[bytes, set[bytes]]]:
        by_probe: dict[bytes, set[bytes]] = {}
        for probe, other in pairs:
            by_probe.setdefault(self._digest("probe", who, purpose, probe), set()).add(self._digest("other", other))
        return list(by_probe.items())

    def _digest(self, *words: str) -> bytes:
        return keyed_digest(self._key, json.dumps(words).encode("ascii"))

    def _most(self, connection: Connection, digests: Iterable[tuple[bytes, set[bytes]]], now: int) -> int:
        since = now - WINDOW
        return max(
            (len(others | self._others(connection, probe, since).keys()) for probe, others in digests), default=0
        )

    def _others(self, connection: Connection, probe: bytes, since: int) -> dict[bytes, int]:
        rows = connection.execute(_OTHERS, {"probe": probe, "since": since})
        return {row.other_digest: row.at for row in rows}
