"""The picture in a record's image field: its bytes without what stands before them, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from countenance.migration.code import Code
from countenance.migration.legacy_record import Note
from countenance.migration.limits import IMAGE_BYTES, IMAGE_PIXELS
from countenance.migration.sniff import UNREAD, Codec, Sniffed, sniff

_ENDS = {
    Codec.JPEG: b"\xff\xd9",
    Codec.JPEG_2000: b"\xff\xd9",
    Codec.PNG: b"IEND\xaeB`\x82",
    Codec.GIF: b"\x3b",
}
_BEHIND = 64
"""Bytes among which a picture's end mark is looked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """``data`` is the picture as it will be decoded; None beside a ``verdict``. Sizes are as its header tells."""

    data: bytes | None = None
    width: int | None = None
    height: int | None = None
    verdict: Code | None = None
    detail: str = ""
    notes: tuple[Note, ...] = ()


def picture(
    content: bytes,
    *,
    width: str = "",
    height: str = "",
    codec: Codec | None = None,
    raw: bool = False,
    short: bool = False,
) -> Found:
    """Look at the bytes of an image field. What is declared (``width``, ``height``, ``codec``) only makes notes.

    ``raw``: the source says that the bytes are bare samples of 8 bits; they are given a header. ``short``: the source
    announced more bytes than there are; without the picture's own end mark it is truncated.
    """
    missing = Code.RECORD_TRUNCATED if short else Code.IMAGE_UNDECODABLE
    if not content:
        return Found(verdict=missing, detail="no image bytes")
    if len(content) > IMAGE_BYTES:
        return Found(verdict=Code.IMAGE_TOO_LARGE, detail=f"{len(content)} bytes")
    told = _number(width), _number(height)
    sniffed = sniff(content)
    if sniffed is None:
        bare = _with_header(content, *told) if raw else None
        return bare or Found(verdict=missing, detail="no picture of a known format")
    if sniffed.codec in UNREAD:
        return Found(verdict=Code.CODEC_UNSUPPORTED, detail=sniffed.codec)
    if sniffed.width and sniffed.height and sniffed.width * sniffed.height > IMAGE_PIXELS:
        return Found(verdict=Code.IMAGE_TOO_LARGE, detail=f"{sniffed.width} × {sniffed.height} pixels")
    if short and not ends(content, sniffed.codec):
        return Found(verdict=Code.RECORD_TRUNCATED, detail="the record ends before its picture")
    notes = tuple(_remarks(sniffed, told, codec))
    return Found(content[sniffed.start :], sniffed.width, sniffed.height, notes=notes)


def ends(content: bytes, codec: Codec) -> bool:
    """Whether the picture's own end mark stands at the end; formats without one have no say."""
    return _ENDS.get(codec, b"") in content[-_BEHIND:]


def _remarks(sniffed: Sniffed, told: tuple[int | None, int | None], codec: Codec | None) -> Iterator[Note]:
    if sniffed.start:
        yield Note(Code.STRAY_BYTES, f"{sniffed.start} before the picture")
    if codec is not None and codec is not sniffed.codec:
        yield Note(Code.CODEC_DECLARED_WRONG, f"{codec} declared, {sniffed.codec} found")
    found = sniffed.width, sniffed.height
    if None not in told and None not in found and told != found:
        swapped = ", which is the other way round" if told == found[::-1] else ""
        text = f"{told[0]} × {told[1]} declared, {found[0]} × {found[1]} found{swapped}"
        yield Note(Code.SIZE_DECLARED_WRONG, text)


def _with_header(samples: bytes, width: int | None, height: int | None) -> Found | None:
    """Grey or RGB samples as a Netpbm picture; None where they are not as many as the size says."""
    if not width or not height or width * height > IMAGE_PIXELS:
        return None
    magic = {width * height: b"P5", 3 * width * height: b"P6"}.get(len(samples))
    return None if magic is None else Found(b"%b\n%d %d\n255\n" % (magic, width, height) + samples, width, height)


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() and text.isascii() and len(text) <= 6 else None
