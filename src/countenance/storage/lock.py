"""One process to a data directory: a lock that the kernel drops when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from countenance.storage.faults import unwritable
from countenance.terms.errors import InUse

FILE_NAME = "lock"
_POLL = 0.02


class DirectoryLock:
    """An exclusive flock on ``directory/lock``. The file stays; its lock and the pid in it mean something.

    A killed holder holds nothing: there is no stale lock to remove. Not for network file systems.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE_NAME
        self._descriptor: int | None = None

    def acquire(self, timeout: float = 0.0) -> None:
        """Take the lock, waiting up to ``timeout`` seconds; raises InUse, or Unwritable where there is no place."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unwritable(error, self._path) from error
        until = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
                    os.close(descriptor)
                    raise InUse(
                        f"another process ({holder or 'unknown'}) is at work in this data directory",
                        where=str(self._path.parent),
                        remedy="Wait until it is done or stop it; one process at a time works in a data directory.",
                    ) from None
                time.sleep(_POLL)
            except BaseException:
                os.close(descriptor)
                raise
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"pid {os.getpid()}\n".encode("ascii"), 0)
        except OSError as error:
            os.close(descriptor)
            raise unwritable(error, self._path) from error
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; does nothing where it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        if self._descriptor is None:
            self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
