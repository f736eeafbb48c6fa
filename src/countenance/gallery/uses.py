"""Count the comparisons of each gallery without gaps, and never give a number twice.

Numbers are reserved in the database ahead of use, a block at a time: one fsync for many uses, and a process that
dies leaves at most the rest of its block as a gap. An orderly end gives the rest back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import insert, select, update

from countenance.gallery.tables import gallery, use_count
from countenance.storage.database import Database

BLOCK = 256


@dataclass(frozen=True, slots=True)
class UseGap:
    """Of the numbers above ``after`` and up to ``until`` some were given by a process that died, some never."""

    pseudonym: str
    after: int
    until: int


def close_gaps(database: Database, gaps: Iterable[UseGap], origin: str = "") -> None:
    """These gaps stand in the log: they are not told again. Raises Unwritable."""
    log = _log(database, origin)
    with database.write() as connection:
        for gap in gaps:
            connection.execute(
                update(use_count)
                .where(use_count.c.log == log, use_count.c.pseudonym == gap.pseudonym)
                .where(use_count.c.reserved == gap.until)
                .values(used=gap.until)
            )


def at_least(database: Database, last: Callable[[str], int], origin: str = "") -> None:
    """No gallery gives a number again that ``last`` (by pseudonym) knows as given: for data older than their log.

    Call it before a ``Uses`` is made. Raises Unwritable.
    """
    log = _log(database, origin)
    with database.write() as connection:
        rows = connection.execute(select(use_count).where(use_count.c.log == log))
        known = {row.pseudonym: row.reserved for row in rows}
        for pseudonym in {"", *known, *connection.execute(select(gallery.c.pseudonym)).scalars()}:
            given = last(pseudonym)
            values = {"used": given, "reserved": given}
            if pseudonym not in known and given:
                connection.execute(insert(use_count).values(log=log, pseudonym=pseudonym, **values))
            elif given > known.get(pseudonym, 0):
                connection.execute(
                    update(use_count).where(use_count.c.log == log, use_count.c.pseudonym == pseudonym).values(**values)
                )


def _log(database: Database, origin: str) -> str:
    """Whose counts these are: nodes that share a database count each for its own log, which are gapless so."""
    return origin if database.shared else ""


@dataclass(slots=True)
class _Counter:
    used: int
    reserved: int


class Uses:
    """The counters of all galleries, by pseudonym; the empty pseudonym counts comparisons outside galleries.

    ``origin`` names the log that they are told to.
    """

    def __init__(self, database: Database, origin: str = "") -> None:
        self._database = database
        self._log = _log(database, origin)
        self._lock = threading.Lock()
        self._counters: dict[str, _Counter] = {}
        with database.read() as connection:
            rows = connection.execute(select(use_count).where(use_count.c.log == self._log)).all()
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
                        update(use_count)
                        .where(use_count.c.log == self._log, use_count.c.pseudonym == pseudonym)
                        .values(used=counter.used, reserved=counter.used)
                    )
            self._counters.clear()

    def _reserve(self, pseudonym: str) -> _Counter:
        mine = (use_count.c.log == self._log, use_count.c.pseudonym == pseudonym)
        with self._database.write() as connection:
            row = connection.execute(select(use_count).where(*mine).with_for_update()).one_or_none()
            start = 0 if row is None else row.reserved
            values = {"used": start, "reserved": start + BLOCK}
            if row is None:
                connection.execute(insert(use_count).values(log=self._log, pseudonym=pseudonym, **values))
            else:
                connection.execute(update(use_count).where(*mine).values(**values))
        return _Counter(start, start + BLOCK)
