"""The witness's record: one row a log, the largest tree that it has cosigned; checked and replaced as one act."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from countenance.terms.errors import Malformed, MissingPart, Unwritable

MAX_EVIDENCE = 64
"""Contradicting submissions kept for each log; the first ones say enough."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS identity (vkey TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS log (
  origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, time INTEGER NOT NULL, note BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS evidence (origin TEXT NOT NULL, time INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The last tree cosigned for a log, when (Unix seconds), and the note with the log's and the witness's lines."""

    size: int
    root: bytes
    time: int
    note: bytes


class Record:
    """A SQLite file. Losing it ends the witness: started again without it, the same key could cosign a fork."""

    def __init__(self, path: Path, vkey: str, *, create: bool = False) -> None:
        if not create and not path.exists():
            raise MissingPart(
                "the witness's record is gone",
                where=str(path),
                remedy="Never start this key without it: make a new witness, and tell whoever trusts the old one.",
            )
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)
            known = [row[0] for row in self._connection.execute("SELECT vkey FROM identity")]
            if not known and create:
                self._connection.execute("INSERT INTO identity VALUES (?)", (vkey,))
        except sqlite3.Error as error:
            raise Unwritable(f"the witness's record cannot be opened: {error}", where=str(path)) from error
        if known not in ([vkey], []) or (not known and not create):
            raise Malformed("this record belongs to another witness key", where=str(path))

    def latest(self, origin: str) -> Cosigned | None:
        """The last tree cosigned for this log."""
        with self._lock:
            return self._row(origin)

    def origins(self) -> list[str]:
        """Every log of which something was cosigned."""
        with self._lock:
            return [row[0] for row in self._connection.execute("SELECT origin FROM log ORDER BY origin")]

    def replace(self, origin: str, decide: Callable[[Cosigned | None], Cosigned]) -> Cosigned:
        """Let ``decide`` see the row and give the next one, durably; nobody comes between. It raises to leave it."""
        with self._transaction():
            new = decide(self._row(origin))
            self._connection.execute(
                "INSERT OR REPLACE INTO log VALUES (?, ?, ?, ?, ?)", (origin, new.size, new.root, new.time, new.note)
            )
        return new

    def keep_evidence(self, origin: str, time: int, body: bytes) -> None:
        """Keep a submission, signed by the log, that contradicts what was cosigned."""
        with self._transaction():
            (kept,) = self._connection.execute("SELECT count(*) FROM evidence WHERE origin = ?", (origin,)).fetchone()
            if kept < MAX_EVIDENCE:
                self._connection.execute("INSERT INTO evidence VALUES (?, ?, ?)", (origin, time, body))

    def evidence(self, origin: str) -> list[bytes]:
        """The contradicting submissions of a log, oldest first."""
        with self._lock:
            found = self._connection.execute("SELECT body FROM evidence WHERE origin = ? ORDER BY rowid", (origin,))
            return [row[0] for row in found]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _row(self, origin: str) -> Cosigned | None:
        found = self._connection.execute(
            "SELECT size, root, time, note FROM log WHERE origin = ?", (origin,)
        ).fetchone()
        return Cosigned(*found) if found else None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """IMMEDIATE: another process that writes waits, so that check and replacement are one."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise Unwritable(f"the witness's record cannot be written: {error}") from error
