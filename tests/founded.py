"""Data directories that were founded once a process and are copied, in memory where there is room for them."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from countenance.assembly import House
from countenance.ledger.commit_point import FILE_NAME
from countenance.ledger.guard import identity
from countenance.ledger.start import PRIVATE
from countenance.settings import read_settings

_SHARED = Path("/dev/shm")
_ENOUGH = 2 << 30


@cache
def memory() -> Path | None:
    """A place that is no disk, where there is one with room, whose files may be run as they may on a disk.

    A process that is killed leaves the same on either; whatever is to meet a real disk takes ``tmp_path_factory``.
    """
    if not os.access(_SHARED, os.W_OK) or os.statvfs(_SHARED).f_flag & os.ST_NOEXEC:
        return None
    return _SHARED if shutil.disk_usage(_SHARED).free > _ENOUGH else None


def new_place() -> Path:
    """An empty directory."""
    return Path(tempfile.mkdtemp(prefix="countenance-", dir=memory()))


def copied(original: Path, data: Path) -> Path:
    """Copy a closed data directory to ``data``; copies share their keys, and are never to meet.

    A log notices that it was copied and would not start: this tells it that it lies in its place.
    """
    shutil.copytree(original, data)
    with closing(sqlite3.connect(data / PRIVATE / FILE_NAME)) as commit, commit:
        commit.execute("UPDATE commit_point SET directory = ?", (identity(data / PRIVATE),))
    return data


@cache
def _original() -> Path:
    place = new_place()
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    House.found(read_settings(place / "data")).close()
    return place / "data"


def founded(data: Path) -> Path:
    """A data directory with the demo charter at ``data``, where there is none."""
    return copied(_original(), data)


def founded_house(data: Path) -> House:
    """The same, open."""
    return House.open(read_settings(founded(data)))
