"""The spool: the cold part of a segment outside memory, in a file of sealed records (see ``Records``).

Until it is kept (see ``Image``) it has no name, and a key that only lives here: it ends with the process, however that
ends, and what then lies on the disk opens for nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.cold import Cold
from countenance.gallery.index.records import Records
from countenance.keys.seal import new_key

_AT_ONCE = 8_192
"""Records written at once: some megabytes."""


class Spool:
    """Read by any thread. Rows are counted as the segment counts them; a view knows where they lie in the file."""

    def __init__(self, records: Records, dimension: int, ids: int, order: NDArray[np.int32] | None = None) -> None:
        """Over a file of templates of this dimension and ids of up to so many bytes; ``order``: where each row lies."""
        self.records, self.dimension, self.ids = records, dimension, ids
        self._form = _form(dimension, ids)
        self._order = order

    @classmethod
    def of(cls, cold: Cold | Spool, rows: int, directory: Path) -> Spool:
        """Write all rows into a new file; raises OSError where the disk does not take it."""
        form = _form(cold.dimension, cold.ids)
        records = Records.new(directory, new_key(), form.itemsize)
        for start in range(0, rows, _AT_ONCE):
            part = cold.take(np.arange(start, min(start + _AT_ONCE, rows)))
            made = np.zeros(len(part.references), dtype=form)
            made["vector"], made["reference"], made["subject"] = part.vectors, part.references, part.subjects
            records.append(made.view(np.uint8).reshape(len(made), form.itemsize))
        return cls(records, cold.dimension, cold.ids)

    @classmethod
    def at(cls, path: Path, key: bytes, rows: int, dimension: int, ids: int) -> Spool:
        """One that was kept; raises OSError."""
        return cls(Records.at(path, key, _form(dimension, ids).itemsize, rows), dimension, ids)

    @property
    def whole(self) -> bool:
        """Whether the file has this and nothing else."""
        return self._order is None and not self.records.wiped

    def take(self, rows: NDArray[np.int64]) -> Cold:
        """These rows, read and opened, zeros where one was wiped meanwhile; raises SealBroken, OSError."""
        return _cold(self.records.read(self._places(rows).tolist()), self._form)

    def view(self, rows: NDArray[np.int64]) -> Spool:
        """The same file, of these rows only, in this order."""
        return Spool(self.records, self.dimension, self.ids, self._places(rows).astype(np.int32))

    def wipe(self, rows: NDArray[np.int64]) -> None:
        """Overwrite these rows."""
        self.records.wipe(self._places(rows).tolist())

    def _places(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return rows if self._order is None else self._order[rows].astype(np.int64)


def taken(parts: Sequence[tuple[Cold | Spool, NDArray[np.int64]]]) -> Cold:
    """These rows of each part, one part after the other: few of many parts, so they are opened one by one, read as one.

    Raises SealBroken, OSError.
    """
    spools = [(part, rows) for part, rows in parts if isinstance(part, Spool)]
    if len(spools) < len(parts) or len({(part.dimension, part.ids) for part, _ in spools}) > 1:
        return Cold.joined([part.take(rows) for part, rows in parts])
    read = b"".join([part.records.read(part._places(rows).tolist()) for part, rows in spools])
    return _cold(read, spools[0][0]._form)


def _cold(read: bytes, form: np.dtype[np.void]) -> Cold:
    made = np.frombuffer(read, dtype=form)
    return Cold(np.ascontiguousarray(made["vector"]), made["reference"], made["subject"])


def _form(dimension: int, ids: int) -> np.dtype[np.void]:
    return np.dtype([("vector", "<f4", (dimension,)), ("reference", f"S{ids}"), ("subject", f"S{ids}")])
