"""Find the picture inside an icon file: its largest PNG."""

from __future__ import annotations

from countenance.vision.formats import PNG_MAGIC

_ENTRY = 16
_MOST = 64
"""Entries that are looked at."""


def picture_inside(data: bytes) -> bytes | None:
    """The largest PNG that an ICO directory names; None where it names none (older icons hold bare bitmaps).

    The directory: reserved 0, type 1, count (two bytes each, little-endian), then an entry of 16 bytes each, whose
    last eight are the length and the offset of its picture.
    """
    count = min(int.from_bytes(data[4:6], "little"), _MOST)
    entries = [data[6 + i * _ENTRY : 6 + (i + 1) * _ENTRY] for i in range(count)]
    spans = [(int.from_bytes(e[12:16], "little"), int.from_bytes(e[8:12], "little")) for e in entries]
    pictures = [data[offset : offset + length] for offset, length in spans]
    return max((p for p in pictures if p.startswith(PNG_MAGIC)), key=len, default=None)
