"""The fields of a tagged record: ``TT.NNN:value``, set apart by GS; 999 is bytes and the last."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass

from countenance.migration.code import Code
from countenance.migration.itl.records import FS, Record
from countenance.migration.legacy_record import Note

FIELDS = 10_000
"""The most fields of one record that are read."""
DATA = 999
_TAG = re.compile(rb"[\r\n ]*(\d{1,3})\.(\d{1,9}):")


@dataclass(frozen=True, slots=True)
class Fields:
    """``values`` by number, the first where a number comes twice. ``data`` is where 999's bytes are, if it is there."""

    values: Mapping[int, bytes]
    data: tuple[int, int] | None
    notes: tuple[Note, ...]

    def items(self, number: int) -> list[list[bytes]]:
        """The information items (US) of each subfield (RS); empty where the field is missing or empty."""
        value = self.values.get(number, b"")
        return [each.split(b"\x1f") for each in value.split(b"\x1e")] if value else []

    def item(self, number: int, place: int = 0) -> bytes:
        """An item of the first subfield, without spaces around it; empty where there is none."""
        items = self.items(number)
        return items[0][place].strip() if items and place < len(items[0]) else b""


def fields_of(data: bytes, record: Record) -> Fields:
    """The fields of a tagged record; a chunk that is no field of its type is noted and left out."""
    values: dict[int, bytes] = {}
    twice: set[int] = set()
    bad = 0
    at, end = record.start, record.end - (data[record.end - 1] == FS)
    binary = None
    while at < end and len(values) + bad < FIELDS:
        tag = _TAG.match(data, at, end)
        if tag is not None and int(tag[1]) == record.type and int(tag[2]) == DATA:
            binary = (tag.end(), end)
            break
        stop = data.find(b"\x1d", at, end)
        stop = end if stop < 0 else stop
        if tag is None or int(tag[1]) != record.type:
            bad += 1
        elif int(tag[2]) in values:
            twice.add(int(tag[2]))
        else:
            values[int(tag[2])] = data[tag.end() : stop]
        at = stop + 1
    notes = [Note(Code.DUPLICATE_TAG, f"{record.type}.{each:03}") for each in sorted(twice)]
    if bad:
        notes.append(Note(Code.BAD_TAG, f"type {record.type}: {bad}"))
    return Fields(values, binary, tuple(notes))


@dataclass(frozen=True, slots=True)
class Type2:
    """A Type-2 record by its fields' names, without length and IDC."""

    own: Fields

    def others(self, named: Set[str]) -> int:
        """How many fields it has beside these, which are written like ``2.018``."""
        return sum(each > 2 and f"2.{each:03}" not in named for each in self.own.values)

    def value(self, field: str) -> bytes:
        """The first item of a field."""
        return self.own.item(int(field.removeprefix("2.")))
