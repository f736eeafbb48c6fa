"""The spool: the cold part of a segment outside memory, in a file without a name, under a key that only lives here.

It is no cache: it ends with the process, however that ends, and what then lies on the disk opens for nobody. The
records are encrypted by AES-256 in counter mode (NIST SP 800-38A, 6.5) under a key of their own; each counter is used
for one record, once. Nothing authenticates them: without a name the file is out of reach of other programs.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import IO

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from numpy.typing import NDArray

from countenance.gallery.index.cold import Cold
from countenance.keys.seal import new_key

_BLOCK = 16
_AT_ONCE = 8_192
"""Records written at once: some megabytes."""


class Spool:
    """Read by any thread. Rows are counted as the segment counts them; a view knows where they lie in the file."""

    def __init__(self, cold: Cold, directory: Path) -> None:
        """Write it; raises OSError where the disk does not take it."""
        dimension, ids = cold.vectors.shape[1], max(cold.references.dtype.itemsize, cold.subjects.dtype.itemsize)
        self._form = np.dtype([("vector", "<f4", (dimension,)), ("reference", f"S{ids}"), ("subject", f"S{ids}")])
        self._blocks = -(-self._form.itemsize // _BLOCK)
        self._cipher = Cipher(AES256(new_key()), ECB())  # noqa: S305  only ever of counters, each once
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=directory, prefix=".countenance-", suffix=".tmp")  # noqa: SIM115
        self._order: NDArray[np.int32] | None = None  # where each row lies; None while that is its own number
        for start in range(0, len(cold.references), _AT_ONCE):
            places = np.arange(start, min(start + _AT_ONCE, len(cold.references)))
            part = cold.take(places)
            records = np.zeros(len(part.references), dtype=self._form)
            records["vector"], records["reference"], records["subject"] = part.vectors, part.references, part.subjects
            plain = np.zeros((len(records), self._blocks * _BLOCK), dtype=np.uint8)
            plain[:, : self._form.itemsize] = records.view(np.uint8).reshape(len(records), -1)
            self._file.write((plain ^ self._stream(places)).tobytes())
        self._file.flush()

    def take(self, rows: NDArray[np.int64]) -> Cold:
        """These rows, read and opened; of one that was wiped, nonsense that does no harm to who computes with it."""
        places, size = self._places(rows), self._blocks * _BLOCK
        if len(places) > 1 and (np.diff(places) == 1).all():
            read = os.pread(self._file.fileno(), len(places) * size, int(places[0]) * size)
        else:
            read = b"".join(os.pread(self._file.fileno(), size, place * size) for place in places.tolist())
        sealed = np.frombuffer(read, dtype=np.uint8).reshape(len(places), size)
        plain = np.ascontiguousarray((sealed ^ self._stream(places))[:, : self._form.itemsize])
        records = plain.view(self._form).reshape(len(places))
        vectors = np.nan_to_num(records["vector"], nan=0.0, posinf=0.0, neginf=0.0)
        return Cold(vectors, records["reference"].copy(), records["subject"].copy())

    def view(self, rows: NDArray[np.int64]) -> Spool:
        """The same file, of these rows only, in this order."""
        made = object.__new__(Spool)
        made._form, made._blocks, made._cipher, made._file = self._form, self._blocks, self._cipher, self._file
        made._order = self._places(rows).astype(np.int32)
        return made

    def wipe(self, rows: NDArray[np.int64]) -> None:
        """Overwrite these rows. Not by an encrypted zero: that would be what opens a copy of what was there."""
        for place in self._places(rows).tolist():
            os.pwrite(self._file.fileno(), bytes(self._blocks * _BLOCK), place * self._blocks * _BLOCK)

    def _places(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return rows if self._order is None else self._order[rows].astype(np.int64)

    def _stream(self, places: NDArray[np.int64]) -> NDArray[np.uint8]:
        """What these places' records are combined with, uint8, shape (places, bytes of a record)."""
        counters = np.zeros((len(places), self._blocks, 2), dtype=">u8")
        counters[:, :, 1] = places[:, None] * self._blocks + np.arange(self._blocks)
        stream = self._cipher.encryptor().update(counters.tobytes())
        return np.frombuffer(stream, dtype=np.uint8).reshape(len(places), self._blocks * _BLOCK)
