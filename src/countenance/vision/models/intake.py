"""Take in a file: written and hashed as it comes, good only if it is what its pin says."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from countenance.storage.faults import unwritable
from countenance.terms.errors import WrongDigest
from countenance.vision.models.origin import Pin
from countenance.vision.models.progress import SILENT, Progress

CHUNK = 1 << 20


class Intake:
    """A file on its way in, of at most ``pin.size`` bytes on disk. Only ``finish`` says that it is good.

    What comes beyond the pinned size is counted and hashed but not written, so that the message can name the
    digest of what came; past twice the size and a mebibyte even that ends.
    """

    def __init__(self, path: Path, pin: Pin, progress: Progress = SILENT) -> None:
        self.received = 0
        self._path = path
        self._pin = pin
        self._progress = progress
        self._hash = hashlib.sha256()
        with writing(path):
            self._file = path.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with writing(self._path):
            self._file.close()

    def take(self, chunk: bytes) -> None:
        """Write and hash the next bytes; raises WrongDigest where far too much comes, Unwritable."""
        room = max(0, self._pin.size - self.received)
        self.received += len(chunk)
        self._hash.update(chunk)
        with writing(self._path):
            self._file.write(chunk[:room])
        if self.received > 2 * self._pin.size + CHUNK:
            raise self._wrong(f"more than {self.received} bytes, not read to the end")
        self._progress.done(min(self.received, self._pin.size))

    def restart(self) -> None:
        """Forget what came: the sender begins anew."""
        with writing(self._path):
            self._file.seek(0)
            self._file.truncate()
        self.received = 0
        self._hash = hashlib.sha256()

    def finish(self) -> None:
        """Check size and SHA-256, then make the bytes durable; raises WrongDigest, Unwritable."""
        digest = self._hash.hexdigest()
        if digest != self._pin.sha256 or self.received != self._pin.size:
            raise self._wrong(f"{digest} ({self.received} bytes)")
        with writing(self._path):
            self._file.flush()
            os.fsync(self._file.fileno())

    def _wrong(self, got: str) -> WrongDigest:
        return WrongDigest(f"wrong SHA-256: expected {self._pin.sha256} ({self._pin.size} bytes), got {got}")


def digest_of(path: Path) -> str:
    """The SHA-256 (hex) of a file; raises Unwritable where it cannot be read, FileNotFoundError."""
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def meets(path: Path, pin: Pin) -> bool:
    """Whether there is a file at ``path`` and it is what the pin says; raises Unwritable where it cannot be read."""
    try:
        with reading(path):
            size = path.stat().st_size
        return size == pin.size and digest_of(path) == pin.sha256
    except FileNotFoundError:
        return False


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the machine says against reading ``path`` into Unwritable; a file that is not there stays that."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise unwritable(error, path, "read") from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the machine says against writing at ``path`` into Unwritable."""
    try:
        yield
    except OSError as error:
        raise unwritable(error, path) from error
