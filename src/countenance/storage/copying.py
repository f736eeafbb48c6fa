"""Copy files so that the copy is whole and durable: ordinary ones byte by byte, databases through SQLite itself."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from countenance.storage.durable import sync_directory
from countenance.terms.errors import WrongDigest

_SQLITE = b"SQLite format 3\0"


def is_database(path: Path) -> bool:
    """Whether this is an SQLite file, which may not be copied like another while somebody writes it."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def copy_file(source: Path, target: Path) -> None:
    """Copy an ordinary file with its mode; raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as given, target.open("wb") as made:
        shutil.copyfileobj(given, made, 1 << 20)
        os.fchmod(made.fileno(), os.fstat(given.fileno()).st_mode & 0o777)
        made.flush()
        os.fsync(made.fileno())


def copy_database(source: Path, target: Path) -> None:
    """Copy an SQLite file as it stands at one moment, while others read and write it; it is one file, without a log.

    In one step (``pages`` of -1): the copy is one read transaction, so a busy writer neither delays it nor is delayed.
    Raises sqlite3.Error, OSError, WrongDigest where SQLite finds the copy damaged.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as given:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        with closing(sqlite3.connect(target, isolation_level=None)) as made:
            given.backup(made, pages=-1)
            made.execute("PRAGMA journal_mode=DELETE")
            (found,) = made.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise WrongDigest(f"the database is damaged: {found}", where=str(source))
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(directory: Path) -> None:
    """Make every name below ``directory`` durable, and its own; raises OSError."""
    for below, _, _ in os.walk(directory, topdown=False):
        sync_directory(Path(below))
    sync_directory(directory.parent)


def digest_of(path: Path) -> str:
    """The SHA-256 (hex) of a file, read from the disk."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_in(directory: Path) -> Iterator[Path]:
    """Every ordinary file below ``directory``, in order; links, sockets and pipes are passed over."""
    for below, folders, names in os.walk(directory):
        folders.sort()
        for name in sorted(names):
            path = Path(below, name)
            if path.is_file() and not path.is_symlink():
                yield path
