"""PostgreSQL as the store: one writer among nodes, errors that help, and what is told."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, text
from sqlalchemy.types import JSON
from tests.storage.server import Server

from countenance.storage.database import Database, insert_many, open_database
from countenance.terms.errors import CountenanceError, InUse, Malformed, Unwritable

pytestmark = pytest.mark.xdist_group("postgresql")

THING = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary),
    Column("key", String(8)),
    Column("about", JSON),
)


@pytest.fixture
def database(postgresql: Server) -> Iterator[Database]:
    """One empty table."""
    made = open_database(postgresql.make())
    with made.write() as connection:
        THING.create(connection)
    yield made
    made.close()


def add(database: Database, *numbers: int) -> None:
    with database.write() as connection:
        insert_many(
            connection, THING, [{"id": n, "body": bytes([n % 256]), "key": "ö", "about": {"n": n}} for n in numbers]
        )


def ids(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(text("SELECT id FROM thing ORDER BY id")).scalars())


def test_many_rows_are_copied_as_few_are_inserted(database: Database) -> None:
    """Bytes, text, JSON and nulls come back as they went in, whichever way they went."""
    add(database, 1)
    add(database, *range(2, 200))
    with database.write() as connection:
        insert_many(connection, THING, [{"id": n, "body": None, "key": None, "about": {}} for n in range(200, 300)])
    with database.read() as connection:
        rows = connection.execute(THING.select().order_by(THING.c.id)).all()
    assert [tuple(row) for row in rows[:199]] == [(n, bytes([n % 256]), "ö", {"n": n}) for n in range(1, 200)]
    assert {tuple(row)[1:3] for row in rows[199:]} == {(None, None)}


def test_a_copy_that_fails_undoes_the_whole_block(database: Database) -> None:
    """A row that is there already keeps out what came with it, and says so as a mistake of ours."""
    add(database, 50)
    with pytest.raises(Exception, match="duplicate key"):
        add(database, *range(100))
    assert ids(database) == [50]
    add(database, *range(50))
    assert ids(database) == list(range(51))


def test_nodes_write_one_after_the_other(database: Database) -> None:
    """Two nodes read, think and write what they read plus one: no step is lost."""
    other = open_database(database.engine.url.render_as_string().replace("+psycopg", ""))
    with database.write() as connection:
        connection.execute(text("INSERT INTO thing (id, key) VALUES (1, '0')"))

    def count(node: Database) -> None:
        for _ in range(25):
            with node.write() as connection:
                seen = int(connection.execute(text("SELECT key FROM thing")).scalar_one())
                time.sleep(0.001)
                connection.execute(text("UPDATE thing SET key = :n"), {"n": str(seen + 1)})

    threads = [threading.Thread(target=count, args=(node,)) for node in (database, other) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert connection.execute(text("SELECT key FROM thing")).scalar_one() == "100"
    other.close()


def test_a_node_that_waits_too_long_says_so(database: Database) -> None:
    """Another one writes and does not end: in use, and nothing was written."""
    other = open_database(database.engine.url.set(query=database.engine.url.query).render_as_string())
    with database.write():
        with other.engine.connect() as connection:
            connection.execute(text("SET lock_timeout = '50ms'"))
            connection.commit()
        with pytest.raises(InUse, match="another node"), other.write():
            raise AssertionError("it is not alone")
    other.close()


WRITER = """
import sys, time
from sqlalchemy import text
from countenance.storage.database import open_database
with open_database(sys.argv[1]).write() as connection:
    connection.execute(text("INSERT INTO thing (id) VALUES (7)"))
    print("inside", flush=True)
    time.sleep(60)
"""


def test_a_killed_node_leaves_nothing_locked_and_nothing_written(database: Database) -> None:
    """Killed in the middle of a transaction: the next node writes at once."""
    url = database.engine.url.render_as_string()
    with subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True) as node:
        assert node.stdout is not None
        assert node.stdout.readline() == "inside\n"
        node.send_signal(signal.SIGKILL)
    add(database, 1)
    assert ids(database) == [1]


def test_a_reader_sees_one_moment(database: Database) -> None:
    """What is committed during a read block is seen by the next one."""
    with database.read() as connection:
        before = connection.execute(text("SELECT count(*) FROM thing")).scalar()
        add(database, 2)
        assert connection.execute(text("SELECT count(*) FROM thing")).scalar() == before
    assert ids(database) == [2]


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("53100", Unwritable),
        ("53300", InUse),
        ("25006", Unwritable),
        ("42501", Unwritable),
        ("40001", InUse),
        ("57P01", Unwritable),
        ("58030", Unwritable),
        ("XX001", Malformed),
    ],
)
def test_the_server_s_errors_are_ours(database: Database, state: str, error: type[CountenanceError]) -> None:
    """By the server's own codes (full disk, too many connections, read-only, …); a person is told what to do."""
    with pytest.raises(error) as raised, database.write() as connection:
        connection.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'said' USING ERRCODE = '{state}'; END $$"))
    assert raised.value.where == database.place
    assert raised.value.remedy
    add(database, 1)
    assert ids(database) == [1]


def test_a_server_that_is_read_is_no_place_to_write(database: Database) -> None:
    """As a replica is: read-only."""
    with database.write() as connection:
        connection.execute(text("SELECT set_config('default_transaction_read_only', 'on', false)"))
    with pytest.raises(Unwritable, match="may not be written"):
        add(database, 1)


def test_a_database_that_is_not_there(postgresql: Server) -> None:
    """And a text that no PostgreSQL database keeps."""
    with pytest.raises(Unwritable, match="does not exist"):
        open_database(postgresql.url("nowhere"))
    database = open_database(postgresql.make())
    with pytest.raises(Malformed), database.read() as connection:
        connection.execute(text("SELECT :word"), {"word": "a\0b"})
    database.close()


def test_a_password_is_nowhere_to_be_read(postgresql: Server) -> None:
    """Not in what errors say, nor in the place that they name."""
    url = postgresql.make().replace("countenance@", "countenance:secret@")
    database = open_database(url)
    assert "secret" not in database.place
    database.close()
    with pytest.raises(CountenanceError) as raised:
        open_database(url.replace("host=", "host=/nowhere"))
    assert "secret" not in str(raised.value)


def test_a_connection_that_was_lost_is_replaced(database: Database) -> None:
    """While it lay idle, nobody notices; in the middle of a write it is an error, and the write undone."""
    cut = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )
    other = open_database(database.engine.url.render_as_string())
    with other.read() as connection:
        connection.execute(cut)
    add(database, 1)

    def write() -> None:
        with database.write() as connection:
            connection.execute(text("INSERT INTO thing (id) VALUES (2)"))
            with other.read() as killer:
                killer.execute(cut)
            connection.execute(text("INSERT INTO thing (id) VALUES (3)"))

    with pytest.raises(Unwritable, match="lost"):
        write()
    assert ids(database) == [1]
    other.close()


def test_what_is_told_is_heard(database: Database) -> None:
    """An empty word once it listens, then each; it ends when it is woken."""
    end, wake = socket.socketpair()
    told = database.told(wake)
    assert next(told) == ""
    with database.write() as connection:
        connection.execute(text("SELECT pg_notify('countenance', 'a b')"))
    assert next(told) == "a b"
    end.close()
    assert list(told) == []
