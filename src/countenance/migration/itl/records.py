"""The records of a transaction in the traditional encoding (NIST SP 500-290, annex B), read past what is wrong in it.

A tagged record ends where its length says, if a separator stands there and something that can follow; otherwise at
the next separator that has such a thing behind it. Types 3 to 8 have no tags; only the count (1.003) tells them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from countenance.migration.code import Code
from countenance.migration.legacy_record import Note
from countenance.migration.limits import RECORDS

FS = 0x1C
BINARY = range(3, 9)
_SHORTEST_BINARY = 5
"""A length and an image designation character (NIST SP 500-290, 8.3 to 8.8)."""

_FILL = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n\x00 ]{0,1024}(?:\xef\xbb\xbf)?")
"""What may stand before, between and behind records: line ends, zeros, spaces, a byte order mark."""
_TAG = re.compile(rb"(\d{1,2})\.\d{1,9}:")
_LENGTH = re.compile(rb"\d{1,2}\.0{0,8}1:0*(\d{1,12})[\x1c\x1d]")
_TYPE_1 = re.compile(rb"0?1\.\d{1,9}:")
_TRANSACTION = rb"0?1\.0{0,8}1:\d{1,9}\x1d0?1\.0{0,8}2:"
_LOST = re.compile(_TRANSACTION)
_END = re.compile(rb"\x1c|(?=" + _TRANSACTION + rb")")
_DATA = re.compile(rb"\x1d\d{1,2}\.0{0,6}999:")
_COUNT = re.compile(rb"\x1d0?1\.0{0,8}3:([^\x1c\x1d]*)")


@dataclass(frozen=True, slots=True)
class Record:
    """``start`` to ``end`` in the bytes that were walked; ``end`` is behind the separator, where there is one.

    ``idc`` is what the count says, None where it does not. ``short``: the record's own length says more than is there.
    """

    type: int
    start: int
    end: int
    idc: bytes | None = None
    short: bool = False


@dataclass(frozen=True, slots=True)
class Transaction:
    """``records`` in file order, Type-1 first. ``verdict`` rejects it whole: bytes follow that are no record."""

    start: int
    end: int
    records: tuple[Record, ...]
    notes: tuple[Note, ...]
    verdict: Code | None = None
    detail: str = ""


def first(data: bytes, at: int) -> int | None:
    """Where a transaction begins at ``at`` or behind filling; None where something else stands there."""
    start = _filled(data, at)
    return start if _TYPE_1.match(data, start) else None


def lost(data: bytes, at: int) -> int:
    """Where the next transaction begins, whatever stands before it; the end of ``data`` where there is none."""
    found = _LOST.search(data, at)
    return len(data) if found is None else found.start()


def walk(data: bytes, start: int) -> Transaction:
    """The transaction whose Type-1 record begins at ``start``; never raises."""
    return _Walk(data).transaction(start)


def _filled(data: bytes, at: int) -> int:
    found = _FILL.match(data, at)
    return at if found is None else found.end()


class _Walk:
    """One transaction under way."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._notes: list[Note] = []
        self._expected: list[tuple[int, bytes]] = []

    def transaction(self, start: int) -> Transaction:
        data = self._data
        record = self._tagged(1, start, 0)
        records, at = [record], record.end
        self._expected = self._count(record)
        verdict, detail = None, ""
        while (at := self._next(at, len(records))) < len(data) and not _TYPE_1.match(data, at):
            if len(records) > RECORDS:
                verdict, detail, at = Code.LIMIT_EXCEEDED, f"more than {RECORDS} records", lost(data, at)
                break
            following = self._record(at, len(records))
            if following is not None:
                records.append(following)
                at = following.end
                continue
            # Rejected, but the rest is read for what it holds: every picture is to be accounted for.
            behind = next(self._stops(0, at, len(records)), len(data))
            verdict, detail = Code.CONTAINER_UNREADABLE, f"{behind - at} bytes that are no record"
            at = behind
        if len(records) - 1 != len(self._expected):
            self._note(Code.CNT_MISMATCH, f"{len(self._expected)} records declared, {len(records) - 1} found")
        return Transaction(start, at, tuple(records), tuple(self._notes), verdict, detail)

    def _note(self, code: Code, detail: str) -> None:
        self._notes.append(Note(code, detail))

    def _count(self, record: Record) -> list[tuple[int, bytes]]:
        """1.003: the number of records that follow, then type and IDC of each."""
        found = _COUNT.search(self._data, record.start, record.end)
        if found is None:
            self._note(Code.CNT_MISMATCH, "1.003 is missing")
            return []
        pairs = [each.split(b"\x1f") for each in found[1].split(b"\x1e")[1 : RECORDS + 1]]
        return [(int(pair[0]), pair[1].strip()) for pair in pairs if len(pair) == 2 and _is_type(pair[0])]

    def _next(self, at: int, number: int) -> int:
        """Behind the filling before record ``number``; a binary record may begin with zeros."""
        if self._expects_binary(number) and self._binary_end(at) is not None:
            return at
        behind = _filled(self._data, at)
        if behind > at:
            self._note(Code.TRAILING_BYTES, f"{behind - at} bytes of filling")
        return behind

    def _record(self, at: int, number: int) -> Record | None:
        kind, idc = self._expected[number - 1] if number <= len(self._expected) else (0, None)
        end, tag = self._binary_end(at), _TAG.match(self._data, at)
        if tag is not None and (kind not in BINARY or end is None):
            if kind not in (0, int(tag[1])):
                self._note(Code.CNT_MISMATCH, f"type {kind} declared, type {int(tag[1])} found")
                idc = None
            return self._tagged(int(tag[1]), at, number, idc)
        if kind in BINARY:
            return Record(kind, at, end or len(self._data), idc, short=end is None)
        # Without a count only a length that leads to something that can follow tells a binary record.
        if end is None or not self._follows(end, number + 1):
            return None
        self._note(Code.CNT_MISMATCH, "a record without tags that was not declared")
        return Record(0, at, end)

    def _tagged(self, kind: int, start: int, number: int, idc: bytes | None = None) -> Record:
        data = self._data
        length = _LENGTH.match(data, start)
        end = start + int(length[1]) if length else start
        if kind != 1 and start < end <= len(data) and data[end - 1] == FS and self._follows(end, number + 1):
            return Record(kind, start, end, idc)
        stops = next(self._stops(kind, start, number), None)
        lands = start < end < len(data) and data[end - 1] == FS
        if lands and (stops is None or (stops != end and data.find(b"\x1c", start) == end - 1)):
            return Record(kind, start, end, idc)  # and what follows is no record
        found = len(data) if stops is None else stops
        separated = data[found - 1] == FS
        # A text has no separator within it; bytes may end early at one by chance.
        short = end > found + 1 and (not separated or (found == len(data) and self._data_at(start) is not None))
        if not separated and not short:
            self._note(Code.SEPARATOR_MISSING, f"type {kind}")
        if end != found and (separated or end != found + 1):
            told = f"{end - start} declared" if length else "none declared"
            self._note(Code.LEN_MISMATCH, f"type {kind}: {told}, {found - start} found")
        return Record(kind, start, found, idc, short)

    def _stops(self, kind: int, start: int, number: int) -> Iterator[int]:
        """Where a record may end: behind a separator that something can follow, or before a new transaction."""
        tag = _TAG.match(self._data, start)
        begun = self._data_at(start) or (tag.end() if tag else start + 1)
        for found in _END.finditer(self._data, begun):
            if found.end() == found.start() or kind == 1 or self._follows(found.end(), number + 1):
                yield found.end()

    def _data_at(self, start: int) -> int | None:
        """Where the bytes of field 999 begin, which stands before any separator; None where there is none."""
        separator = self._data.find(b"\x1c", start)
        found = _DATA.search(self._data, start, separator if separator >= 0 else len(self._data))
        return None if found is None else found.end()

    def _follows(self, at: int, number: int) -> bool:
        """Whether record ``number``, a new transaction or the end can stand here."""
        if self._expects_binary(number) and self._binary_end(at) is not None:
            return True
        at = _filled(self._data, at)
        return at == len(self._data) or _TAG.match(self._data, at) is not None

    def _expects_binary(self, number: int) -> bool:
        return 0 < number <= len(self._expected) and self._expected[number - 1][0] in BINARY

    def _binary_end(self, at: int) -> int | None:
        length = int.from_bytes(self._data[at : at + 4], "big")
        return at + length if _SHORTEST_BINARY <= length <= len(self._data) - at else None


def _is_type(text: bytes) -> bool:
    return text.isdigit() and len(text) <= 2
