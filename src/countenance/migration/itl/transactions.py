"""The transactions of a file, one at a time: a window over the file moves along, so that memory stays the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

from countenance.migration.code import Code
from countenance.migration.itl.records import Record, Transaction, first, lost, walk
from countenance.migration.legacy_record import Note
from countenance.migration.limits import FILE_BYTES

_BEGINNING = 64
"""Bytes that are enough to know the beginning of a transaction by."""
_AHEAD = 2048
"""Bytes behind a transaction that are looked at: filling, and the next one's beginning."""


@dataclass(frozen=True, slots=True)
class Found:
    """A transaction in ``data``, which begins at ``base`` in the file."""

    data: bytes
    base: int
    transaction: Transaction


def transactions(file: IO[bytes], most: int = FILE_BYTES) -> Iterator[Found]:
    """Every transaction of a file in its order; one of more than ``most`` bytes has the verdict LIMIT_EXCEEDED."""
    left = file.seek(0, os.SEEK_END)
    file.seek(0)
    data, base, at, stray = b"", 0, 0, 0
    while True:
        if left and len(data) - at < most + _AHEAD:
            more = file.read(min(left, 2 * most + _AHEAD - len(data) + at))
            left = left - len(more) if more else 0  # shorter than it was: somebody writes it
            data, base, at = data[at:] + more, base + at, 0
        begun, start = at, first(data, at)
        if start is None:
            start = lost(data, at)
            stray += start - at
        if start == len(data):
            if not left:
                return
            at = start - _BEGINNING
            continue
        found = walk(data, start)
        at = found.end
        if at == len(data) and left:
            # It reaches beyond the window, so that nothing about it is certain.
            detail = f"more than {most >> 20} MiB"
            found = Transaction(start, at, (Record(1, start, start + 1),), (), Code.LIMIT_EXCEEDED, detail)
            at -= _BEGINNING
        if stray or start > begun:
            before = (Code.STRAY_BYTES, stray) if stray else (Code.TRAILING_BYTES, start - begun)
            note = Note(before[0], f"{before[1]} bytes before the transaction")
            found, stray = replace(found, notes=(note, *found.notes)), 0
        yield Found(data, base, found)
