"""Where files arrive: a temporary directory that one process at a time holds, and the way out of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from countenance.storage.durable import sweep_temporaries, sync_directory
from countenance.storage.lock import DirectoryLock
from countenance.terms.errors import InUse
from countenance.vision.models.intake import writing
from countenance.vision.models.progress import SILENT, Progress

WAIT = 1800.0
"""Seconds to wait for another process that fetches into the same directory: a big model on a slow line."""
_NAME = ".arriving"
_ABANDONED = 3600.0
"""Seconds after which a temporary file of a small record is nobody's: those are written without the lock."""
_READABLE = 0o644


@contextmanager
def workplace(directory: Path, progress: Progress = SILENT) -> Iterator[Path]:
    """A temporary directory inside ``directory``, so that a finished file can be moved by a rename.

    It is removed at the end; what a killed process left is swept by the next one, which the lock makes safe.
    Raises InUse after ``WAIT``, Unwritable.
    """
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
    lock = DirectoryLock(directory)
    try:
        lock.acquire()
    except InUse:
        progress.phase("waiting for another process that fetches", None)
        lock.acquire(WAIT)
    with lock:
        sweep_temporaries(directory, deep=True, older=_ABANDONED)
        place = directory / _NAME
        with writing(place):
            if place.exists():
                shutil.rmtree(place)
            place.mkdir()
        try:
            yield place
        finally:
            # Left behind where it cannot be removed: the next process sweeps it before anything else.
            shutil.rmtree(place, ignore_errors=True)


def land(arrived: Path, destination: Path) -> None:
    """Move a file or directory, whose bytes are durable, to ``destination`` on the same file system.

    A crash before the rename leaves the old state, one after it the new; the directories are flushed last, so
    that what was reported survives a loss of power. Raises Unwritable.
    """
    with writing(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        if arrived.is_file():
            arrived.chmod(_READABLE)
        arrived.replace(destination)
        sync_directory(destination.parent)
        sync_directory(destination.parent.parent)
