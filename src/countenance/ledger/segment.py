"""A journal segment's bytes: a header, then frames, each the entries of one group commit.

::

    header  8  b"CNTNJRN1"
            16 installation id of the log that it belongs to
            8  sequence number of the first entry, big-endian, as everywhere here
            4  CRC-32 of the above
    frame   4  b"CJF1"
            4  length of the body in bytes
            4  CRC-32 of installation id, first, count, length and body
            8  sequence number of the frame's first entry
            4  number of entries
            …  body: for each entry 2-byte length of the public bytes, 4-byte length of the sealed ones, both
    zeros   room reserved ahead, up to the end of the file

A frame is the unit of durability: it is there whole or not at all, so a batch that must be atomic is one frame. The
next frame is written only once this one is on the disk; a bad frame that a good one follows is therefore damage and
never the torn end of a crash. CRC-32 (zlib, ISO 3309) instead of CRC-32C: see docs/decisions/0050.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from countenance.ledger.entry import Entry
from countenance.terms.errors import LogDamaged

HEADER_MAGIC = b"CNTNJRN1"
FRAME_MAGIC = b"CJF1"
_HEADER = struct.Struct(">8s16sQI")
_FRAME = struct.Struct(">4sIIQI")
_SUMMED = struct.Struct(">QII")
_LENGTHS = struct.Struct(">HI")
HEADER_SIZE = _HEADER.size
MAX_BODY = 1 << 28
SUFFIX = ".segment"


@dataclass(frozen=True, slots=True)
class Record:
    """One entry: the exact public bytes, and its sealed detail (may be empty).

    In memory alone: ``entry`` where it is read already, of an outcome the ``gallery`` that its intent names, and the
    ``words`` of the sealed detail (see ``mentions``) where they were known when it was sealed.
    """

    public: bytes
    sealed: bytes = b""
    entry: Entry | None = field(default=None, compare=False)
    gallery: str = field(default="", compare=False)
    words: frozenset[bytes] | None = field(default=None, compare=False)

    @property
    def size(self) -> int:
        """Bytes that it takes in a frame."""
        return _LENGTHS.size + len(self.public) + len(self.sealed)


@dataclass(frozen=True, slots=True)
class Segment:
    """What a segment file holds. ``end`` is where the last whole frame ends; ``torn`` says that more bytes follow."""

    path: Path
    first: int
    records: tuple[Record, ...]
    end: int
    torn: bool

    @property
    def next(self) -> int:
        """The sequence number after its last entry."""
        return self.first + len(self.records)


def path_of(directory: Path, first: int) -> Path:
    """Where the segment that begins with entry ``first`` lies."""
    return directory / f"{first:016d}{SUFFIX}"


def header(installation: bytes, first: int) -> bytes:
    """The header of a segment."""
    start = struct.pack(">8s16sQ", HEADER_MAGIC, installation, first)
    return start + struct.pack(">I", zlib.crc32(start))


def frame(installation: bytes, first: int, records: Sequence[Record]) -> bytes:
    """One frame; raises struct.error where an entry's public part exceeds 65,535 bytes."""
    parts: list[bytes] = []
    for record in records:
        parts += (_LENGTHS.pack(len(record.public), len(record.sealed)), record.public, record.sealed)
    body = b"".join(parts)
    check = _checksum(installation, first, len(records), body)
    return _FRAME.pack(FRAME_MAGIC, len(body), check, first, len(records)) + body


def read_segment(path: Path, installation: bytes) -> Segment:
    """Read and check a segment; raises LogDamaged for a foreign header or for damage that no crash explains."""
    data = path.read_bytes()
    if len(data) < HEADER_SIZE:
        raise LogDamaged("a journal segment has no header", where=str(path))
    magic, owner, first, check = _HEADER.unpack_from(data)
    if magic != HEADER_MAGIC or check != zlib.crc32(data[: HEADER_SIZE - 4]) or path != path_of(path.parent, first):
        raise LogDamaged("a journal segment's header is damaged", where=str(path))
    if owner != installation:
        raise LogDamaged("a journal segment belongs to another log", where=str(path))
    records: list[Record] = []
    end = HEADER_SIZE
    while (found := _frame_at(data, end, installation, first + len(records))) is not None:
        body, count = found
        records.extend(_records(body, count, path))
        end += _FRAME.size + len(body)
    torn = bool(data[end:].strip(b"\0"))
    if torn and _frame_follows(data, end + 1, installation, first + len(records)):
        raise LogDamaged(
            f"the journal is damaged at byte {end}: a whole frame follows a broken one",
            where=str(path),
            remedy="No crash leaves this. Restore from a backup (docs/ledger-life.md).",
        )
    return Segment(path, first, tuple(records), end, torn)


def _checksum(installation: bytes, first: int, count: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(installation + _SUMMED.pack(first, count, len(body))))


def _frame_at(data: bytes, offset: int, installation: bytes, first: int | None) -> tuple[bytes, int] | None:
    """The body and count of a whole frame at ``offset``, of any sequence number where ``first`` is None."""
    if offset + _FRAME.size > len(data):
        return None
    magic, length, check, number, count = _FRAME.unpack_from(data, offset)
    if magic != FRAME_MAGIC or length > MAX_BODY or (first is not None and number != first):
        return None
    body = data[offset + _FRAME.size : offset + _FRAME.size + length]
    if len(body) != length or check != _checksum(installation, number, count, body):
        return None
    return body, count


def _records(body: bytes, count: int, path: Path) -> Iterator[Record]:
    offset = 0
    for _ in range(count):
        if offset + _LENGTHS.size > len(body):
            raise LogDamaged("a journal frame ends within an entry", where=str(path))
        public, sealed = _LENGTHS.unpack_from(body, offset)
        offset += _LENGTHS.size
        yield Record(body[offset : offset + public], body[offset + public : offset + public + sealed])
        offset += public + sealed
    if offset != len(body):
        raise LogDamaged("a journal frame does not add up", where=str(path))


def _frame_follows(data: bytes, offset: int, installation: bytes, beyond: int) -> bool:
    while (offset := data.find(FRAME_MAGIC, offset)) != -1:
        if _frame_at(data, offset, installation, None) and _FRAME.unpack_from(data, offset)[3] > beyond:
            return True
        offset += 1
    return False
