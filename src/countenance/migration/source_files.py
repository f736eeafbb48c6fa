"""The files of a source: what lies at or under a path, in the same order at each run."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from countenance.terms.errors import BrokenInput


def files_of(path: Path) -> Iterator[tuple[str, Path]]:
    """The name relative to the source (with ``/``) and the path of everything that is no folder; links unfollowed.

    A path that is a file is its own only file. Raises BrokenInput where there is nothing at the path.
    """
    if path.is_dir():
        yield from _under(path, "")
    elif path.exists():
        yield path.name, path
    else:
        raise BrokenInput("there is nothing here to read", where=str(path))


def _under(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    with os.scandir(folder) as entries:
        found = sorted((each.name, each.is_dir(follow_symlinks=False)) for each in entries)
    for each, is_folder in found:
        if is_folder:
            yield from _under(folder / each, f"{name}{each}/")
        else:
            yield f"{name}{each}", folder / each


def opened(file: Path) -> IO[bytes]:
    """Open a regular file to read; raises OSError for a link, a pipe, a device, or what may not be read."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise OSError(errno.EINVAL, "no regular file")
