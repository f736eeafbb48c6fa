"""Tags, lengths and values in BER (ISO/IEC 8825-1), as passports have them; a length that goes too far is cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

ELEMENTS = 1000
"""The most elements of one level."""


@dataclass(frozen=True, slots=True)
class Element:
    """``start`` and ``end`` are of the value. ``cut``: its length says more than its container holds."""

    tag: int
    start: int
    end: int
    cut: bool


def elements(data: bytes, start: int, end: int) -> Iterator[Element]:
    """The elements of one level; ends where something stands that is none."""
    for _ in range(ELEMENTS):
        if start >= end or data[start] == 0:
            return
        tag, at = data[start], start + 1
        if tag & 0x1F == 0x1F:  # the tag goes on; two bytes are all that is used here
            if at >= end:
                return
            tag, at = tag << 8 | data[at], at + 1
        if at >= end:
            return
        length, at = data[at], at + 1
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4 or at + size > end:
                return
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        yield Element(tag, at, min(at + length, end), at + length > end)
        start = at + length
