"""Land a finished file: move it to its place so that it is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from countenance.vision.models.intake import machine_errors

READABLE = 0o644


def land(arrived: Path, destination: Path) -> None:
    """Move ``arrived``, whose bytes are durable, over ``destination`` on the same file system.

    A crash before the rename leaves the old state, one after it the new; the directory is flushed last, so
    that what was reported as fetched survives a loss of power. Raises Unwritable.
    """
    with machine_errors(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        arrived.chmod(READABLE)
        arrived.replace(destination)
        for directory in (destination.parent, destination.parent.parent):
            _flush(directory)


def land_bytes(data: bytes, arriving: Path, destination: Path) -> None:
    """Write ``data`` to ``arriving``, make it durable, and land it."""
    with machine_errors(arriving), arriving.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    land(arriving, destination)


def _flush(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
