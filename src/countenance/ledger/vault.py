"""The vault: the sealed detail of every entry, and the index from an entry's id to its place in the log.

Each row is sealed under the key of the month in which it was written, each month's key under the vault's key. A row
is derived from the journal, which holds the same sealed bytes first. To forget an entry is to overwrite its row
(``secure_delete``, and the write-ahead log cut); to forget a month is to destroy its key, which also makes every
backup of it unreadable that does not hold the key file of that time. The index stays: an id is public. Beside it
stands which entries speak of whom (see ``mentions``); what is forgotten is mentioned no more.

Trusted to keep what it was given and not to be copied; without the vault's key its rows say nothing.
"""

from __future__ import annotations

import sqlite3
import struct
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from countenance.keys.seal import Seal, new_key
from countenance.ledger.disk import Disk
from countenance.ledger.mentions import TABLES as MENTION_TABLES
from countenance.ledger.mentions import Mentions, spelled, words_of
from countenance.ledger.private_file import PrivateFile
from countenance.ledger.sealed_detail import SealedDetail
from countenance.terms.errors import SealBroken, UnknownName

FILE_NAME = "vault.sqlite"

_TABLES = """
CREATE TABLE IF NOT EXISTS month (number INTEGER PRIMARY KEY, wrapped BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS detail (number INTEGER PRIMARY KEY, id BLOB NOT NULL, sealed BLOB);
CREATE UNIQUE INDEX IF NOT EXISTS detail_id ON detail (id);
CREATE TABLE IF NOT EXISTS owed (id TEXT PRIMARY KEY, kind TEXT NOT NULL, said TEXT NOT NULL, sealed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS held (id BLOB PRIMARY KEY);
"""
_MONTH = struct.Struct(">I")
# Sealed bytes begin with their month, most significant byte first, so that blobs compare as months do.
_EXPIRED_AND_HELD = "SELECT number, id, sealed FROM detail JOIN held USING (id) WHERE sealed < ?"
_NEXT = "SELECT number, id, sealed FROM detail WHERE number >= ? ORDER BY number LIMIT ?"
_AT_ONCE = 2000
"""Rows of an older vault that are read in one transaction, between which others have their turn."""
_NOTHING: Mapping[int, frozenset[bytes] | None] = MappingProxyType({})
_COUNT_EXPIRED = "SELECT count(*) FROM detail WHERE sealed < ? AND id NOT IN (SELECT id FROM held)"


