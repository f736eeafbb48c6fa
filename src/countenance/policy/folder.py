"""Read the folder of a charter: the one place of this room that touches the disk."""

from __future__ import annotations

from pathlib import Path

from countenance.policy.charter import Charter
from countenance.policy.engine import SCHEMA_FILE
from countenance.policy.fault import Faulty
from countenance.policy.read import CHARTER_FILE, read_charter
from countenance.terms.errors import Malformed

MAX_FILE = 1 << 20
"""Bytes; a charter is a text that people read."""


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a charter by name; other files of the folder (a README, git's own) are left alone.

    Raises Malformed where the folder or a file cannot be read, or a file is too large.
    """
    try:
        paths = [
            path for path in folder.iterdir() if path.name in (CHARTER_FILE, SCHEMA_FILE) or path.suffix == ".cedar"
        ]
        for path in paths:
            if path.stat().st_size > MAX_FILE:
                raise Malformed(f"a file of a charter has at most {MAX_FILE} bytes", where=str(path))
        return {path.name: path.read_bytes() for path in paths}
    except OSError as error:
        raise Malformed(f"the charter cannot be read: {error.strerror}", where=str(error.filename or folder)) from error


def load_charter(folder: Path) -> Charter:
    """The sound charter of a folder; raises Malformed with every fault."""
    found = read_charter(read_folder(folder))
    if isinstance(found, Faulty):
        raise found.malformed(str(folder))
    return found
