"""A folder of papers that a verb hands out: new, for its owner's eyes, never over something else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from countenance.storage.faults import unwritable
from countenance.terms.errors import NameTaken


def want_empty(folder: Path) -> None:
    """Make the folder (mode 0700); raises NameTaken where something lies in it, Unwritable where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(folder.iterdir()):
            raise NameTaken("there is something in this folder already", where=str(folder), remedy="Name a new one.")
    except OSError as error:
        raise unwritable(error, folder) from error


def write_papers(folder: Path, papers: Mapping[str, bytes]) -> None:
    """Write each file; what a crash loses can be asked for again. Raises Unwritable."""
    for name, data in papers.items():
        path = folder / name
        try:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            raise unwritable(error, path) from error
