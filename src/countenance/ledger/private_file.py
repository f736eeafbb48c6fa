"""A small SQLite file of the ledger's own: opened for durability, written in whole transactions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from countenance.ledger.disk import Disk, make_private, unwritable


class PrivateFile:
    """What the commit point and the vault are kept in. Threads may share it; each waits for its turn.

    What SQLite or the disk refuses is told as Unwritable.
    """

    def __init__(self, path: Path, tables: str, disk: Disk) -> None:
        self._path = path
        self._disk = disk
        self._turn = threading.RLock()
        with self._translated():
            make_private(path)
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            for setting in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "busy_timeout=10000"):
                self._connection.execute(f"PRAGMA {setting}")
            self._connection.executescript(tables)

    def close(self) -> None:
        """Close."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Cursor]:
        """All or nothing, durable at the end of the block."""
        with self._turn, self._translated():
            cursor = self._connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
                self._disk.commit(self._connection)
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.rollback()
                raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise unwritable(error, self._path) from error
