"""The schema's steps: they make what the rooms declare, on SQLite and on PostgreSQL."""

from __future__ import annotations

import importlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.dialects import postgresql as dialects
from sqlalchemy.schema import CreateIndex, CreateTable
from tests.storage.server import Server

import countenance
from countenance.storage.database import open_database
from countenance.storage.migrate import head, migrate, sql_of_steps
from countenance.storage.schema import metadata
from countenance.terms.errors import Malformed


@pytest.fixture(autouse=True, scope="module")
def declared() -> None:
    """Import every file that declares tables, whichever room it is in."""
    source = Path(countenance.__file__).parent
    for path in sorted(source.rglob("*.py")):
        if "from countenance.storage.schema import metadata" in path.read_text(encoding="utf-8"):
            importlib.import_module(".".join(("countenance", *path.relative_to(source).with_suffix("").parts)))
    assert {"gallery", "subject", "reference"} <= metadata.tables.keys()


def test_the_steps_make_what_the_rooms_declare(tmp_path: Path) -> None:
    """Alembic's own comparison finds no difference: table, column, type, index, constraint."""
    database = open_database(tmp_path / "a.db")
    assert migrate(database)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    database.close()


@pytest.mark.xdist_group("postgresql")
def test_so_they_do_on_a_real_server(postgresql: Server) -> None:
    """The same comparison on PostgreSQL; two nodes that start at once take each step once."""
    url = postgresql.make()
    nodes = [open_database(url), open_database(url)]
    with ThreadPoolExecutor(2) as pool:
        assert any(pool.map(migrate, nodes))
    with nodes[0].read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    for node in nodes:
        node.close()


def test_a_second_start_takes_no_step_and_loads_no_alembic(tmp_path: Path) -> None:
    """The cold start of every command pays for it otherwise."""
    database = open_database(tmp_path / "a.db")
    migrate(database)
    assert not migrate(database)
    database.close()
    script = (
        "import sys, pathlib\n"
        "from countenance.storage.database import open_database\n"
        "from countenance.storage.migrate import migrate\n"
        "assert not migrate(open_database(pathlib.Path(sys.argv[1])))\n"
        "assert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "a.db")], check=True)


def test_a_step_that_fails_leaves_the_schema_as_it_was(tmp_path: Path) -> None:
    """All steps of one start are one transaction."""
    database = open_database(tmp_path / "a.db")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE reference (in_the_way INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        migrate(database)
    with database.read() as connection:
        tables = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
    assert tables == ["reference"]
    with database.write() as connection:
        connection.execute(text("DROP TABLE reference"))
    assert migrate(database)
    database.close()


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    """An older program says so instead of writing into what it does not know."""
    database = open_database(tmp_path / "a.db")
    migrate(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Malformed, match="9999"):
        migrate(database)
    database.close()


def test_everything_compiles_for_postgresql() -> None:
    """Each declared table and index, and all steps as one script, with PostgreSQL's own types."""
    dialect = dialects.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its constructor untyped
    for table in metadata.sorted_tables:
        ddl = str(CreateTable(table).compile(dialect=dialect))
        assert "BLOB" not in ddl
        for index in table.indexes:
            str(CreateIndex(index).compile(dialect=dialect))
    script = sql_of_steps("postgresql")
    assert "BYTEA" in script
    assert "BIGINT" in script
    for table in metadata.sorted_tables:
        assert f"CREATE TABLE {table.name} (" in script
    assert f"'{head()}'" in script
