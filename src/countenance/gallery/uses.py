"""Count the comparisons of each gallery without gaps, and never give a number twice.

Numbers are reserved in the database ahead of use, a block at a time: one fsync for many uses, and a process that
dies leaves at most the rest of its block as a gap. An orderly end gives the rest back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from countenance.gallery.tables import gallery, gallery_use
from countenance.storage.database import Database

BLOCK = 256


@dataclass(frozen=True, slots=True)
class UseGap:
    """Of the numbers above ``after`` and up to ``until`` some were given by a process that died, some never."""

    pseudonym: str
    after: int
    until: int


def close_gaps(database: Database, gaps: Iterable[UseGap]) -> None:
    """These gaps stand in the log: they are not told again. Raises Unwritable."""
    with database.write() as connection:
        for gap in gaps:
            connection.execute(
                update(gallery_use)
                .where(gallery_use.c.pseudonym == gap.pseudonym, gallery_use.c.reserved == gap.until)
                .values(used=gap.until)
            )


def at_least(database: Database, last: Callable[[str], int]) -> None:
    """No gallery gives a number again that ``last`` (by pseudonym) knows as given: for data older than their log.

    Call it before a ``Uses`` is made. Raises Unwritable.
    """
    with database.write() as connection:
        known = {row.pseudonym: row.reserved for row in connection.execute(select(gallery_use))}
        for pseudonym in {"", *known, *connection.execute(select(gallery.c.pseudonym)).scalars()}:
            given = last(pseudonym)
            if pseudonym not in known and given:
                connection.execute(insert(gallery_use).values(pseudonym=pseudonym, used=given, reserved=given))
            elif given > known.get(pseudonym, 0):
                connection.execute(
                    update(gallery_use).where(gallery_use.c.pseudonym == pseudonym).values(used=given, reserved=given)
                )


@dataclass(slots=True)
class _Counter:
    used: int
    reserved: int


class Uses:
    """The counters of all galleries, by pseudonym; the empty pseudonym counts comparisons outside galleries."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._counters: dict[str, _Counter] = {}
        with database.read() as connection:
            rows = connection.execute(select(gallery_use)).all()
        self.gaps = tuple(UseGap(r.pseudonym, r.used, r.reserved) for r in rows if r.reserved > r.used)
        """What the last end left unknown, for whoever writes it to the log."""

    def take(self, pseudonym: str) -> int:
        """The next number, from 1; raises Unwritable where it could not be made sure that it is never given again."""
        with self._lock:
            counter = self._counters.get(pseudonym)
            if counter is None or counter.used == counter.reserved:
                counter = self._counters[pseudonym] = self._reserve(pseudonym)
            counter.used += 1
            return counter.used

    def close(self) -> None:
        """Give back what was reserved and not used, so that the next number follows the last."""
        with self._lock:
            if not self._counters:
                return
            with self._database.write() as connection:
                for pseudonym, counter in self._counters.items():
                    connection.execute(
                        update(gallery_use)
                        .where(gallery_use.c.pseudonym == pseudonym)
                        .values(used=counter.used, reserved=counter.used)
                    )
            self._counters.clear()

    def _reserve(self, pseudonym: str) -> _Counter:
        with self._database.write() as connection:
            row = connection.execute(
                select(gallery_use).where(gallery_use.c.pseudonym == pseudonym).with_for_update()
            ).one_or_none()
            start = 0 if row is None else row.reserved
            values = {"used": start, "reserved": start + BLOCK}
            if row is None:
                connection.execute(insert(gallery_use).values(pseudonym=pseudonym, **values))
            else:
                connection.execute(update(gallery_use).where(gallery_use.c.pseudonym == pseudonym).values(**values))
        return _Counter(start, start + BLOCK)
