"""Bring a database to the newest schema, step by step; at the newest already, without loading Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from countenance.storage.database import Database
from countenance.storage.schema import metadata
from countenance.terms.errors import Malformed

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext

STEPS = Path(__file__).parent / "steps"
VERSION_TABLE = "alembic_version"


def head() -> str:
    """The newest step's number, from the names of the files: ``step_0001_gallery.py`` is ``0001``."""
    return max(path.name.split("_")[1] for path in STEPS.glob("step_*.py"))


def migrate(database: Database) -> bool:
    """Take the steps that are missing, all in one transaction; whether there were any.

    A crash leaves the schema as it was. Raises Malformed where a newer version of the program made the database.
    """
    newest = head()
    with database.read() as connection:
        at = _version(connection)
    if at == newest:
        return False
    if at is not None and at > newest:
        raise Malformed(
            f"this database has schema {at}; this version of Countenance knows {newest}",
            where=database.place,
            remedy="Install the newer version that wrote it.",
        )
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415  heavy; only when there is a step

    with database.write() as connection, _environment(EnvironmentContext) as environment:
        environment.configure(connection=connection, target_metadata=metadata)
        environment.run_migrations()
    return True


def sql_of_steps(dialect: str) -> str:
    """All steps as SQL for ``dialect`` (``postgresql``), for whoever applies them by hand."""
    import io  # noqa: PLC0415

    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415

    out = io.StringIO()
    with _environment(EnvironmentContext, as_sql=True) as environment:
        environment.configure(dialect_name=dialect, target_metadata=metadata, output_buffer=out)
        with environment.begin_transaction():
            environment.run_migrations()
    return out.getvalue()


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608  a constant


def _environment(kind: type[EnvironmentContext], *, as_sql: bool = False) -> EnvironmentContext:
    """An Alembic environment without configuration files; the script directory is the folder of steps."""
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    script = ScriptDirectory(str(STEPS), version_locations=[str(STEPS)])
    return kind(
        Config(),
        script,
        fn=lambda revision, _context: script._upgrade_revs("head", revision),
        as_sql=as_sql,
        destination_rev="head",
    )
