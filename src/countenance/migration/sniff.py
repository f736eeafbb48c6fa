"""Sniff a picture: what its bytes are and what size its header tells, without decoding; a source only claims."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

STRAY = 16
"""Bytes that may stand before a picture: some encoders leave a length or a type there."""


class Codec(StrEnum):
    """How a picture is coded."""

    JPEG = "jpeg"
    JPEG_LOSSLESS = "jpeg-lossless"
    JPEG_LS = "jpeg-ls"
    JPEG_2000 = "jpeg2000"
    PNG = "png"
    GIF = "gif"
    BMP = "bmp"
    TIFF = "tiff"
    WEBP = "webp"
    NETPBM = "netpbm"
    WSQ = "wsq"


UNREAD = frozenset({Codec.JPEG_LOSSLESS, Codec.JPEG_LS, Codec.WSQ})
"""What no decoder here reads; a fingerprint's WSQ is no face anyway."""


@dataclass(frozen=True, slots=True)
class Sniffed:
    """``start`` is where the picture begins. ``width`` and ``height`` are None where the header does not tell."""

    codec: Codec
    start: int
    width: int | None = None
    height: int | None = None


def sniff(data: bytes) -> Sniffed | None:
    """What is found within the first STRAY bytes; None where it is no picture that is known here."""
    head = data[: STRAY + 16]
    looks = [(at, look) for magic, look in _MAGICS if 0 <= (at := head.find(magic)) <= STRAY]
    # Two bytes are too few to be looked for further on.
    if data.startswith(_SHORT):
        looks.insert(0, (0, _short))
    for start, look in sorted(looks, key=lambda each: each[0]):
        with suppress(struct.error, IndexError):  # the header ends early
            if (found := look(data, start)) is not None:  # stray bytes may look like a beginning, too
                return found
    return None


def _jpeg(data: bytes, start: int) -> Sniffed:
    """ITU-T T.81, B.2.2: the frame header tells the process, the rows and the columns."""
    at = start + 2
    while True:
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == 0xFFFF:  # fill
            at += 1
        elif marker in _FRAMES:
            rows, columns = struct.unpack_from(">HH", data, at + 5)
            return Sniffed(_FRAMES[marker], start, columns, rows)
        elif marker >> 8 != 0xFF or marker == 0xFFDA or length < 2:
            return Sniffed(Codec.JPEG, start)
        else:
            at += 2 + length


# ITU-T T.81, table B.1: C4, C8 and CC are no frames; ITU-T T.87: F7.
_FRAMES = {
    0xFFC0 + each: Codec.JPEG_LOSSLESS if each in (3, 7, 11, 15) else Codec.JPEG
    for each in range(16)
    if each not in (4, 8, 12)
} | {0xFFF7: Codec.JPEG_LS}


def _wsq(data: bytes, start: int) -> Sniffed:
    """WSQ Gray-scale Fingerprint Image Compression Specification (IAFIS-IC-0110): SOF is FFA2."""
    at = start + 2
    while at < len(data):
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == 0xFFA2:
            rows, columns = struct.unpack_from(">HH", data, at + 6)
            return Sniffed(Codec.WSQ, start, columns, rows)
        if marker >> 8 != 0xFF or length < 2:
            break
        at += 2 + length
    return Sniffed(Codec.WSQ, start)


def _jp2(data: bytes, start: int) -> Sniffed:
    """ISO/IEC 15444-1, I.5.3: the image header box."""
    at = data.find(b"ihdr", start, start + 256)
    if at < 0:
        return Sniffed(Codec.JPEG_2000, start)
    height, width = struct.unpack_from(">II", data, at + 4)
    return Sniffed(Codec.JPEG_2000, start, width, height)


def _j2k(data: bytes, start: int) -> Sniffed:
    """ISO/IEC 15444-1, A.5.1: the segment SIZ."""
    right, bottom, left, top = struct.unpack_from(">4I", data, start + 8)
    return Sniffed(Codec.JPEG_2000, start, max(0, right - left), max(0, bottom - top))


def _png(data: bytes, start: int) -> Sniffed:
    width, height = struct.unpack_from(">II", data, start + 16)
    return Sniffed(Codec.PNG, start, width, height)


def _gif(data: bytes, start: int) -> Sniffed:
    width, height = struct.unpack_from("<HH", data, start + 6)
    return Sniffed(Codec.GIF, start, width, height)


def _tiff(_: bytes, start: int) -> Sniffed:
    return Sniffed(Codec.TIFF, start)


def _webp(data: bytes, start: int) -> Sniffed | None:
    return Sniffed(Codec.WEBP, start) if data[start + 8 : start + 12] == b"WEBP" else None


def _short(data: bytes, start: int) -> Sniffed | None:
    if data[:2] != b"BM":
        return Sniffed(Codec.NETPBM, start)
    (header,) = struct.unpack_from("<I", data, 14)
    if header not in (12, 40, 52, 56, 64, 108, 124):
        return None
    width, height = struct.unpack_from("<HH" if header == 12 else "<ii", data, 18)
    return Sniffed(Codec.BMP, start, width, abs(height))


_MAGICS: tuple[tuple[bytes, Callable[[bytes, int], Sniffed | None]], ...] = (
    (b"\xff\xd8\xff", _jpeg),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", _jp2),
    (b"\xff\x4f\xff\x51", _j2k),
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"\xff\xa0\xff", _wsq),
    (b"GIF87a", _gif),
    (b"GIF89a", _gif),
    (b"II*\x00", _tiff),
    (b"MM\x00*", _tiff),
    (b"RIFF", _webp),
)
_SHORT = (b"BM", b"P5\n", b"P6\n")
