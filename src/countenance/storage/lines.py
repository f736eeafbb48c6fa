"""A list that only grows, one act a line: a line counts once it ends, and is durable when ``append_line`` returns."""

from __future__ import annotations

import os
from pathlib import Path

from countenance.storage.durable import sync_directory
from countenance.storage.faults import unwritable
from countenance.terms.errors import Malformed


def append_line(path: Path, line: str) -> None:
    """Append ``line`` (ASCII, without a line feed); the file is made with mode 0600. Raises Unwritable.

    What a crash left of a line is cut off first, or it would swallow this one: that act was never done.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            end = _end_of_whole_lines(descriptor)
            os.ftruncate(descriptor, end)
            data = (line + "\n").encode("ascii")
            while data:
                written = os.pwrite(descriptor, data, end)
                data, end = data[written:], end + written
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_directory(path.parent)
    except OSError as error:
        raise unwritable(error, path) from error


def read_lines(path: Path) -> list[str]:
    """Every whole line, oldest first; none where there is no file. Raises Malformed where it cannot be read."""
    try:
        return path.read_text("ascii").split("\n")[:-1]
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed(f"this list cannot be read: {error}", where=str(path)) from error


def _end_of_whole_lines(descriptor: int) -> int:
    size = os.fstat(descriptor).st_size
    while size:
        start = max(0, size - 4096)
        last = os.pread(descriptor, size - start, start).rfind(b"\n")
        if last >= 0:
            return start + last + 1
        size = start
    return 0
