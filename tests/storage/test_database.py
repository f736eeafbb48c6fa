"""The database: durable at commit, undone where it fails, one writer at a time, errors that help."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from tests.storage.test_durable import largest_file

from countenance.storage import database as module
from countenance.storage.database import Database, open_database
from countenance.terms.errors import InUse, Malformed, MissingPart, Unwritable


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """One table with one row."""
    made = open_database(tmp_path / "a.db")
    with made.write() as connection:
        connection.execute(text("CREATE TABLE thing (id INTEGER PRIMARY KEY, body BLOB)"))
        connection.execute(text("INSERT INTO thing VALUES (1, x'00')"))
    yield made
    made.close()


def ids(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(text("SELECT id FROM thing ORDER BY id")).scalars())


def add(database: Database, number: int, size: int = 1) -> None:
    with database.write() as connection:
        connection.execute(text("INSERT INTO thing VALUES (:id, zeroblob(:size))"), {"id": number, "size": size})


def test_it_is_set_up_to_keep_and_to_forget(database: Database) -> None:
    """Write-ahead log, fsync at commit, deleted content overwritten, and a file that is its owner's alone."""
    with database.read() as connection:
        values = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "temp_store")
        }
    assert values == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "temp_store": 2}
    directory = Path(database.place).parent
    assert {p.stat().st_mode & 0o777 for p in directory.iterdir()} == {0o600}


