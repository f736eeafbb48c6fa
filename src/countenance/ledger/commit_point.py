"""The commit point: one row that says which tree is ours, changed by compare-and-swap, and every checkpoint signed.

The row holds all that a start needs, so that a start reads one row and the journal's tail whatever the log's size:
the tree's size and root, its right edge, the entries after its last full bundle, and the running epoch.

Trusted: who can write this file can make the log fork. What guards against an old copy of it stands in ``guard.py``.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from countenance.ledger.disk import Disk
from countenance.ledger.private_file import PrivateFile
from countenance.terms.errors import LogDamaged

FILE_NAME = "commit.sqlite"

_TABLES = """
CREATE TABLE IF NOT EXISTS commit_point (
  only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL, installation BLOB NOT NULL,
  directory TEXT NOT NULL, name TEXT NOT NULL, origin TEXT NOT NULL, year INTEGER NOT NULL, before TEXT NOT NULL,
  shard_first INTEGER NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, edge BLOB NOT NULL, tail BLOB NOT NULL,
  epoch INTEGER NOT NULL, opened INTEGER NOT NULL, books TEXT NOT NULL, anchored INTEGER NOT NULL,
  restore TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS checkpoint (
  origin TEXT NOT NULL, shard_first INTEGER NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
  epoch INTEGER NOT NULL, start TEXT NOT NULL, end TEXT NOT NULL, early INTEGER NOT NULL, note TEXT NOT NULL,
  published TEXT, PRIMARY KEY (origin, size)
);
"""


@dataclass(frozen=True, slots=True)
class CommitPoint:
    """The row. Sequence numbers count all entries ever; an entry's index is its number less ``shard_first``.

    ``installation`` are 16 random bytes of the place where this log was made; ``directory`` that place's identity.
    ``name`` is the log's name for receipts, ``origin`` the running shard's in checkpoints, ``year`` when that
    began, ``before`` the checkpoint text of the shard that it continues (empty for the first). ``edge`` and ``tail``
    are bytes of ``tree.Tree``. ``epoch`` is the running one, ``opened`` when it began (Unix seconds), ``books`` JSON
    of what ``books.Books`` keeps. ``anchored`` says that an anchor of this log was written somewhere;
    ``restore`` is JSON of what ``restore.py`` left to be done, or empty.
    """

    version: int
    installation: bytes
    directory: str
    name: str
    origin: str
    year: int
    before: str
    shard_first: int
    size: int
    root: bytes
    edge: bytes
    tail: bytes
    epoch: int
    opened: int
    books: str
    anchored: int
    restore: str

    @property
    def next(self) -> int:
        """The sequence number of the first entry that is not yet in the tree."""
        return self.shard_first + self.size


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """A checkpoint that the log signed at the close of ``epoch``: the tree of the first ``size`` entries of its shard.

    ``note`` carries the log's signature; ``published`` the note as published, with the witnesses' too, or None while
    it waits for them. ``start`` and ``end`` are days (YYYY-MM-DD, UTC).
    """

    origin: str
    shard_first: int
    size: int
    root: bytes
    epoch: int
    start: str
    end: str
    early: bool
    note: str
    published: str | None = None


_COLUMNS = tuple(f.name for f in fields(CommitPoint))
_SIGNED = tuple(f.name for f in fields(KeptCheckpoint))


class CommitPoints(PrivateFile):
    """The file of the row and of the checkpoints. Threads may share it."""

    def __init__(self, path: Path, disk: Disk) -> None:
        super().__init__(path, _TABLES, disk)

    def load(self) -> CommitPoint | None:
        """The row, or None where there has been no log yet."""
        with self._turn, self._translated():
            row = self._connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM commit_point").fetchone()  # noqa: S608
            return CommitPoint(*row) if row else None

    def found(self, point: CommitPoint) -> None:
        """Make the first row; raises LogDamaged where there is one."""
        with self._transaction() as cursor:
            names, marks = ", ".join(("only", *_COLUMNS)), ", ".join("?" * (1 + len(_COLUMNS)))
            cursor.execute(f"INSERT OR IGNORE INTO commit_point ({names}) VALUES ({marks})", (1, *_values(point)))  # noqa: S608
            if cursor.rowcount != 1:
                raise LogDamaged("there is a log here already", where=str(self._path))

    def swap(self, point: CommitPoint, signed: KeptCheckpoint | None = None) -> CommitPoint:
        """Put ``point`` where its own version stands, and keep the checkpoint signed over it: the commit itself.

        Raises LogDamaged where another writer has moved the row, or where another tree of this size was signed.
        An error leaves unknown which of the two rows is on the disk; only a new start may find out.
        """
        with self._transaction() as cursor:
            if signed is not None:
                self._keep(cursor, signed)
            names = ", ".join(f"{name} = ?" for name in _COLUMNS)
            values = (point.version + 1, *_values(point)[1:], point.version)
            cursor.execute(f"UPDATE commit_point SET {names} WHERE version = ?", values)  # noqa: S608
            if cursor.rowcount != 1:
                raise LogDamaged("another process has written to this log", where=str(self._path))
        return replace(point, version=point.version + 1)

    def _keep(self, cursor: sqlite3.Cursor, signed: KeptCheckpoint) -> None:
        cursor.execute("SELECT root FROM checkpoint WHERE origin = ? AND size = ?", (signed.origin, signed.size))
        row = cursor.fetchone()
        if row is not None and row[0] != signed.root:
            raise LogDamaged(f"another tree of size {signed.size} was signed before", where=str(self._path))
        marks = ", ".join("?" * len(_SIGNED))
        cursor.execute(
            f"INSERT OR IGNORE INTO checkpoint ({', '.join(_SIGNED)}) VALUES ({marks})",  # noqa: S608
            tuple(getattr(signed, name) for name in _SIGNED),
        )

    def mark_published(self, origin: str, size: int, note: str) -> None:
        """Say that the checkpoint is public, as ``note``. Idempotent."""
        with self._transaction() as cursor:
            cursor.execute("UPDATE checkpoint SET published = ? WHERE origin = ? AND size = ?", (note, origin, size))

    def checkpoints(self, origin: str | None = None) -> list[KeptCheckpoint]:
        """All that were signed, of one origin or of every, oldest first."""
        return self._select("WHERE ? IS NULL OR origin = ? ORDER BY epoch, size", (origin, origin))

    def waiting(self) -> list[KeptCheckpoint]:
        """Those that are signed and not yet public, oldest first."""
        return self._select("WHERE published IS NULL ORDER BY epoch, size", ())

    def published_size(self, origin: str) -> int:
        """The size of the largest public tree of a shard; 0 where none is."""
        return max((k.size for k in self.checkpoints(origin) if k.published is not None), default=0)

    def covering(self, number: int, *, public: bool) -> KeptCheckpoint | None:
        """The first checkpoint whose tree holds the entry with this sequence number; only a public one if asked."""
        found = self._select(
            "WHERE shard_first <= ? AND shard_first + size > ? AND (published IS NOT NULL OR NOT ?) "
            "ORDER BY epoch, size LIMIT 1",
            (number, number, public),
        )
        return found[0] if found else None

    def _select(self, where: str, values: tuple[object, ...]) -> list[KeptCheckpoint]:
        with self._turn, self._translated():
            rows = self._connection.execute(f"SELECT {', '.join(_SIGNED)} FROM checkpoint {where}", values)  # noqa: S608
            return [_kept(row) for row in rows]


def read_commit_point(path: Path) -> tuple[CommitPoint, list[KeptCheckpoint]]:
    """The row and the checkpoints as they stand, for a reader beside the writer; raises sqlite3.Error."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.execute("BEGIN")
        row = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM commit_point").fetchone()  # noqa: S608
        kept = connection.execute(f"SELECT {', '.join(_SIGNED)} FROM checkpoint ORDER BY epoch, size")  # noqa: S608
        if row is None:
            raise sqlite3.OperationalError("no log was founded")
        return CommitPoint(*row), [_kept(each) for each in kept]
    finally:
        connection.close()


def _kept(row: tuple[Any, ...]) -> KeptCheckpoint:
    return KeptCheckpoint(**{**dict(zip(_SIGNED, row, strict=True)), "early": bool(row[7])})


def _values(point: CommitPoint) -> tuple[object, ...]:
    return tuple(getattr(point, name) for name in _COLUMNS)
