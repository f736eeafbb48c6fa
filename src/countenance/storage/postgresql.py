"""PostgreSQL, for several nodes over one store: its connections, its one writer, what it tells, rows in bulk."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, BigInteger, Connection, Engine, Integer, LargeBinary, Table, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

CHANNEL = "countenance"
"""On which a gallery's change is told, with the gallery's id and pseudonym (see the steps of the schema)."""
DRIVER = "postgresql+psycopg"

# A node that dies, hangs or is cut off leaves nothing locked: the server ends its connections, and so its transaction,
# half a minute later (and a minute where it is stopped within one). A commit waits for the disk whatever the server's
# own setting is; one that waits for replicas too stays as it is.
_SERVER = {
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "4",
    "client_min_messages": "error",
}
_OURS = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
    "application_name": "countenance",
}
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"
_DURABLE = text(
    f"{_LOCK}, set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off' "
    f"UNION ALL {_LOCK}, NULL WHERE current_setting('synchronous_commit') <> 'off'"
)
_PASSING = text(f"{_LOCK}, set_config('synchronous_commit', 'off', true)")
_COPY_FROM = 32
"""From so many rows on COPY is quicker than statements."""


def engine_of(url: URL, schema: str | None) -> Engine:
    """The pool of connections; ``schema`` is where their tables are (None: where the server says).

    A connection that was lost while it lay in the pool is replaced before it is used: the one retry that is always
    safe, for nothing was asked yet.
    """
    asked = url.query.get("options")
    options = [asked] if isinstance(asked, str) else []
    options += [f"-c {name}={value}" for name, value in _SERVER.items()]
    if schema is not None:
        options.append(f"-c search_path={schema}")
    return create_engine(
        url.set(drivername=DRIVER),
        connect_args=_OURS | {"options": " ".join(options)},
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=56,
        pool_timeout=10,
    )


def begin(engine: Engine, schema: str | None) -> None:
    """Connect for the first time, and make the schema if need be; raises SQLAlchemyError."""
    with engine.begin() as connection:
        if schema is None:
            connection.execute(text("SELECT 1"))
        else:
            begin_alone(connection, schema, passing=False)
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))


def begin_alone(connection: Connection, name: str, *, passing: bool) -> None:
    """Wait until no other node writes, to the end of this transaction. It may be lost in a crash where ``passing``."""
    connection.execute(_PASSING if passing else _DURABLE, {"name": name})


def told(engine: Engine, wake: socket.socket) -> Iterator[str]:
    """What is told on the channel, and an empty word once it listens; ends when ``wake`` can be read.

    Raises SQLAlchemyError where the connection is lost.
    """
    import psycopg  # noqa: PLC0415  an extra

    connection = engine.connect()
    driver: Any = connection.connection.driver_connection
    connection.detach()  # it is no longer one of the pool's
    try:
        driver.autocommit = True
        driver.execute(f"LISTEN {CHANNEL}")
        yield ""
        while True:
            ready, _, _ = select.select([driver.fileno(), wake], [], [])
            if wake in ready:
                return
            for each in driver.notifies(timeout=0):
                yield each.payload
    except psycopg.Error as error:
        raise OperationalError("LISTEN", None, error) from error
    finally:
        connection.close()


def copy_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Insert rows that all have the same columns by one COPY; False where they are so few that it does not pay."""
    if len(rows) < _COPY_FROM:
        return False
    import psycopg  # noqa: PLC0415
    from psycopg.types.json import Json  # noqa: PLC0415

    columns = [table.c[name] for name in rows[0]]
    names = ", ".join(connection.dialect.identifier_preparer.format_column(column) for column in columns)
    order = [column.name for column in columns]
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([_type_of(column.type) for column in columns])
            for row in rows:
                values = (row[name] for name in order)
                copy.write_row([Json(value) if isinstance(value, dict) else value for value in values])
    except psycopg.Error as error:
        raise OperationalError("COPY", None, error) from error
    return True


def _type_of(kind: object) -> str:
    if isinstance(kind, JSON):
        return "json"
    if isinstance(kind, LargeBinary):
        return "bytea"
    if isinstance(kind, BigInteger):
        return "int8"
    return "int4" if isinstance(kind, Integer) else "text"
