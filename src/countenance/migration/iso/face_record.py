"""A face record (ISO/IEC 19794-5): versions 010 (2005) and 030 (2011), read past lengths that are not true."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from countenance.migration.code import Code
from countenance.migration.dates import day_of
from countenance.migration.legacy_record import LegacyImage, Note
from countenance.migration.picture import ends, picture
from countenance.migration.sniff import Codec, sniff
from countenance.terms.errors import Malformed

MAGIC = b"FAC\x00"
IMAGES = 64
"""The most images of one record that are read."""
_HEADERS = {b"010\x00": 14, b"030\x00": 17}
"""ISO/IEC 19794-5:2005, 5.4; 19794-5:2011, 5.2: the length of the header."""
_CODECS = (Codec.JPEG, Codec.JPEG_2000, Codec.JPEG_2000, Codec.PNG)
_FRONTAL = (1, 2)
"""Types of a face image: full frontal and token; 0 is any."""


@dataclass(frozen=True, slots=True)
class _Block:
    """One image of a record as its header tells; ``begin`` and ``end`` are of the picture, ``next`` of what follows."""

    begin: int
    end: int
    next: int
    type: int
    codec: int
    width: int
    height: int
    quality: int | None
    day: str = ""


def images_of(data: bytes, start: int, end: int) -> tuple[list[LegacyImage], list[Note]]:
    """The images of the record from ``start``, and what was remarkable; the container ends at ``end``.

    Raises Malformed where there is no record of a version that is read.
    """
    version = data[start + 4 : start + 8]
    if data[start : start + 4] != MAGIC or version not in _HEADERS or start + 14 > end:
        raise Malformed("no face record of version 010 or 030")
    total, count = struct.unpack_from(">IH", data, start + 8)
    notes = []
    if total != end - start:
        notes.append(Note(Code.LEN_MISMATCH, f"record: {total} bytes declared, {end - start} found"))
    images: list[LegacyImage] = []
    at = start + _HEADERS[version]
    wanted = min(max(1, count), IMAGES)
    while len(images) < wanted and at < end:
        image, at = _image(data, at, end, version, last=len(images) + 1 == wanted)
        images.append(replace(image, native_id=str(len(images) + 1)))
    if len(images) != count:
        notes.append(Note(Code.CNT_MISMATCH, f"{count} images declared, {len(images)} found"))
    return images, notes


def _image(data: bytes, at: int, end: int, version: bytes, *, last: bool) -> tuple[LegacyImage, int]:
    """One image, and where the next may begin."""
    try:
        block = _block_2005(data, at) if version == b"010\x00" else _block_2011(data, at)
    except struct.error:
        block = None
    if block is None or block.begin >= end:
        lost = LegacyImage("", None, offset=at, length=end - at, verdict=Code.RECORD_TRUNCATED, detail="no image bytes")
        return lost, end
    content, short = _content(data, block, end, last=last)
    found = picture(
        content,
        width=str(block.width or ""),
        height=str(block.height or ""),
        codec=_CODECS[block.codec] if block.codec < len(_CODECS) else None,
        short=short,
    )
    captured = day_of(block.day)
    notes = tuple(_remarks(block, captured, len(content)))
    declared = {
        "width": str(block.width),
        "height": str(block.height),
        "codec": str(block.codec),
        **({"pose": "F"} if block.type in _FRONTAL else {}),
        **({"quality": str(block.quality)} if block.quality else {}),
    }
    image = LegacyImage(
        "", found.data, None, captured, declared, block.begin, len(content), found.verdict, found.detail,
        (*notes, *found.notes),
    )  # fmt: skip
    return image, max(block.next, block.begin + len(content))


def _content(data: bytes, block: _Block, end: int, *, last: bool) -> tuple[bytes, bool]:
    """The picture's bytes, and whether its length says more than is there.

    The last image's picture may go beyond what the lengths say, up to the container's end, if it ends there and not
    where they say.
    """
    told, rest = data[block.begin : min(block.end, end)], data[block.begin : end]
    if block.end > end:
        return rest, True
    sniffed = sniff(told)
    if last and sniffed is not None and len(rest) > len(told) and not ends(told, sniffed.codec):
        return (rest, False) if ends(rest, sniffed.codec) else (told, False)
    return told, False


def _remarks(block: _Block, captured: str | None, found: int) -> Iterator[Note]:
    if found != block.end - block.begin:
        yield Note(Code.LEN_MISMATCH, f"image: {block.end - block.begin} bytes declared, {found} found")
    if block.day and captured is None:
        yield Note(Code.CAPTURE_DATE_INVALID, "the representation's capture date")


def _block_2005(data: bytes, at: int) -> _Block:
    """ISO/IEC 19794-5:2005, 5.5 to 5.8: facial information (20 bytes), points (8 each), image information (12)."""
    length, points = struct.unpack_from(">IH", data, at)
    info = at + 20 + 8 * points
    kind, codec, width, height, _, _, _, quality = struct.unpack_from(">BBHHBBHH", data, info)
    begin = info + 12
    return _Block(begin, max(begin, at + length), at + length, kind, codec, width, height, quality)


def _block_2011(data: bytes, at: int) -> _Block:
    """ISO/IEC 19794-5:2011, 5.3: as 2005, with a date, a device, quality blocks, and the picture's own length."""
    length, year, month, day = struct.unpack_from(">IHBB", data, at)
    (qualities,) = struct.unpack_from(">B", data, at + 18)
    quality = struct.unpack_from(">B", data, at + 19)[0] if qualities else None
    points_at = at + 19 + 5 * qualities
    (points,) = struct.unpack_from(">H", data, points_at)
    info = points_at + 17 + 8 * points
    kind, codec, width, height, _, _, _, _, size = struct.unpack_from(">BBHHBHBBI", data, info)
    begin = info + 15
    known = f"{year:04}{month:02}{day:02}" if year not in (0, 0xFFFF) else ""
    return _Block(begin, begin + size, at + length, kind, codec, width, height, quality, known)
