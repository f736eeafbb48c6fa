"""A file that ends early and cleanly is a failure, never a picture with grey or black rows; a whole one is taken."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from tests.vision.drawn import encoded, face

from countenance.terms.acquisition import FailureReason, FailureToAcquire
from countenance.vision.decode import Picture, decode

SIDE = 64
NOISE = Image.fromarray(np.random.default_rng(1).integers(1, 255, (SIDE, SIDE, 3), dtype=np.uint8))
ROWS = [row.tobytes() for row in np.asarray(NOISE)]


def reason(data: bytes) -> FailureReason | None:
    decoded = decode(data)
    return decoded.reason if isinstance(decoded, FailureToAcquire) else None


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*idat: bytes, interlaced: bool = False, end: bool = True) -> bytes:
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, interlaced)
    pieces = b"".join(chunk(b"IDAT", each) for each in idat)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pieces + (chunk(b"IEND", b"") if end else b"")


def filtered(rows: list[bytes]) -> bytes:
    return b"".join(b"\0" + row for row in rows)


def adam7() -> bytes:
    """The noise in the seven passes of an interlaced PNG (first column and row, and the steps)."""
    steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    return b"".join(
        filtered([r.tobytes() for r in np.asarray(NOISE)[y::down, x::across]]) for x, y, across, down in steps
    )


def early_pngs() -> Iterator[tuple[str, bytes]]:
    whole = zlib.compress(filtered(ROWS))
    half = zlib.compress(filtered(ROWS[:32]))
    flushed = zlib.compressobj()
    yield "rows missing, the stream complete", png(half)
    yield "rows missing, no end chunk", png(half, end=False)
    yield "cut at a chunk's border", png(whole[:3000], whole[3000:6000])
    yield "cut at a chunk's border, no end chunk", png(whole[:3000], whole[3000:6000], end=False)
    yield "flushed, never finished", png(flushed.compress(filtered(ROWS[:32])) + flushed.flush(zlib.Z_FULL_FLUSH))
    yield "one row missing", png(zlib.compress(filtered(ROWS[:-1])))
    yield (
        "interlaced, the last pass missing",
        png(zlib.compress(adam7()[: -SIDE // 2 * (1 + 3 * SIDE)]), interlaced=True),
    )
    yield "black rows, and rows missing", png(zlib.compress(filtered([bytes(3 * SIDE)] * 40)))


def cut_jpeg(share: float, image: Image.Image = NOISE, **options: object) -> bytes:
    """The entropy-coded data end at ``share`` of the file, and the end marker stands behind them."""
    data = encoded(image, "JPEG", quality=90, **options)
    return data[: int(len(data) * share)] + b"\xff\xd9"


def early_jpegs() -> Iterator[tuple[str, bytes]]:
    for subsampling in (0, 2):
        for share in (0.3, 0.6, 0.9):
            yield f"cut at {share}, sampling {subsampling}", cut_jpeg(share, subsampling=subsampling)
    yield "in grey", cut_jpeg(0.5, NOISE.convert("L"))
    yield "in CMYK", cut_jpeg(0.5, NOISE.convert("CMYK"))
    yield "large enough to be decoded smaller", cut_jpeg(0.5, face(64).resize((4096, 4096)))
    yield "with restart markers", cut_jpeg(0.5, subsampling=0, restart_marker_rows=1)
    data = encoded(NOISE, "JPEG", quality=90, subsampling=0, restart_marker_rows=1)
    yield "cut at a restart marker", data[: data.index(b"\xff\xd4")] + b"\xff\xd9"
    yield "a piece between restart markers missing", data[: data.index(b"\xff\xd2")] + data[data.index(b"\xff\xd5") :]
    progressive = encoded(NOISE, "JPEG", quality=90, progressive=True)
    first = progressive.index(b"\xff\xda")
    yield "in the first scan of several", progressive[: first + 60] + b"\xff\xd9"


def tiff(strips: list[bytes], compression: int) -> bytes:
    """Strips of sixteen rows, uncompressed (1) or deflated (8), however many there are."""
    offsets = [8 + sum(map(len, strips[:i])) for i in range(len(strips))]
    at = 8 + sum(map(len, strips))
    lists = struct.pack(f"<{len(strips)}I", *offsets) + struct.pack(f"<{len(strips)}I", *map(len, strips))
    bits_at = at + len(lists)
    n = len(strips)
    entries = [
        (256, 3, 1, SIDE), (257, 3, 1, SIDE), (258, 3, 3, bits_at), (259, 3, 1, compression), (262, 3, 1, 2),
        (273, 4, n, at), (277, 3, 1, 3), (278, 3, 1, 16), (279, 4, n, at + 4 * n),
    ]  # fmt: skip
    table = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *each) for each in entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", bits_at + 6) + b"".join(strips) + lists + struct.pack("<3H", 8, 8, 8) + table


def early_tiffs() -> Iterator[tuple[str, bytes]]:
    for compression, packed in ((1, bytes), (8, zlib.compress)):
        strips = [packed(b"".join(ROWS[i : i + 16])) for i in range(0, SIDE, 16)]
        assert reason(tiff(strips, compression)) is None
        yield f"strips missing ({compression})", tiff(strips[:2], compression)
        yield f"strips empty ({compression})", tiff([*strips[:2], b"", b""], compression)
        yield f"a short strip ({compression})", tiff([*strips[:3], packed(b"".join(ROWS[:8]))], compression)
    data = bytearray(encoded(NOISE, "TIFF", compression="jpeg", quality=95))
    (at,) = struct.unpack_from("<I", data, 4)
    for entry in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", data, at)[0], 12):
        if struct.unpack_from("<H", data, entry)[0] == 279:
            struct.pack_into("<I", data, entry + 8, struct.unpack_from("<I", data, entry + 8)[0] // 2)
    yield "a JPEG strip cut", bytes(data)


def early_jpeg_2000s() -> Iterator[tuple[str, bytes]]:
    data = encoded(NOISE, "JPEG2000", tile_size=(16, 16), num_resolutions=3)
    starts, at = [], data.index(b"\xff\x90")
    while data[at : at + 2] == b"\xff\x90":
        starts.append(at)
        at += struct.unpack_from(">I", data, at + 6)[0]
    yield "tiles missing", data[: starts[5]] + b"\xff\xd9"
    yield "a tile missing in the middle", data[: starts[5]] + data[starts[6] :]
    for options in (
        {},
        {"irreversible": True},
        {"no_jp2": True},
        {"quality_layers": [40, 10, 2], "irreversible": True},
    ):
        cut = bytearray(encoded(NOISE, "JPEG2000", **options)[:3000] + b"\xff\xd9")
        tile, box = cut.index(b"\xff\x90"), cut.find(b"jp2c")
        struct.pack_into(">I", cut, tile + 6, len(cut) - 2 - tile)
        if box > 0:
            struct.pack_into(">I", cut, box - 4, len(cut) - box + 4)
        yield f"cut, its lengths corrected {options}", bytes(cut)


def early_others() -> Iterator[tuple[str, bytes]]:
    palette = NOISE.quantize(64)
    gif, fewer = encoded(palette, "GIF"), encoded(palette.crop((0, 0, SIDE, 32)), "GIF")
    body, part = (data.index(b"\x2c", 13 + 3 * (2 << (data[10] & 7))) + 10 for data in (gif, fewer))
    yield "GIF, rows missing, the stream complete", gif[:body] + fewer[part:]
    yield "GIF, blocks missing", gif[: body + 1 + 256 * 8] + b"\0\x3b"
    for lossless in (True, False):
        webp = bytearray(encoded(NOISE, "WEBP", lossless=lossless)[:2000])
        struct.pack_into("<I", webp, 4, len(webp) - 8)
        struct.pack_into("<I", webp, 16, len(webp) - 20)
        yield f"WebP, its lengths corrected, lossless {lossless}", bytes(webp)
    bmp = encoded(palette, "BMP")
    (at,) = struct.unpack_from("<I", bmp, 10)
    head = bytearray(bmp[:at])
    struct.pack_into("<I", head, 30, 1)  # run lengths
    lines = b"".join(b"".join(bytes((1, p)) for p in row) + b"\0\0" for row in np.asarray(palette)[:31:-1])
    yield "BMP in run lengths, ended early", bytes(head) + lines + b"\0\1"
    yield "BMP, rows missing", encoded(NOISE, "BMP")[: 54 + 32 * 3 * SIDE]
    yield "Netpbm, rows missing", encoded(NOISE, "PPM")[: 15 + 32 * 3 * SIDE]


EARLY = dict([*early_pngs(), *early_jpegs(), *early_tiffs(), *early_jpeg_2000s()])


@pytest.mark.parametrize("data", EARLY.values(), ids=EARLY)
def test_a_file_that_ends_early_is_truncated(data: bytes) -> None:
    """Where its end is clean, so that no decoder says anything."""
    assert reason(data) in {FailureReason.TRUNCATED, FailureReason.UNDECODABLE}


@pytest.mark.parametrize(
    "name", [name for name in EARLY if "complete" in name or "tiles" in name or "sampling" in name]
)
def test_it_says_what_is_the_matter(name: str) -> None:
    """Not that the file is damaged: that part of it is missing."""
    assert reason(EARLY[name]) is FailureReason.TRUNCATED


OTHERS = dict(early_others())


@pytest.mark.parametrize("data", OTHERS.values(), ids=OTHERS)
def test_the_other_formats_decoders_say_so_themselves(data: bytes) -> None:
    """Held here in case one of them stops doing so."""
    assert reason(data) in {FailureReason.TRUNCATED, FailureReason.UNDECODABLE}


def bordered(colour: str) -> Image.Image:
    image = Image.new("RGB", (97, 83), colour)
    image.paste(face(64), (16, 0))
    return image


WHOLE = [
    *(("PNG", {"optimize": optimize}) for optimize in (False, True)),
    *(("JPEG", {"quality": 90, "subsampling": s, "progressive": p}) for s in (0, 1, 2) for p in (False, True)),
    *(("JPEG", {"restart_marker_blocks": blocks, "progressive": p}) for blocks in (1, 5) for p in (False, True)),
    ("JPEG", {"quality": 1}),
    *(("TIFF", {"compression": c}) for c in ("raw", "jpeg", "tiff_lzw", "packbits", "tiff_adobe_deflate")),
    *(("JPEG2000", options) for options in ({}, {"no_jp2": True}, {"tile_size": (32, 32)})),
    ("JPEG2000", {"tile_size": (40, 24), "offset": (3, 5)}),
    ("WEBP", {}), ("GIF", {}), ("BMP", {}),
]  # fmt: skip


@pytest.mark.parametrize("colour", ["black", "white", "#808080"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize(("kind", "options"), WHOLE, ids=str)
def test_a_whole_picture_with_an_empty_border_is_taken(
    kind: str, options: dict[str, object], mode: str, colour: str
) -> None:
    """Its last rows look like rows that a decoder left out, and are not."""
    assert isinstance(decode(encoded(bordered(colour).convert(mode), kind, **options)), Picture)


@pytest.mark.parametrize("mode", ["1", "P", "RGBA", "LA", "I;16"])
def test_a_black_png_of_any_kind_is_taken(mode: str) -> None:
    """One bit a sample and sixteen; sizes that end inside a byte."""
    for size in ((1, 1), (3, 5), (17, 9)):
        assert isinstance(decode(encoded(Image.new(mode, size))), Picture)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 5), (5, 3), (8, 8), (9, 17), (64, 64)])
def test_an_interlaced_png_is_taken_in_any_size(size: tuple[int, int]) -> None:
    """Small ones lack some of the seven passes; a longer stream than needed does no harm."""
    width, height = size
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    rows = zlib.compress(bytes(2 * height * (1 + 3 * width) + 7 * height))
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    assert isinstance(decode(data), Picture)
    assert isinstance(decode(png(zlib.compress(adam7()), interlaced=True)), Picture)


def test_what_follows_a_jpeg_is_not_its_end() -> None:
    """Cameras append previews and notes; an end marker in them counts for nothing."""
    preview = encoded(face(32), "JPEG")
    assert isinstance(decode(encoded(bordered("white"), "JPEG") + preview), Picture)
    assert reason(cut_jpeg(0.5) + preview) is FailureReason.TRUNCATED
