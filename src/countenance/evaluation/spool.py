"""The spool: what an interrupted measurement had acquired, sealed, so that the next run goes on where it stopped.

A file begins with a random key, sealed under the data directory's; behind it each picture's template or failure is
sealed under that key, in the order of the pictures, bound to its place and to the run: data set, faces, recipe. It is
a cache: a record that was not written whole, or does not open, ends what is read. To forget, the key is overwritten
and the file removed; backups leave it out (``.temporary``).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from countenance.evaluation.pictures import Picture
from countenance.keys.derive import keyed_digest
from countenance.keys.seal import KEY_BYTES, OVERHEAD, Seal, new_key, seal, unseal
from countenance.storage.faults import unwritable
from countenance.terms.acquisition import FaceChoice, FailureReason
from countenance.terms.errors import SealBroken
from countenance.terms.recipe import Recipe
from countenance.terms.sample import SampleRef
from countenance.terms.template import Template

SECONDS = 86_400
"""After so long without a new record a spool is forgotten."""
TOGETHER = 16
"""A run goes on at a whole multiple of this, so that pictures are embedded in the same batches as without a break."""
_HEAD = KEY_BYTES + OVERHEAD
_PREFIX, _SUFFIX = "evaluation-", ".temporary"
_SIZE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What came of one picture: ``template`` and ``quality`` by component (0–100), or why there is none."""

    template: Template | None = field(repr=False)
    quality: dict[str, int]
    failure: FailureReason | None


class Spool:
    """One run's file, held by one run at a time; ``taken`` is what an earlier one left, in the order of pictures."""

    def __init__(self, path: Path, file: BinaryIO, cipher: Seal, binding: bytes, recipe: Recipe) -> None:
        self._path = path
        self._file = file
        self._cipher = cipher
        self._binding = binding
        self.taken: list[Taken] = []
        ends = [_HEAD]
        for sealed in _records(file):
            try:
                self.taken.append(_opened(cipher.open(sealed, self._context(len(self.taken))), recipe))
            except SealBroken:
                break
            ends.append(ends[-1] + _SIZE + len(sealed))
        del self.taken[len(self.taken) // TOGETHER * TOGETHER :]
        self._many = len(self.taken)
        file.truncate(ends[self._many])
        file.seek(0, os.SEEK_END)

    def add(self, taken: Taken) -> None:
        """Keep what came of the next picture; it survives the end of the process, and may be lost with the power."""
        sealed = self._cipher.close(_written(taken), self._context(self._many))
        try:
            self._file.write(len(sealed).to_bytes(_SIZE, "big") + sealed)
            self._file.flush()
        except OSError as error:
            raise unwritable(error, self._path) from error
        self._many += 1

    def forget(self) -> None:
        """Destroy the key, then the file: the run is through."""
        _destroy(self._path, self._file)
        self.close()

    def close(self) -> None:
        """Leave it for the next run."""
        self._file.close()

    def _context(self, at: int) -> bytes:
        return b"countenance/spool/v1/" + self._binding + at.to_bytes(8, "big")


class Spools:
    """The spools of a data directory, in ``folder``, under ``key``."""

    def __init__(self, folder: Path, key: bytes, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._key = key
        self._clock = clock

    def open(self, dataset: str, pictures: Sequence[Picture], faces: FaceChoice, recipe: Recipe) -> Spool | None:
        """The spool of this run, begun anew where there is none; None where another run of the same is under way.

        Raises Unwritable.
        """
        self.sweep()
        hashed = hashlib.sha256(f"{dataset}\n{faces.value}\n{recipe.digest}\n".encode())
        for picture in pictures:
            hashed.update(bytes.fromhex(picture.digest))
        binding = keyed_digest(self._key, hashed.digest())
        path = self._folder / f"{_PREFIX}{binding[:8].hex()}{_SUFFIX}"
        try:
            file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
            if not _lock(file):
                file.close()
                return None
            return Spool(path, file, Seal(self._file_key(file, binding)), binding, recipe)
        except OSError as error:
            raise unwritable(error, path) from error

    def sweep(self) -> int:
        """Forget those that nobody went on with for a day; how many. Raises Unwritable."""
        gone = 0
        for path in self._folder.glob(f"{_PREFIX}*{_SUFFIX}"):
            try:
                if path.stat().st_mtime > self._clock() - SECONDS:
                    continue
                with path.open("r+b") as file:
                    if _lock(file):
                        _destroy(path, file)
                        gone += 1
            except FileNotFoundError:  # another run was faster
                continue
            except OSError as error:
                raise unwritable(error, path) from error
        return gone

    def _file_key(self, file: BinaryIO, binding: bytes) -> bytes:
        """The key at the beginning of ``file``; where none opens, a new one is written and the rest cut off."""
        try:
            return unseal(self._key, file.read(_HEAD), binding)
        except SealBroken:
            key = new_key()
            file.seek(0)
            file.truncate()
            file.write(seal(self._key, key, binding))
            file.flush()
            return key


def _lock(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _destroy(path: Path, file: BinaryIO) -> None:
    file.seek(0)
    file.write(os.urandom(_HEAD))
    file.flush()
    os.fsync(file.fileno())
    path.unlink(missing_ok=True)


def _records(file: BinaryIO) -> Iterator[bytes]:
    """The sealed records behind the head, as far as they are whole."""
    file.seek(_HEAD)
    while len(size := file.read(_SIZE)) == _SIZE:
        sealed = file.read(int.from_bytes(size, "big"))
        if len(sealed) < int.from_bytes(size, "big"):
            return
        yield sealed


def _written(taken: Taken) -> bytes:
    template = taken.template
    head = {
        "failure": taken.failure and taken.failure.value,
        "quality": taken.quality,
        "sample": None if template is None else asdict(template.sample),
    }
    text = json.dumps(head).encode("ascii")
    vector = b"" if template is None else template.vector.astype("<f4").tobytes()
    return len(text).to_bytes(_SIZE, "big") + text + vector


def _opened(body: bytes, recipe: Recipe) -> Taken:
    end = _SIZE + int.from_bytes(body[:_SIZE], "big")
    head = json.loads(body[_SIZE:end])
    if head["sample"] is None:
        return Taken(None, {}, FailureReason(head["failure"]))
    vector = np.frombuffer(body[end:], dtype="<f4").astype(np.float32)
    return Taken(Template(vector, recipe, SampleRef(**head["sample"])), head["quality"], None)
