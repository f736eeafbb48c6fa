"""The image: a whole segment in a file that has a name, for the next process to begin with.

The spool's file has the templates and ids already; behind them come the codes and owners, as they lie in memory. Which
code made them is said with them: another version's layout is not read.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.codes import Codes
from countenance.gallery.index.grid import Grid
from countenance.gallery.index.segment import Segment
from countenance.gallery.index.spool import Spool
from countenance.terms.errors import SealBroken

_HEAD = 4


def keep(segment: Segment, path: Path) -> None:
    """Give the spool's file of a segment, whose spool is whole, this name; durable on return. Raises OSError."""
    assert isinstance(segment.cold, Spool) and segment.cold.whole  # noqa: S101, PT018  the caller's promise
    arrays: list[NDArray[Any]] = [segment.owners]
    said = {"layout": layout(), "owners": _said(segment.owners), "codes": _taken_apart(segment.codes, arrays)}
    head = json.dumps(said).encode("ascii")
    parts = [memoryview(len(head).to_bytes(_HEAD)), memoryview(head)]
    parts += [np.ascontiguousarray(each).reshape(-1).view(np.uint8).data for each in arrays]
    segment.cold.records.keep(path, parts)


def segment_of(spool: Spool, grids: dict[bytes, Grid]) -> Segment:
    """The segment whose spool this is. Grids that are equal become one, out of ``grids``.

    Raises SealBroken where it does not open or is of another version, and OSError.
    """
    read = spool.records.behind()
    said = json.loads(read(int.from_bytes(read(_HEAD).tobytes())).tobytes())
    if said["layout"] != layout():
        raise SealBroken("a file is of another version of this program")
    owners = _array(said["owners"], read)
    made = {name: _put_together(value, read) for name, value in said["codes"].items()}
    grid = Grid(**made.pop("grid"))
    grid = grids.setdefault(grid.middle.tobytes() + grid.step.tobytes(), grid)
    for each in made.values():
        if isinstance(each, np.ndarray):
            each.setflags(write=False)
    return Segment(Codes(grid=grid, **made), owners, spool)


@cache
def layout() -> str:
    """A name for how the arrays lie, which changes with any code that has to do with it."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _taken_apart(value: Any, arrays: list[NDArray[Any]]) -> Any:
    """What is not an array, with the form of each array in its place; the arrays go to the list, in order."""
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return _said(value)
    if is_dataclass(value):
        return {each.name: _taken_apart(getattr(value, each.name), arrays) for each in fields(value)}
    return value


def _put_together(said: Any, read: Any) -> Any:
    if isinstance(said, list):
        return _array(said, read)
    if isinstance(said, dict):
        return {name: _put_together(value, read) for name, value in said.items()}
    return said


def _said(array: NDArray[Any]) -> list[Any]:
    return [array.dtype.str, *array.shape]


def _array(said: list[Any], read: Any) -> NDArray[Any]:
    form, *shape = said
    kind = np.dtype(form)
    made: NDArray[Any] = read(int(np.prod(shape, dtype=np.int64)) * kind.itemsize).view(kind).reshape(shape)
    return made
