"""A disk that fails once, at a chosen operation, and that may lose with the power what was never synced."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from countenance.ledger.disk import TEMPORARY, Disk


class Step(NamedTuple):
    """One operation by what it does to which kind of file, and which of its sort it is."""

    operation: str
    role: str


@dataclass(frozen=True)
class Fault:
    """At operation number ``at`` an error is reported; ``kept`` says that it took effect all the same.

    ``dies``: nothing takes effect after it; ``power``: what was not synced before is undone as well.
    """

    at: int
    kept: bool
    dies: bool
    power: bool = False


class FailingDisk(Disk):
    """Counts operations in ``steps``; without a fault it is the real disk. Used from several threads of one log."""

    def __init__(self, fault: Fault | None = None) -> None:
        self.steps: list[Step] = []
        self.fault = fault
        self.fired = False
        self.dead = False
        self._names: dict[int, Path] = {}
        self._unsynced: list[tuple[Path, Callable[[], None]]] = []

    def lose_power(self) -> None:
        """Undo, newest first, every write and every name that no sync had made durable."""
        for _, undo in reversed(self._unsynced):
            undo()
        self._unsynced.clear()

    @contextlib.contextmanager
    def _step(self, operation: str, path: Path) -> Iterator[bool]:
        """Gives whether the operation is to take effect; raises where it is to be reported as failed."""
        if self.dead:
            raise OSError(5, "the process is dead")
        self.steps.append(Step(operation, role_of(path)))
        fault = self.fault
        fires = fault is not None and not self.fired and len(self.steps) - 1 == fault.at
        if not fires or fault is None:
            yield True
            return
        self.fired = True
        yield fault.kept
        self.dead = fault.dies
        raise OSError(5, f"injected: {operation} of {path.name}")

    def create(self, path: Path) -> int:
        with self._step("create", path) as effective:
            if effective:
                descriptor = super().create(path)
                self._names[descriptor] = path
        return descriptor

    def open(self, path: Path) -> int:
        descriptor = super().open(path)
        self._names[descriptor] = path
        return descriptor

    def write(self, descriptor: int, data: bytes, offset: int) -> None:
        path = self._names[descriptor]
        with self._step("write", path) as effective:
            if effective:
                before = os.pread(descriptor, len(data), offset)
                super().write(descriptor, data, offset)
                self._unsynced.append((path, lambda: _write_back(path, before.ljust(len(data), b"\0"), offset)))

    def allocate(self, descriptor: int, offset: int, size: int) -> None:
        with self._step("allocate", self._names[descriptor]) as effective:
            if effective:
                super().allocate(descriptor, offset, size)

    def sync(self, descriptor: int) -> None:
        path = self._names[descriptor]
        with self._step("sync", path) as effective:
            if effective:
                super().sync(descriptor)
                self._unsynced = [(p, undo) for p, undo in self._unsynced if p != path]

    def truncate(self, descriptor: int, size: int) -> None:
        with self._step("truncate", self._names[descriptor]) as effective:
            if effective:
                super().truncate(descriptor, size)

    def rename(self, source: Path, target: Path) -> None:
        with self._step("rename", target) as effective:
            if effective:
                before = target.read_bytes() if target.is_file() else None
                super().rename(source, target)
                self._unsynced.append((target.parent, lambda: _rename_back(source, target, before)))

    def unlink(self, path: Path) -> None:
        with self._step("unlink", path) as effective:
            if effective:
                super().unlink(path)

    def sync_directory(self, path: Path) -> None:
        with self._step("sync directory", path) as effective:
            if effective:
                super().sync_directory(path)
                self._unsynced = [(p, undo) for p, undo in self._unsynced if p != path]

    def commit(self, connection: sqlite3.Connection) -> None:
        path = Path(connection.execute("PRAGMA database_list").fetchone()[2])
        with self._step("commit", path) as effective:
            if effective:
                super().commit(connection)


def role_of(path: Path) -> str:
    """What a file is to the log."""
    parts = path.parts
    place = "staged" if "staged" in parts else "public" if "log" in parts else "private"
    name = path.name.removesuffix(TEMPORARY)
    if "entries" in parts:
        return f"{place} bundle"
    if "tile" in parts:
        return f"{place} tile"
    if name.endswith(".segment"):
        return "segment"
    return f"{place} {name}" if name in {"checkpoint", "commit.sqlite", "vault.sqlite"} else f"{place} other"


def _write_back(path: Path, data: bytes, offset: int) -> None:
    if path.exists():
        descriptor = os.open(path, os.O_RDWR)
        os.pwrite(descriptor, data, offset)
        os.close(descriptor)


def _rename_back(source: Path, target: Path, before: bytes | None) -> None:
    if target.exists():
        target.replace(source)
    if before is not None:
        target.write_bytes(before)