@dataclass(frozen=True, slots=True)
class Row:
    """One entry for the vault: its sequence number, its id, and its sealed detail (empty where the kind has none).

    ``words`` are those of the detail; None where whoever stores it has only its sealed bytes, which are then opened.
    """

    number: int
    id: str
    sealed: bytes
    words: frozenset[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """An entry that must be written: its id, kind, public fields but the epoch as JSON, and its sealed detail."""

    id: str
    kind: str
    said: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class _Month:
    """What hangs from a month's key."""

    seal: Seal
    mentions: Mentions


class Vault(PrivateFile):
    """Threads may share it."""

    def __init__(self, path: Path, key: bytes, disk: Disk) -> None:
        super().__init__(path, _TABLES + MENTION_TABLES, disk)
        self._wrapping = Seal(key)
        self._months: dict[int, _Month] = {}

    def seal(self, entry: str, month: int, detail: SealedDetail) -> bytes:
        """Seal detail for the entry of this id under the key of ``month`` (months since year 0).

        The month's key is on the disk before the first bytes are sealed under it.
        """
        known = self._months.get(month) or self._month(month)
        return _MONTH.pack(month) + known.seal.close(detail.pack(), _context(entry))

    def store(self, rows: Iterable[Row]) -> None:
        """Keep rows durably. Idempotent: what is there already stays, for it may have been erased since."""
        rows = list(rows)
        kept = [(row.number, _key(row.id), row.sealed or None) for row in rows]
        with self._transaction() as cursor:
            cursor.executemany("INSERT OR IGNORE INTO detail (number, id, sealed) VALUES (?, ?, ?)", kept)
            if kept and self._indexed(cursor) >= kept[0][0]:  # else there is an older vault's backlog: see mentioning
                self._index(cursor, len(kept), {row.number: row.words for row in rows})

    def mentioning(self, words: Collection[str], start: int = 0) -> Iterator[str]:
        """The ids of entries from the number ``start`` on whose detail names one of ``words``, in the log's order.

        Subjects by name or id, samples by SHA-256 (hex). What an older version stored is read first, once.
        """
        more = True
        while more:
            with self._transaction() as cursor:
                more = self._index(cursor, _AT_ONCE) == _AT_ONCE
        with self._turn, self._translated():
            cursor = self._connection.cursor()
            months = [row[0] for row in cursor.execute("SELECT number FROM month")]
            asked = [(self._month(month).mentions, spelled(word)) for month in months for word in words]
            numbers = sorted({number for mentions, word in asked for number in mentions.of(cursor, word)})
        for number in numbers:
            if number >= start:
                with self._turn, self._translated():
                    row = self._connection.execute("SELECT id FROM detail WHERE number = ?", (number,)).fetchone()
                yield row[0].decode("ascii")

    def number_of(self, entry: str) -> int:
        """The sequence number of the entry of this id; raises UnknownName."""
        return self._row(entry)[0]

    def read(self, entry: str) -> SealedDetail | None:
        """The detail of an entry; None where it was erased or its kind has none. Raises UnknownName, SealBroken."""
        sealed = self._row(entry)[1]
        return None if sealed is None else self.unseal(entry, sealed)

    def unseal(self, entry: str, sealed: bytes) -> SealedDetail:
        """Open what ``seal`` gave; raises SealBroken, also where the month's key was destroyed."""
        month = _MONTH.unpack_from(sealed.ljust(_MONTH.size, b"\0"))[0]
        known = self._months.get(month) or self._month(month, make=False)
        return SealedDetail.unpack(known.seal.open(sealed[_MONTH.size :], _context(entry)))

    def forget(self, entries: Collection[str], fields: Collection[str], owed: Owed) -> None:
        """Destroy the detail of ``entries``, or only the named ``fields``, and note that ``owed`` is to be written.

        One transaction: a crash before the erasure's entry is in the log is made whole at the next start. Ids that are
        not here are passed over: a restored backup may not have them.
        """
        changed: list[tuple[bytes | None, bytes]] = []
        unsaid: defaultdict[tuple[int, bytes], set[int]] = defaultdict(set)
        for entry in entries:
            try:
                number, sealed = self._row(entry)
            except UnknownName:
                continue
            if sealed is None:
                continue
            (month,) = _MONTH.unpack_from(sealed)
            before = self.unseal(entry, sealed)
            after = before.without(fields) if fields else None
            changed.append((None if after is None else self.seal(entry, month, after), _key(entry)))
            for word in words_of(before) - (frozenset() if after is None else words_of(after)):
                unsaid[month, word].add(number)
        with self._transaction() as cursor:
            cursor.executemany("UPDATE detail SET sealed = ? WHERE id = ?", changed)
            for (month, word), numbers in unsaid.items():
                self._month(month).mentions.remove(cursor, word, numbers)
            self._owe(cursor, owed)
        self._scrub()

    def forget_months_before(self, month: int, owed: Owed) -> None:
        """Destroy the keys of the months before ``month`` and the rows sealed under them, and note what is owed.

        Rows under a legal hold are first sealed anew under the month of ``owed``, and stay.
        """
        (now,) = _MONTH.unpack_from(owed.sealed)
        until = (_MONTH.pack(month),)
        with self._transaction() as cursor:
            for number, key, sealed in cursor.execute(_EXPIRED_AND_HELD, until).fetchall():
                entry = key.decode("ascii")
                detail = self.unseal(entry, sealed)
                cursor.execute("UPDATE detail SET sealed = ? WHERE id = ?", (self.seal(entry, now, detail), key))
                if number < self._indexed(cursor):
                    for word in words_of(detail):
                        self._month(now).mentions.add(cursor, word, [number])
            cursor.execute("UPDATE detail SET sealed = NULL WHERE sealed < ?", until)
            cursor.execute("DELETE FROM mention WHERE month < ?", (month,))
            cursor.execute("DELETE FROM month WHERE number < ?", (month,))
            self._owe(cursor, owed)
        with self._turn:
            self._months = {number: known for number, known in self._months.items() if number >= month}
        self._scrub()

    def sealed_before(self, month: int) -> int:
        """How many entries are sealed under the keys of months before ``month`` and not under a legal hold."""
        with self._turn, self._translated():
            return int(self._connection.execute(_COUNT_EXPIRED, (_MONTH.pack(month),)).fetchone()[0])

    def owe(self, owed: Owed) -> None:
        """Note that an entry is to be written, before what it tells of is done."""
        with self._transaction() as cursor:
            self._owe(cursor, owed)

    def owed(self) -> list[Owed]:
        """Entries that were to be written; a crash may have come before they were, or just after."""
        with self._turn, self._translated():
            return [Owed(*row) for row in self._connection.execute("SELECT id, kind, said, sealed FROM owed")]

    def paid(self, entry: str) -> None:
        """What was owed is in the log, and what had to follow it is done."""
        with self._transaction() as cursor:
            cursor.execute("DELETE FROM owed WHERE id = ?", (entry,))

    def hold(self, entries: Iterable[str]) -> None:
        """A legal hold: these entries' details may not be erased."""
        with self._transaction() as cursor:
            cursor.executemany("INSERT OR IGNORE INTO held VALUES (?)", ((_key(e),) for e in entries))

    def lift(self, entries: Iterable[str]) -> None:
        """The hold is over."""
        with self._transaction() as cursor:
            cursor.executemany("DELETE FROM held WHERE id = ?", ((_key(e),) for e in entries))

    def held(self, entries: Iterable[str]) -> list[str]:
        """Which of these are held."""
        with self._turn, self._translated():
            known = {row[0] for row in self._connection.execute("SELECT id FROM held")}
        return [entry for entry in entries if _key(entry) in known]

    def ids(self, start: int = 0) -> Iterator[str]:
        """The ids of all entries from the number ``start`` on, in the log's order."""
        last = start - 1
        while True:
            with self._turn, self._translated():
                rows = self._connection.execute(
                    "SELECT number, id FROM detail WHERE number > ? ORDER BY number LIMIT 1000", (last,)
                ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield from (row[1].decode("ascii") for row in rows)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Cursor]:
        with self._turn:
            try:
                with super()._transaction() as cursor:
                    yield cursor
            except BaseException:
                self._months.clear()  # what they remember of mentions was perhaps taken back
                raise

    def _index(self, cursor: sqlite3.Cursor, most: int, known: Mapping[int, frozenset[bytes] | None] = _NOTHING) -> int:
        """Note whom the next ``most`` rows speak of; how many there were. Noted is noted: in the same transaction.

        ``known``: the words of rows by their number. What is forgotten already is not noted, known or not.
        """
        until = self._indexed(cursor)
        rows = cursor.execute(_NEXT, (until, most)).fetchall()
        said: defaultdict[tuple[int, bytes], list[int]] = defaultdict(list)
        for number, key, sealed in rows:
            if sealed is not None:
                try:
                    words = known.get(number)
                    if words is None:
                        words = words_of(self.unseal(key.decode("ascii"), sealed))
                except SealBroken:  # its month was forgotten, or it is damaged: nobody can say whom it spoke of
                    continue
                for word in words:
                    said[_MONTH.unpack_from(sealed)[0], word].append(number)
        for (month, word), numbers in said.items():
            self._month(month).mentions.add(cursor, word, numbers)
        if rows:
            cursor.execute("UPDATE indexed SET until = ?", (rows[-1][0] + 1,))
        return len(rows)

    def _indexed(self, cursor: sqlite3.Cursor) -> int:
        """Below which number all rows are noted."""
        row = cursor.execute("SELECT until FROM indexed").fetchone()
        if row is None:
            cursor.execute("INSERT INTO indexed VALUES (0)")
        return 0 if row is None else int(row[0])

    def _owe(self, cursor: sqlite3.Cursor, owed: Owed) -> None:
        values = (owed.id, owed.kind, owed.said, owed.sealed)
        cursor.execute("INSERT OR IGNORE INTO owed (id, kind, said, sealed) VALUES (?, ?, ?, ?)", values)

    def _row(self, entry: str) -> tuple[int, bytes | None]:
        with self._turn, self._translated():
            row = self._connection.execute("SELECT number, sealed FROM detail WHERE id = ?", (_key(entry),)).fetchone()
        if row is None:
            raise UnknownName(f"the log has no entry {entry[:64]!r}")
        return row[0], row[1]

    def _month(self, month: int, *, make: bool = True) -> _Month:
        with self._turn:
            if month in self._months:
                return self._months[month]
            context = b"countenance/vault-month/v1" + _MONTH.pack(month)
            with self._translated():
                row = self._connection.execute("SELECT wrapped FROM month WHERE number = ?", (month,)).fetchone()
            if row is not None:
                key = self._wrapping.open(row[0], context)
            elif make:
                key = new_key()
                with self._transaction() as cursor:
                    cursor.execute("INSERT INTO month VALUES (?, ?)", (month, self._wrapping.close(key, context)))
            else:
                raise SealBroken("the key of this entry's month is gone")
            self._months[month] = _Month(Seal(key), Mentions(month, key))
            return self._months[month]

    def _scrub(self) -> None:
        """Move the write-ahead log into the file and cut it, so that no forgotten bytes stay there."""
        with self._turn, self._translated():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _context(entry: str) -> bytes:
    return b"countenance/detail/v1\0" + entry.encode("ascii")


def _key(entry: str) -> bytes:
    return entry.encode("ascii", "replace")
