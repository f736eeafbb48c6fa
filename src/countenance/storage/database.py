"""The database: one writer at a time, durable at commit, errors that a person can act on."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Row, Table, create_engine, event, insert, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from countenance.storage import postgresql
from countenance.storage.faults import database_error, is_failed_sync, unwritable
from countenance.terms.errors import InUse, Malformed, MissingPart, Unwritable

BUSY_SECONDS = 10.0
"""How long a statement waits for another process's write before it raises InUse."""
_BEGIN = "countenance_begin"
_PASSING = "countenance_passing"

_SQLITE_SETTINGS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # the write-ahead log is fsynced at every commit
    "PRAGMA secure_delete=ON",  # deleted content is overwritten with zeros, also on freed pages
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",  # no sort or index of ours spills into a file that nobody scrubs
    f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}",
)


class Database:
    """Trusted to keep what was committed; not trusted to keep a secret (see the room ``keys``).

    ``read`` gives one consistent snapshot, ``write`` one transaction: committed and durable when the block ends,
    undone where the block raises. Threads may share a Database. Writers queue here rather than at the file or the
    server, so that nobody starves; at a server that several nodes share, one of them writes at a time. After an fsync
    that failed every further ``write`` to a file raises Unwritable until the process starts anew, because what the
    disk holds is then unknown. A commit whose connection was lost may have happened.
    """

    def __init__(self, engine: Engine, place: str, schema: str | None = None) -> None:
        self.engine = engine
        self.place = place
        self._name = f"countenance/{schema or 'data'}"  # what one node at a time writes to
        self._writer = threading.Lock()
        self._failed = False

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded engine, whose files lie on this machine."""
        return self.engine.dialect.name == "sqlite"

    @property
    def shared(self) -> bool:
        """Whether other nodes may change it while this one works."""
        return not self.is_sqlite

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection with one snapshot for the whole block; nothing that it writes is kept."""
        with self._translated(), self.engine.connect() as connection:
            if self.shared:  # in SQLite a transaction is one snapshot by itself
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self, *, passing: bool = False) -> Iterator[Connection]:
        """A connection in a write transaction; raises Unwritable or InUse and is then undone.

        ``passing``: it survives a process that is killed and may be lost where the power fails, for what may be
        lost and is written often; the next write that is not passing, or a checkpoint, takes it to the disk too.
        """
        if not self._writer.acquire(timeout=BUSY_SECONDS * 6):
            raise InUse("another thread has been writing for a minute", where=self.place, remedy="Try again.")
        try:
            if self._failed:
                raise Unwritable(
                    "an earlier write did not reach the disk", where=self.place, remedy="Look at the disk and restart."
                )
            with self._translated(), self.engine.connect() as connection:
                connection.execution_options(**{_BEGIN: "IMMEDIATE", _PASSING: passing})
                with connection.begin():
                    if self.shared:
                        postgresql.begin_alone(connection, self._name, passing=passing)
                    yield connection
        finally:
            self._writer.release()

    def ask(self, statement: Executable, values: Mapping[str, Any]) -> Row[Any] | None:
        """The first row of one statement that changes nothing, in no transaction: the quickest way to know"""
        with self._translated(), self.engine.connect() as connection:
            if self.shared:
                connection.execution_options(isolation_level="AUTOCOMMIT")
            return connection.execute(statement, values).first()

    def told(self, wake: socket.socket) -> Iterator[str]:
        """What nodes tell of their changes to a shared database, and first an empty word, once it listens.

        Ends when ``wake`` can be read; raises Unwritable where the connection is lost.
        """
        with self._translated():
            yield from postgresql.told(self.engine, wake)

    def scrub(self) -> bool:
        """Move the write-ahead log into the database and cut it to nothing, so that no deleted bytes remain there.

        False where a reader of another process kept it from being cut within the busy timeout; the next scrub
        does it. Elsewhere than on SQLite this is the server's matter (vacuum, archived logs) and true.
        """
        if not self.is_sqlite:
            return True
        with self._translated(), self.engine.connect() as connection:
            raw = connection.connection.cursor()
            try:
                busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                raw.close()
        return not busy

    def damage(self) -> tuple[str, ...]:
        """What the engine itself finds wrong: structure and foreign keys. Empty means none."""
        if not self.is_sqlite:
            return ()
        try:
            with self.read() as connection:
                found = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check"))]
                orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
        except Malformed as error:
            return (error.what,)
        return (
            *(line for line in found if line != "ok"),
            *(f"a row of {row[0]} without its row of {row[2]}" for row in orphans),
        )

    def close(self) -> None:
        """Close all connections; the last one to leave moves the write-ahead log into the database."""
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            if is_failed_sync(error):
                self._failed = True
            meant = database_error(error, self.place)
            if meant is None:
                raise
            raise meant from error


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns, the quickest way that the engine has."""
    if connection.dialect.name == "sqlite" or not postgresql.copy_rows(connection, table, rows):
        connection.execute(insert(table), rows)


def open_database(where: str | Path, schema: str | None = None) -> Database:
    """Open the SQLite file at a path (made with mode 0600 if it is not there) or the database of a URL.

    ``schema``: where its tables are in a PostgreSQL database that others share. Raises Unwritable, InUse, MissingPart
    (no driver for that URL) or Malformed (not a database).
    """
    url = where if isinstance(where, str) and "://" in where else f"sqlite:///{where}"
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _open_sqlite(parsed)
        if parsed.get_backend_name() != "postgresql":
            raise ArgumentError("it is neither a path nor postgresql://")
        database = Database(postgresql.engine_of(parsed, schema), parsed.render_as_string(), schema)
    except ModuleNotFoundError as error:
        raise MissingPart(
            f"the driver {error.name} is not installed",
            where=url.partition("://")[0],
            remedy="pip install 'countenance[postgresql]'",
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise Malformed(f"this names no database: {error}", where=url.partition("://")[0]) from error
    with database._translated():
        postgresql.begin(database.engine, schema)
    return database


def _open_sqlite(url: URL) -> Database:
    if not url.database or url.database == ":memory:":
        raise Malformed("the store must be a file", where=str(url), remedy="Name a path.")
    path = Path(url.database)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise unwritable(error, path) from error
    engine = create_engine(url, pool_size=8, max_overflow=56, pool_timeout=BUSY_SECONDS)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    database = Database(engine, str(path))
    with database.read() as connection:  # so that a file that is no database is found now
        connection.execute(text("SELECT count(*) FROM sqlite_master"))
    return database


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    cursor = connection.cursor()
    try:
        for setting in _SQLITE_SETTINGS:
            cursor.execute(setting)
    finally:
        cursor.close()


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if _BEGIN not in options:  # a read: every request makes several, and this one statement touches no file
        raw = connection.connection.driver_connection
        assert raw is not None  # noqa: S101  it is connected
        raw.execute("BEGIN DEFERRED")
        return
    # Said before each write, so that no connection of the pool keeps another's setting.
    connection.exec_driver_sql(f"PRAGMA synchronous={'NORMAL' if options[_PASSING] else 'FULL'}")
    connection.exec_driver_sql(f"BEGIN {options[_BEGIN]}")
