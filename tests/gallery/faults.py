"""Faults of the disk at the end of a transaction: what was written is lost, or kept though it was reported lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import psycopg
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from countenance.storage.database import Database


class Fault(Enum):
    """What a failed write leaves behind."""

    LOST = "lost"
    KEPT = "kept though reported lost"


@contextmanager
def faulty(database: Database, fault: Fault) -> Iterator[None]:
    """Inside the block every commit of this database fails, before it or after it really happened."""

    def fail(connection: Connection) -> None:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        if fault is Fault.KEPT:
            raw.commit()
        if database.shared:
            raise OperationalError("COMMIT", None, psycopg.OperationalError("the connection is lost"))
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorname = "SQLITE_IOERR_WRITE"
        raise OperationalError("COMMIT", None, error)

    event.listen(database.engine, "commit", fail)
    try:
        yield
    finally:
        event.remove(database.engine, "commit", fail)
