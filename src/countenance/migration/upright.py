"""How a picture stands: its size as it is stored, and how a viewer turns it (Exif 2.3, tag 0x0112, Orientation)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from countenance.migration.legacy_record import Box
from countenance.migration.sniff import sniff

_EXIF, _ORIENTATION, _SHORT = b"Exif\0\0", 0x0112, 3
_SWAPPED = frozenset({5, 6, 7, 8})
"""Orientations in which what is stored as a row is seen as a column."""


@dataclass(frozen=True, slots=True)
class Standing:
    """``width`` and ``height`` in pixels as stored; ``orientation`` 1 to 8, 1 where the picture does not say."""

    width: int
    height: int
    orientation: int

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height as seen."""
        return (self.height, self.width) if self.orientation in _SWAPPED else (self.width, self.height)

    def box(self, left: float, top: float, width: float, height: float, *, stored: bool = False) -> Box | None:
        """A rectangle in fractions of the picture as seen (or as ``stored``) in pixels of it as seen; None if empty."""
        if stored:
            left, top, width, height = self._turned(left, top, width, height)
        wide, high = self.upright
        if not (width > 0 and height > 0 and -1 < left < 1 and -1 < top < 1 and width <= 2 and height <= 2):
            return None
        edges = [round(left * wide), round(top * high), round((left + width) * wide), round((top + height) * high)]
        x, right = (min(max(each, 0), wide) for each in edges[::2])
        y, bottom = (min(max(each, 0), high) for each in edges[1::2])
        return Box(x, y, right - x, bottom - y) if right > x and bottom > y else None

    def _turned(self, x: float, y: float, w: float, h: float) -> tuple[float, float, float, float]:
        """Exif 2.3, table 6: of 2 to 8, where row 0 and column 0 are seen."""
        right, below = 1 - x - w, 1 - y - h
        match self.orientation:
            case 2:
                return right, y, w, h
            case 3:
                return right, below, w, h
            case 4:
                return x, below, w, h
            case 5:
                return y, x, h, w
            case 6:
                return below, x, h, w
            case 7:
                return below, right, h, w
            case 8:
                return y, right, h, w
        return x, y, w, h


def standing(data: bytes) -> Standing | None:
    """Of a picture's bytes, by its headers alone; None where they do not tell its size."""
    found = sniff(data)
    if found is None or not found.width or not found.height:
        return None
    exif = next((each for each in segments(data) if each.startswith(_EXIF)), b"")
    return Standing(found.width, found.height, _orientation(exif[len(_EXIF) :]))


def segments(data: bytes) -> Iterator[bytes]:
    """What is in each application segment 1 of a JPEG (ITU-T T.81, B.2.4.6), before its picture begins."""
    at = 2 if data[:2] == b"\xff\xd8" else len(data)
    while at + 4 <= len(data):
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == 0xFFFF:
            at += 1
            continue
        if marker >> 8 != 0xFF or marker == 0xFFDA or length < 2:
            return
        if marker == 0xFFE1:
            yield data[at + 4 : at + 2 + length]
        at += 2 + length


def _orientation(tiff: bytes) -> int:
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for entry in range(min(count, 256)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, directory + 2 + 12 * entry)
            if tag == _ORIENTATION and kind == _SHORT:
                return value if 1 <= value <= 8 else 1
    except struct.error:  # the directory ends early
        pass
    return 1
