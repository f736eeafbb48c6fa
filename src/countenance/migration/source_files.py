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

    A path that is a file is its own only file; a folder that cannot be listed counts as one, which cannot be opened.
    Raises BrokenInput where there is nothing at the path.
    """
    if not path.exists():
        raise BrokenInput("there is nothing here to read", where=str(path))
    if not path.is_dir():
        yield path.name, path
        return
    # No recursion: folders may lie deeper within one another than calls. Names only: there may be very many.
    open_folders = [(path, "", _listed(path))]
    while open_folders:
        folder, prefix, names = open_folders[-1]
        if not names:
            open_folders.pop()
            continue
        name = names.pop()
        if name.endswith("/"):
            try:
                open_folders.append((folder / name, prefix + name, _listed(folder / name)))
                continue
            except OSError:
                name = name.removesuffix("/")
        yield prefix + name, folder / name


def _listed(folder: Path) -> list[str]:
    """The names in a folder, the first one last; folders end with ``/``."""
    with os.scandir(folder) as entries:
        names = [f"{each.name}/" if each.is_dir(follow_symlinks=False) else each.name for each in entries]
    names.sort(reverse=True)
    return names


def opened(file: Path) -> IO[bytes]:
    """Open a regular file to read; raises OSError for a link, a pipe, a device, or what may not be read."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise OSError(errno.EINVAL, "no regular file")


def is_file(file: Path) -> bool:
    """Whether there is a file of this name, which may come from a source: one that is too long is none."""
    try:
        return file.is_file()
    except OSError:
        return False