def test_a_block_that_raises_is_undone(database: Database) -> None:
    """Neither a mistake of ours nor one of the statement leaves anything behind."""

    def mistaken() -> None:
        with database.write() as connection:
            connection.execute(text("INSERT INTO thing VALUES (2, NULL)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mistaken()
    with pytest.raises(IntegrityError):
        add(database, 1)
    assert ids(database) == [1]
    add(database, 2)
    assert ids(database) == [1, 2]


def test_a_reader_sees_one_moment(database: Database) -> None:
    """What is committed during a read block is seen by the next one."""
    with database.read() as connection:
        before = connection.execute(text("SELECT count(*) FROM thing")).scalar()
        add(database, 2)
        assert connection.execute(text("SELECT count(*) FROM thing")).scalar() == before
    assert ids(database) == [1, 2]


def test_writers_queue(database: Database) -> None:
    """Many threads at once: every write is kept."""
    threads = [threading.Thread(target=add, args=(database, number)) for number in range(2, 42)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ids(database) == list(range(1, 42))


def test_a_file_that_may_not_grow(database: Database) -> None:
    """By the process's own limit, for any user: a clear error, nothing half-written, and it goes on afterwards."""
    with largest_file(64 * 1024), pytest.raises(Unwritable) as failed:
        add(database, 2, 1_000_000)
    assert failed.value.where == database.place
    assert failed.value.remedy
    assert ids(database) == [1]
    assert database.damage() == ()
    add(database, 2, 1_000_000)
    assert ids(database) == [1, 2]


def test_a_full_disk(database: Database) -> None:
    """SQLite's own word for it, which a page limit brings about as well as a full file system."""
    with database.read() as connection:  # the limit belongs to the connection, which the pool hands out again
        connection.execute(text("PRAGMA max_page_count = 4"))
    with pytest.raises(Unwritable, match="full"):
        add(database, 2, 1_000_000)
    assert ids(database) == [1]


def test_after_a_failed_fsync_nothing_more_is_written(database: Database) -> None:
    """What the disk holds is then unknown; reading goes on, writing waits for a new start."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
    with pytest.raises(Unwritable), database.write():
        raise OperationalError("COMMIT", None, error)
    with pytest.raises(Unwritable, match="earlier write"):
        add(database, 2)
    assert ids(database) == [1]
    again = open_database(database.place)
    add(again, 2)
    again.close()


def test_another_process_that_writes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the busy timeout it is waited for, after it the error says so; then all goes on."""
    monkeypatch.setattr(module, "_SQLITE_SETTINGS", ("PRAGMA busy_timeout=50",))
    hasty = open_database(database.place)
    holds = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holds, database.place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InUse):
            add(hasty, 2)
        assert ids(hasty) == [1], "reading is not in anybody's way"
        other.communicate()
    add(hasty, 2)
    hasty.close()


@contextmanager
def ordinary_user() -> Iterator[Path]:
    """A directory of an ordinary user, and that user's rights, also where the tests run as root."""
    with tempfile.TemporaryDirectory() as name:
        if os.geteuid() != 0:
            yield Path(name)
            return
        os.chown(name, 65534, 65534)
        os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            os.seteuid(0)


def test_a_read_only_directory() -> None:
    """Neither a new database nor a write into an old one; what was there is still read."""
    with ordinary_user() as directory:
        made = open_database(directory / "a.db")
        with made.write() as connection:
            connection.execute(text("CREATE TABLE thing (id INTEGER PRIMARY KEY, body BLOB)"))
        made.close()
        (directory / "a.db").chmod(0o400)
        directory.chmod(0o500)
        try:
            for act in (lambda: open_database(directory / "b.db"), lambda: open_database(directory / "a.db")):
                with pytest.raises(Unwritable) as failed:
                    act()
                assert failed.value.remedy
        finally:
            directory.chmod(0o700)
        assert [p.name for p in directory.iterdir()] == ["a.db"]


def test_unreadable_permissions() -> None:
    """A file that this user may not read is said to be that."""
    with ordinary_user() as directory:
        open_database(directory / "a.db").close()
        (directory / "a.db").chmod(0)
        with pytest.raises(Unwritable, match="permission"):
            open_database(directory / "a.db")


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    """Text, or something that only begins like one; it is left as it was."""
    path = tmp_path / "a.db"
    path.write_bytes(content)
    with pytest.raises(Malformed) as failed:
        open_database(path)
    assert failed.value.where == str(path)
    assert path.read_bytes() == content


def test_a_place_that_is_none(tmp_path: Path) -> None:
    """A missing directory, a directory in the file's place, a file in the directory's."""
    (tmp_path / "file").write_bytes(b"")
    for where in ("missing/a.db", ".", "file/a.db"):
        with pytest.raises(Unwritable):
            open_database(tmp_path / where)


def test_a_url_names_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL wants a server and its driver; nonsense is called nonsense; memory is no store."""
    with pytest.raises(Unwritable, match="cannot be reached"):
        open_database(f"postgresql://somebody@/faces?host={tmp_path}")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingPart, match="psycopg") as missing:
        open_database("postgresql://localhost/faces")
    assert "countenance[postgresql]" in missing.value.remedy
    for url in ("nonsense://x", "sqlite://", "://", "sqlite:///:memory:"):
        with pytest.raises(Malformed):
            open_database(url)


def test_scrubbing_empties_the_log(database: Database) -> None:
    """After it the write-ahead log holds nothing; while somebody reads, it says that it could not."""
    add(database, 2, 100_000)
    log = Path(f"{database.place}-wal")
    assert log.stat().st_size > 100_000
    assert database.scrub()
    assert log.stat().st_size == 0


def test_damage_is_named(database: Database) -> None:
    """A page that was overwritten is found; a whole file has none."""
    for number in range(2, 200):
        add(database, number, 500)
    assert database.damage() == ()
    database.scrub()
    database.close()
    path = Path(database.place)
    data = bytearray(path.read_bytes())
    data[8192:12288] = b"\xa5" * 4096
    path.write_bytes(data)
    again = open_database(path)
    found = again.damage()
    assert found
    again.close()


def test_what_may_be_lost_with_the_power_waits_for_no_flush(tmp_path: Path) -> None:
    """A passing write is seen by another process at once, and the next one that is not waits for the disk again."""
    database = open_database(tmp_path / "a.db")

    def level(*, passing: bool) -> int:
        with database.write(passing=passing) as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS t (a INTEGER)"))
            connection.execute(text("INSERT INTO t VALUES (1)"))
            return int(connection.execute(text("PRAGMA synchronous")).scalar_one())

    normal, full = 1, 2
    assert [level(passing=each) for each in (False, True, True, False)] == [full, normal, normal, full]
    other = open_database(tmp_path / "a.db")
    with other.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar_one() == 4
    other.close()
    database.close()
