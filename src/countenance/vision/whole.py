"""Whether a decoded picture has all of its rows: some files end early and cleanly, and decoders fill what is missing.

Each format is asked in its own way, cheaply for a whole picture: the dear question is put only where the last rows
look as a decoder would leave them.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from countenance.vision import formats
from countenance.vision.formats import PNG_MAGIC, Format

_CORNER = 4
"""Pixels of the last rows' ends that a JPEG decoder leaves of one colour where data are missing."""
_MORE = bytes((i * 89 + i // 7 * 31) % 251 for i in range(96))
"""Bits without a marker that any Huffman or arithmetic decoder reads as coefficients, if it still wants some."""
_PIECE = 1 << 20
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""PNG (third edition), 11.2.1: samples of a pixel, by colour type."""
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""PNG (third edition), 8.1: first column, first row, and the steps of each pass."""


def covered(form: Format, image: Image.Image) -> bool:
    """Before loading: whether the file has pieces for all of the picture (a TIFF may name fewer strips or tiles)."""
    if form is not formats.TIFF:
        return True
    areas: Counter[object] = Counter()
    for piece in getattr(image, "tile", ()):
        left, top, right, bottom = piece.extents or (0, 0, 0, 0)
        # Samples stored plane by plane have pieces for each plane, told apart by the raw mode.
        areas[piece.args[0] if isinstance(piece.args, tuple) else piece.args] += (right - left) * (bottom - top)
    return bool(areas) and min(areas.values()) >= image.width * image.height


def whole(data: bytes, form: Format, image: Image.Image) -> bool:
    """After loading: whether the data filled the picture. ``image`` is as the decoder gave it."""
    if form is formats.PNG:
        return _png(data, image)
    if form is formats.JPEG:
        return _jpeg(data, image)
    if form is formats.JPEG_2000:
        return _jpeg_2000(data)
    if form is formats.TIFF:
        return all(_scan_filled(each) for each in _jpeg_pieces(data, image))
    return True


def _png(data: bytes, image: Image.Image) -> bool:
    """Rows come in their order, and what is not reached stays 0; only a last row of zeros is doubtful."""
    last = image.crop((0, image.height - 1, image.width, image.height))
    if "interlace" not in image.info and np.asarray(last).any():
        return True
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    wanted = 0
    for x, y, across, down in passes:
        columns, rows = -(-(width - x) // across), -(-(height - y) // down)
        if columns > 0 and rows > 0:
            wanted += rows * (1 + -(-columns * depth * _CHANNELS[colour] // 8))
    return _inflated(data, wanted) >= wanted


def _inflated(data: bytes, wanted: int) -> int:
    """How many bytes a PNG's pixels inflate to, counted as far as ``wanted``."""
    stream, count, at = zlib.decompressobj(), 0, len(PNG_MAGIC)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        rest = data[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        while rest and not stream.eof and count < wanted:
            count += len(stream.decompress(rest, _PIECE))
            rest = stream.unconsumed_tail
        at += 12 + length
    return count


def _jpeg(data: bytes, image: Image.Image) -> bool:
    corner = np.asarray(image.crop((max(0, image.width - _CORNER), max(0, image.height - _CORNER), *image.size)))
    scan = _first_scan(data)
    if scan is None or not scan.in_order:
        return scan is None
    return bool((corner != corner[-1, -1]).any()) or _scan_filled(data)


def _scan_filled(data: bytes) -> bool:
    """Whether the first scan of a JPEG stream has all its blocks: more data behind them then change nothing.

    A decoder fills missing blocks with grey and only remarks on it (ITU-T T.81 says nothing of them). Both
    decodings are at an eighth of the size, one pixel a block.
    """
    scan = _first_scan(data)
    if scan is None:
        return True
    longer = data[: scan.end] + _MORE + scan.next_restart + _MORE + data[scan.end :]
    return np.array_equal(_eighth(data), _eighth(longer))


def _eighth(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        image.draft(image.mode, (max(1, image.width // 8), max(1, image.height // 8)))
        return np.asarray(image)


@dataclass(frozen=True, slots=True)
class _Scan:
    """Where the first scan's entropy-coded data end; the restart marker that would come next, where it has such."""

    end: int
    next_restart: bytes
    in_order: bool
    """Restart markers count from 0 to 7 over and over; a piece lost between two of them breaks the count."""


def _first_scan(data: bytes) -> _Scan | None:
    """ITU-T T.81, B.1 and B.2: segments of a marker, a length and content, up to the scan and its data."""
    at, interval = 2, 0
    while at + 4 <= len(data):
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == 0xFFFF:  # fill
            at += 1
            continue
        if marker >> 8 != 0xFF:
            return None
        if marker == 0xFFDD:
            (interval,) = struct.unpack_from(">H", data, at + 4)
        at += 2 + length
        if marker == 0xFFDA:
            return _scan(data, at, interval > 0)
    return None


def _scan(data: bytes, start: int, restarts: bool) -> _Scan:
    """ITU-T T.81, B.1.1.5: within the data a byte FF is followed by 0 or by a restart marker's number."""
    coded = np.frombuffer(data, dtype=np.uint8, offset=start)
    at = np.flatnonzero(coded[:-1] == 0xFF)
    after = coded[at + 1]
    restart = (after >= 0xD0) & (after <= 0xD7)
    ends = np.flatnonzero((after != 0) & (after != 0xFF) & ~restart)
    last = int(ends[0]) if ends.size else at.size
    end = start + int(at[last]) if ends.size else len(data)
    numbers = after[:last][restart[:last]]
    in_order = not restarts or bool((numbers == 0xD0 + np.arange(numbers.size) % 8).all())
    return _Scan(end, bytes((0xFF, 0xD0 + numbers.size % 8)) if restarts else b"", in_order)


def _jpeg_pieces(data: bytes, image: Image.Image) -> Iterator[bytes]:
    """The strips or tiles of a TIFF in JPEG compression as streams of their own (TIFF technical note 2)."""
    tags = getattr(image, "tag_v2", {})
    if tags.get(259) != 7:
        return
    tables = bytes(tags.get(347, b""))
    offsets, lengths = (tags.get(strip, tags.get(tile, ())) for strip, tile in ((273, 324), (279, 325)))
    for offset, length in zip(offsets, lengths, strict=True):
        piece = data[offset : offset + length]
        yield tables[:-2] + piece[2:] if tables else piece


def _jpeg_2000(data: bytes) -> bool:
    """Whether every tile is there, in as many parts as it says (ISO/IEC 15444-1, A.4.2 and A.5.1)."""
    at = _codestream(data)
    width, height, left, top, across, down, tiles_left, tiles_top = struct.unpack_from(">8I", data, at + 8)
    tiles = -(-(width - tiles_left) // across) * -(-(height - tiles_top) // down)
    if left >= width or top >= height:
        return False
    parts: Counter[int] = Counter()
    stated: dict[int, int] = {}
    at += 2
    while at + 12 <= len(data):
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == 0xFFD9:
            break
        if marker != 0xFF90:
            at += 2 + length
            continue
        tile, size, _, count = struct.unpack_from(">HIBB", data, at + 4)
        parts[tile] += 1
        stated[tile] = count or stated.get(tile, 0)
        if size == 0:  # up to the end
            break
        at += size
    return len(parts) == tiles and all(parts[tile] >= count for tile, count in stated.items())


def _codestream(data: bytes) -> int:
    """Where the codestream begins: at once, or in the box ``jp2c`` (ISO/IEC 15444-1, I.4)."""
    at = 0
    while not data.startswith(b"\xff\x4f", at):
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 16 if length == 1 else 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, at + 8)
        at += head if kind == b"jp2c" else max(length, head)
    return at
