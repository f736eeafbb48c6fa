"""A picture is known by its bytes: its format and size as a decoder finds them, and bombs before they are decoded."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from tests.migration.written import portrait
from tests.vision.drawn import encoded, gradient

from countenance.migration.code import Code
from countenance.migration.limits import IMAGE_BYTES
from countenance.migration.picture import picture
from countenance.migration.sniff import STRAY, Codec, sniff
from countenance.vision.decode import Picture, decode

SIZE = (37, 53)
PORTRAIT = portrait()
FORMATS = {
    "JPEG": Codec.JPEG,
    "PNG": Codec.PNG,
    "GIF": Codec.GIF,
    "BMP": Codec.BMP,
    "JPEG2000": Codec.JPEG_2000,
    "TIFF": Codec.TIFF,
    "WEBP": Codec.WEBP,
    "PPM": Codec.NETPBM,
}


def drawn(kind: str, **options: object) -> bytes:
    return encoded(Image.fromarray(gradient(*SIZE)), kind, **options)


@pytest.mark.parametrize("kind", FORMATS)
def test_format_and_size_are_as_the_decoder_finds_them(kind: str) -> None:
    found = sniff(drawn(kind))
    assert found is not None
    assert (found.codec, found.start) == (FORMATS[kind], 0)
    with Image.open(io.BytesIO(drawn(kind))) as image:
        assert (found.width, found.height) in (image.size, (None, None))
    assert (found.width is None) == (kind in ("TIFF", "WEBP", "PPM"))


def test_progressive_pictures_bare_codestreams_and_old_bitmaps_are_known_too() -> None:
    assert sniff(drawn("JPEG", progressive=True)) == sniff(drawn("JPEG"))
    stream = drawn("JPEG2000", no_jp2=True)
    assert stream.startswith(b"\xff\x4f")
    assert (bare := sniff(stream)) is not None
    assert (bare.codec, bare.width, bare.height) == (Codec.JPEG_2000, *SIZE)
    upside_down = b"BM" + struct.pack("<IHHIIii", 0, 0, 0, 54, 40, 37, -53) + bytes(24)
    assert (found := sniff(upside_down)) is not None
    assert (found.width, found.height) == SIZE


@pytest.mark.parametrize("frame", [0xC3, 0xC7, 0xCB, 0xCF])
def test_lossless_jpeg_is_told_from_the_baseline(frame: int) -> None:
    data = drawn("JPEG").replace(b"\xff\xc0", bytes((0xFF, frame)), 1)
    assert picture(data).verdict is Code.CODEC_UNSUPPORTED


@example(b"RIFF")
@example(b"BM")
@given(stray=st.binary(min_size=0, max_size=STRAY))
def test_a_picture_is_found_behind_a_few_stray_bytes(stray: bytes) -> None:
    if sniff(stray + bytes(40)) is None:
        found = picture(stray + PORTRAIT)
        assert found.data is not None
        assert found.data.endswith(PORTRAIT)


@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    for head in (b"", b"\xff\xd8\xff", b"\xff\xa0\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"\xff\x4f\xff\x51", b"II*\x00"):
        found = picture(head + data, width="3", height="5", raw=True)
        assert (found.data is None) == (found.verdict is not None)


@pytest.mark.parametrize("claimed", [(60_000, 60_000), (1, 4_000_000_000)])
def test_a_pixel_bomb_is_rejected_by_its_header(claimed: tuple[int, int]) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", *claimed, 8, 2, 0, 0, 0))
    bomb += chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    assert picture(bomb).verdict is Code.IMAGE_TOO_LARGE
    assert not isinstance(decode(bomb), Picture)


def test_more_bytes_than_a_picture_may_have_are_not_looked_at() -> None:
    assert picture(PORTRAIT + bytes(IMAGE_BYTES)).verdict is Code.IMAGE_TOO_LARGE


@pytest.mark.parametrize(("mode", "magic"), [("L", b"P5"), ("RGB", b"P6")])
def test_bare_samples_are_given_a_header_where_they_are_declared_and_as_many_as_said(mode: str, magic: bytes) -> None:
    image = Image.fromarray(gradient(*SIZE)).convert(mode)
    found = picture(image.tobytes(), width=str(SIZE[0]), height=str(SIZE[1]), raw=True)
    assert found.data is not None
    assert found.data.startswith(magic)
    shown = decode(found.data)
    assert isinstance(shown, Picture)
    assert (shown.width, shown.height) == SIZE
    for width, raw in (("38", True), ("", True), ("37", False)):
        assert picture(image.tobytes(), width=width, height="53", raw=raw).verdict is Code.IMAGE_UNDECODABLE
