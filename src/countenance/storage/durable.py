"""Write a file so that it is whole on the disk, or not there at all.

Order: a temporary file beside the target, its bytes, fsync, the name, fsync of the directory. A crash leaves
the old file or the new one and perhaps a temporary file, which ``sweep_temporaries`` removes at the next start.
An fsync that fails is never tried again: the kernel may have dropped the pages and marked them clean, so that a
second fsync would succeed over lost bytes.
"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

from countenance.storage.faults import unwritable

_PREFIX, _SUFFIX = ".countenance-", ".tmp"


def write_durably(path: Path, data: bytes, mode: int = 0o644, *, replace: bool = True) -> None:
    """Write ``data`` to ``path`` with permission bits ``mode``; durable when it returns.

    With ``replace=False`` an existing file is left as it is and FileExistsError is raised, also where two
    processes try at once. Raises Unwritable where the disk is full, read-only or failing; ``path`` is then
    as it was before.
    """
    temporary = path.parent / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), mode)  # whatever the umask says
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                temporary.replace(path)
            else:
                os.link(temporary, path)  # unlike rename it fails where the name is taken
        finally:
            temporary.unlink(missing_ok=True)
        sync_directory(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise unwritable(error, path) from error


def sync_directory(directory: Path) -> None:
    """Make the names in ``directory`` durable; raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep_temporaries(directory: Path, *, deep: bool = False, older: float = 0.0) -> int:
    """Remove what killed writers left in ``directory``, with ``deep`` also below it; how many.

    Call it only where no writer is at work, or with ``older``, the seconds that no writer takes. Raises Unwritable.
    """
    found = (directory.rglob if deep else directory.glob)(f"{_PREFIX}*{_SUFFIX}")
    try:
        left = [p for p in found if p.is_file() and p.stat().st_mtime <= time.time() - older]
        for path in left:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(error, directory) from error
    return len(left)
