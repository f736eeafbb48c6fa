"""Records: a file of equal records, each sealed by itself, and behind them what they belong to.

AES-256-GCM (NIST SP 800-38D) under a key of the file's own; the nonce is the number of the record, and with the
highest bit set that of a block behind them, so each is used once. Whoever has another key, or changes, moves or cuts
off a byte, gets nothing opened. The file has no name, and then ends with the process, however that ends; or it is given
one, and is then worth what whoever knows its key makes of it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from countenance.gallery.index.large import large
from countenance.terms.errors import SealBroken

_TAG, _NONCE = 16, 12
_BLOCK = 1 << 22
_BEHIND = 1 << 95


class Records:
    """Read by any thread, also while records are wiped; ``append`` and ``keep`` are one thread's, at the beginning."""

    def __init__(self, file: IO[bytes], key: bytes, size: int, count: int = 0) -> None:
        """Records of ``size`` bytes, of which the file has ``count``."""
        self.key = key
        self.count = count
        self.wiped: set[int] = set()
        """The numbers of the records that are there no more."""
        self.name = ""
        """What the file is called, without its suffix, where it has a name."""
        self._file, self._cipher, self._size = file, AESGCM(key), size + _TAG

    @classmethod
    def new(cls, directory: Path, key: bytes, size: int) -> Records:
        """An empty one without a name; raises OSError."""
        return cls(_nameless(directory), key, size)

    @classmethod
    def at(cls, path: Path, key: bytes, size: int, count: int) -> Records:
        """One that was kept; raises OSError."""
        made = cls(path.open("r+b", buffering=0), key, size, count)
        made.name = path.stem
        return made

    def append(self, records: NDArray[np.uint8]) -> None:
        """Write more records, uint8, shape (records, size); raises OSError."""
        encrypt, plain, size = self._cipher.encrypt, records.tobytes(), self._size - _TAG
        places = range(self.count, self.count + len(records))
        rows = (plain[at : at + size] for at in range(0, len(plain), size))
        sealed = [encrypt(nonce, row, None) for nonce, row in zip(_nonces(places), rows, strict=True)]
        self._write(b"".join(sealed), self.count * self._size)
        self.count += len(records)

    def read(self, places: Sequence[int]) -> bytes:
        """These records, one after the other, zeros where one was wiped; raises SealBroken, OSError."""
        size, descriptor = self._size, self._file.fileno()
        if len(places) > 1 and places[-1] - places[0] == len(places) - 1 and sorted(places) == list(places):
            whole = memoryview(os.pread(descriptor, len(places) * size, places[0] * size))
            rows: Iterator[bytes | memoryview] = (whole[at : at + size] for at in range(0, len(places) * size, size))
        else:
            rows = (os.pread(descriptor, size, place * size) for place in places)
        return b"".join(map(self._open, places, _nonces(places), rows))

    def wipe(self, places: Sequence[int]) -> None:
        """Overwrite these records. What is kept of the file is then not worth reading again."""
        self.wiped.update(places)  # first, so that who reads zeros knows why
        for place in places:
            self._write(bytes(self._size), place * self._size)

    def keep(self, path: Path, behind: Sequence[memoryview]) -> None:
        """Give the file a name, with these bytes behind the records; durable on return. Raises OSError.

        Not every file system can (on Linux those that know O_TMPFILE).
        """
        at, number = self.count * self._size, 0
        os.ftruncate(self._file.fileno(), at)
        for part in behind:
            for start in range(0, part.nbytes, _BLOCK):
                block = self._cipher.encrypt(_nonce(_BEHIND + number), part[start : start + _BLOCK], None)
                self._write(block, at)
                at, number = at + len(block), number + 1
        os.fsync(self._file.fileno())
        folder = os.open(path.parent, os.O_RDONLY)
        try:  # with a descriptor, for only then the link is followed to the file without a name
            os.link(f"/proc/self/fd/{self._file.fileno()}", path.name, dst_dir_fd=folder)
            os.fsync(folder)
            self.name = path.stem
        finally:
            os.close(folder)

    def behind(self) -> Callable[[int], NDArray[np.uint8]]:
        """Reads what was kept behind the records, part by part, of so many bytes each; it begins at a page.

        Raises SealBroken, OSError.
        """
        at, number = self.count * self._size, 0

        def part(size: int) -> NDArray[np.uint8]:
            nonlocal at, number
            made = large(size)
            for start in range(0, size, _BLOCK):
                into = made[start : start + _BLOCK]
                sealed = os.pread(self._file.fileno(), into.nbytes + _TAG, at)
                try:
                    self._cipher.decrypt_into(_nonce(_BEHIND + number), sealed, None, into.data)
                except (InvalidTag, ValueError):  # ValueError: cut short
                    raise SealBroken("a file does not open: another one, or changed or missing bytes") from None
                at, number = at + len(sealed), number + 1
            return made

        return part

    def _open(self, place: int, nonce: bytes, sealed: bytes | memoryview) -> bytes:
        try:
            return self._cipher.decrypt(nonce, sealed, None)
        except (InvalidTag, ValueError):  # ValueError: cut short
            if place not in self.wiped:
                raise SealBroken("a record of a spool does not open: another file, or changed bytes") from None
            return bytes(self._size - _TAG)

    def _write(self, data: bytes, at: int) -> None:
        view = memoryview(data)
        while view:
            done = os.pwrite(self._file.fileno(), view, at)
            view, at = view[done:], at + done


def _nameless(directory: Path) -> IO[bytes]:
    """A file without a name that can be given one, or where the file system knows no such thing, that cannot."""
    try:
        return os.fdopen(os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600), "r+b", buffering=0)
    except (OSError, AttributeError):
        return tempfile.TemporaryFile(dir=directory, prefix=".countenance-", suffix=".tmp", buffering=0)


def _nonce(number: int) -> bytes:
    return number.to_bytes(_NONCE)


def _nonces(places: Sequence[int]) -> Iterator[bytes]:
    return map(_nonce, places)
