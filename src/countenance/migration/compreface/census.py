"""Count a CompreFace dump by sets of ids alone: what is joined in the reading is only subtracted here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import IO

from countenance.migration.reader import Census

_TAIL = 4096
"""Bytes at the end in which the dump says that it is complete."""
_LINE = 64 << 20


def count(file: IO[bytes]) -> Census:
    """Units: rows of pictures, templates without one, subjects without either, and the end that is missing."""
    pictures: list[bytes] = []
    subjects: set[bytes] = set()
    templates: list[tuple[bytes, bytes]] = []
    for table, cells in _rows(file):
        match table:
            case b"img":
                pictures.append(cells.get(b"id", b""))
            case b"subject":
                subjects.add(cells.get(b"id", b""))
            case _:
                templates.append((cells.get(b"subject_id", b""), cells.get(b"img_id", b"")))
    there = set(pictures)
    owners: dict[bytes, set[bytes]] = defaultdict(set)
    for subject, picture in templates:
        owners[picture].add(subject)
    owned = [owners[each] for each in pictures] + [{subject} for subject, picture in templates if picture not in there]
    own = [owner for each in owned if len(each) == 1 and (owner := each & subjects)]
    bare = len(subjects - set().union(*own))
    strangers = len(owned) - len(own)
    return Census(len(owned) + bare + (not is_complete(file)), len(subjects) + strangers, len(owned))


def is_complete(file: IO[bytes]) -> bool:
    """Whether the dump says at its end that it is one."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    return b"dump complete" in file.read()


def _rows(file: IO[bytes]) -> Iterator[tuple[bytes, dict[bytes, bytes]]]:
    """The beginnings of lines between ``COPY`` and ``\\.``."""
    file.seek(0)
    table = b""
    names: list[bytes] = []
    begins = True
    while line := file.readline(_LINE):
        whole, begins = begins, line.endswith(b"\n")
        if not whole:
            continue
        if not names:
            words = line.split(b"(", 1)
            head = words[0].split()
            if len(head) == 2 and head[0] == b"COPY" and line.rstrip().endswith(b") FROM stdin;"):
                table = head[1].rpartition(b".")[2].strip(b'"')
                names = [each.strip(b' "') for each in words[1].split(b")")[0].split(b",")]
        elif line.rstrip(b"\r\n") == b"\\.":
            names = []
        elif table in (b"img", b"subject", b"embedding"):
            cells = line.rstrip(b"\r\n").split(b"\t")
            yield table, dict(zip(names, cells, strict=False))
