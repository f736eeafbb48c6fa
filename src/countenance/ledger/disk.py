"""The few file operations that durability rests on, in one place, so that each can be made to fail in a test.

Trusted to this extent: what ``sync`` returned from is on the disk. A ``sync`` that failed says nothing about what is
there, not even after a second one succeeds (the kernel marks the pages clean at the first), so nobody here retries:
see Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from countenance.terms.errors import Unwritable

TEMPORARY = ".temporary"
"""How the name of a file ends until it is whole; what a crash leaves of them is swept at the next start."""


class Disk:
    """The operating system's own operations. Every method raises OSError, or sqlite3.Error for ``commit``."""

    def create(self, path: Path) -> int:
        """Open a new file for reading and writing; it may not exist yet."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def open(self, path: Path) -> int:
        """Open a file that exists for reading and writing."""
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        """Write all of ``data`` at ``offset``."""
        view = memoryview(data)
        while view:
            written = os.pwrite(descriptor, view, offset)
            view, offset = view[written:], offset + written

    def allocate(self, descriptor: int, offset: int, size: int) -> None:
        """Reserve room, so that writing into it changes no metadata and a full disk shows before a frame is begun."""
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, offset, size)

    def sync(self, descriptor: int) -> None:
        """Return once the file's bytes are on the disk."""
        (os.fdatasync if hasattr(os, "fdatasync") else os.fsync)(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut the file to ``size`` bytes."""
        os.ftruncate(descriptor, size)

    def close(self, descriptor: int) -> None:
        """Close."""
        os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Give a file its final name; replaces what had it."""
        os.replace(source, target)

    def unlink(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def sync_directory(self, path: Path) -> None:
        """Return once the directory's names are on the disk."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def commit(self, connection: sqlite3.Connection) -> None:
        """Commit a transaction of a database that was opened with ``synchronous=FULL``."""
        connection.commit()


def make_private(path: Path) -> None:
    """Make an empty file of mode 0600 where there is none, for a database that others may not read."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def make_directories(disk: Disk, path: Path) -> None:
    """Make ``path`` and its parents, each durably named in the one above."""
    if path.is_dir():
        return
    make_directories(disk, path.parent)
    path.mkdir(exist_ok=True)
    disk.sync_directory(path.parent)


def write_files(disk: Disk, files: Mapping[Path, bytes], mode: int = 0o644) -> None:
    """Write whole files durably: all under temporary names, synced, renamed, then each directory synced once.

    After a crash each file is there whole, or not at all, or as it was before.
    """
    named: list[tuple[Path, Path]] = []
    for path, data in files.items():
        make_directories(disk, path.parent)
        temporary = path.with_name(path.name + TEMPORARY)
        temporary.unlink(missing_ok=True)
        descriptor = disk.create(temporary)
        try:
            os.fchmod(descriptor, mode)
            disk.write(descriptor, data, 0)
            disk.sync(descriptor)
        finally:
            disk.close(descriptor)
        named.append((temporary, path))
    for temporary, path in named:
        disk.rename(temporary, path)
    for directory in {path.parent for path in files}:
        disk.sync_directory(directory)


def sync_names(disk: Disk, directories: Iterable[Path]) -> None:
    """Sync directories and all below them, for a process that died between naming a file and syncing the name."""
    for directory in directories:
        if directory.is_dir():
            for below, _, _ in os.walk(directory, topdown=False):
                disk.sync_directory(Path(below))


def sweep(directories: Iterable[Path]) -> None:
    """Remove the temporary files that a crash left in ``directories`` and below them."""
    for directory in directories:
        for below, _, names in os.walk(directory):
            for name in names:
                if name.endswith(TEMPORARY):
                    os.unlink(os.path.join(below, name))


def unwritable(error: Exception, where: Path) -> Unwritable:
    """The error of a log that could not be written, with what to do."""
    return Unwritable(
        f"the log could not be written: {error}",
        where=str(where),
        remedy="Nothing was compared. See to the disk (room, permissions, health), then start again; "
        "what was acknowledged is kept.",
    )
