"""Statements on file: what was stated here, to be read again; the log has the digest of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from countenance.ledger.issue import Issued
from countenance.storage.durable import write_durably
from countenance.storage.faults import unwritable
from countenance.terms.errors import UnknownName

FOLDER = "statements"
_ENTRY = re.compile(r"[0-9A-Za-z_-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class Filed:
    """A signed statement and the id of its entry."""

    entry: str
    note: bytes


def file_statement(data: Path, issued: Issued) -> Filed:
    """Keep it in the data directory; durable on return. After a crash before it, the log alone knows of it."""
    folder = data / FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise unwritable(error, folder) from error
    write_durably(folder / f"{issued.entry}.txt", issued.note)
    return Filed(issued.entry, issued.note)


def filed_statement(data: Path, entry: str) -> Filed:
    """The statement of this entry; raises UnknownName."""
    if _ENTRY.match(entry):
        try:
            return Filed(entry, (data / FOLDER / f"{entry}.txt").read_bytes())
        except FileNotFoundError:
            pass
    raise UnknownName("no statement of this entry is on file here", where=entry[:80])


def filed_statements(data: Path, after: str, limit: int) -> list[Filed]:
    """The first ``limit`` statements by entry whose entry is after ``after``."""
    found = sorted(path.stem for path in (data / FOLDER).glob("*.txt") if _ENTRY.match(path.stem))
    return [filed_statement(data, each) for each in found if each > after][:limit]
