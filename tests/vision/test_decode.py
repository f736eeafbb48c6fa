"""Decoding: whatever the bytes are, the answer is a value, and nothing is allocated before the header is judged."""

from __future__ import annotations

import io
import resource
import struct
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features
from tests.vision.drawn import encoded, gradient

from countenance.terms.acquisition import FailureReason, FailureToAcquire
from countenance.vision.decode import LIMITS, REDUCED_FROM, Limits, Picture, decode

WIDTH, HEIGHT = 48, 32
COLOURS = Image.fromarray(gradient(WIDTH, HEIGHT))
LOSSY = 12
"""Levels by which a lossy format may miss a smooth gradient."""


def picture(data: bytes, limits: Limits = LIMITS) -> Picture:
    decoded = decode(data, limits)
    assert isinstance(decoded, Picture), decoded
    return decoded


def failure(data: bytes, limits: Limits = LIMITS) -> FailureToAcquire:
    decoded = decode(data, limits)
    assert isinstance(decoded, FailureToAcquire)
    assert decoded.detail
    assert decoded.advice
    return decoded


def png(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG whose header says what it likes; ``body`` is its compressed pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "JPEG2000", "AVIF", "PPM", "ICO"])
def test_every_format_gives_the_same_picture(kind: str) -> None:
    """Read-only RGB of the right size, to the format's own loss."""
    image = COLOURS.resize((48, 48)) if kind == "ICO" else COLOURS
    decoded = picture(encoded(image, kind))
    assert decoded.pixels.shape == (image.height, image.width, 3)
    assert decoded.pixels.dtype == np.uint8
    assert not decoded.pixels.flags.writeable
    assert (decoded.width, decoded.height, decoded.scale) == (image.width, image.height, 1.0)
    assert np.abs(decoded.pixels.astype(int) - np.asarray(image)).mean() < LOSSY


def test_the_formats_that_are_promised_are_built_in() -> None:
    """The locked image library reads WebP, AVIF, JPEG 2000 and compressed TIFF without anything else installed."""
    assert all(features.check(each) for each in ("webp", "avif", "jpg_2000", "libtiff", "jpg", "zlib"))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation: int) -> None:
    """A picture stored in any of the eight ways comes out upright, and so do its sizes."""
    undo = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 1)[:, ::-1],
        8: lambda a: np.rot90(a, -1),
    }
    upright = gradient(WIDTH, HEIGHT)
    stored = Image.fromarray(np.ascontiguousarray(undo[orientation](upright)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind in ("PNG", "TIFF", "WEBP"):
        options = {"lossless": True} if kind == "WEBP" else {}
        decoded = picture(encoded(stored, kind, exif=exif, **options))
        assert (decoded.width, decoded.height) == (WIDTH, HEIGHT), kind
        np.testing.assert_array_equal(decoded.pixels, upright, err_msg=kind)


def test_grey_palette_and_bilevel_become_rgb() -> None:
    """The same grey in each plane; a palette's colours as they are."""
    grey = picture(encoded(COLOURS.convert("L"))).pixels
    assert (grey[..., 0] == grey[..., 1]).all()
    assert (grey[..., 0] == np.asarray(COLOURS.convert("L"))).all()
    palette = COLOURS.convert("P", palette=Image.Palette.ADAPTIVE)
    np.testing.assert_array_equal(picture(encoded(palette)).pixels, np.asarray(palette.convert("RGB")))
    assert set(np.unique(picture(encoded(COLOURS.convert("1"))).pixels)) == {0, 255}


@pytest.mark.parametrize(("level", "seen"), [(0, 0), (257, 1), (32768, 128), (65535, 255), (385, 1), (386, 2)])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG2000"])
def test_sixteen_bits_are_scaled_and_rounded(kind: str, level: int, seen: int) -> None:
    """0–65535 to 0–255, to the nearest: 65535 / 255 = 257 steps each."""
    image = Image.fromarray(np.full((20, 20), level, dtype=np.uint16))
    assert np.unique(picture(encoded(image, kind)).pixels).tolist() == [seen]


def test_samples_without_an_agreed_white_are_refused() -> None:
    """Floating point and 32 bits could mean any brightness."""
    for array in (np.full((9, 9), 0.5, dtype=np.float32), np.full((9, 9), 1 << 20, dtype=np.int32)):
        assert failure(encoded(Image.fromarray(array), "TIFF")).reason is FailureReason.UNSUPPORTED_FORMAT


def test_alpha_is_composited_on_white() -> None:
    """Opaque stays, transparent becomes white, half is half-way."""
    rgba = np.zeros((3, 1, 4), dtype=np.uint8)
    rgba[:, 0] = [(10, 20, 30, 255), (10, 20, 30, 0), (10, 20, 30, 128)]
    seen = picture(encoded(Image.fromarray(rgba))).pixels[:, 0]
    assert seen[0].tolist() == [10, 20, 30]
    assert seen[1].tolist() == [255, 255, 255]
    assert np.abs(seen[2].astype(int) - [132, 137, 142]).max() <= 1


def test_a_picture_that_is_transparent_everywhere_is_taken_as_opaque() -> None:
    """Some writers leave the fourth byte at zero; a white page would be no use to anybody."""
    rgba = np.dstack([gradient(WIDTH, HEIGHT), np.zeros((HEIGHT, WIDTH), dtype=np.uint8)])
    np.testing.assert_array_equal(picture(encoded(Image.fromarray(rgba))).pixels, gradient(WIDTH, HEIGHT))


def test_cmyk_is_turned_right() -> None:
    """Adobe's inverted CMYK is not shown as a negative."""
    seen = picture(encoded(COLOURS.convert("CMYK"), "JPEG", quality=95)).pixels
    assert np.abs(seen.astype(int) - gradient(WIDTH, HEIGHT)).mean() < LOSSY


def test_the_first_frame_of_an_animation_is_taken() -> None:
    red, blue = Image.new("RGB", (20, 20), "red"), Image.new("RGB", (20, 20), "blue")
    for kind in ("GIF", "WEBP", "PNG"):
        data = encoded(red, kind, save_all=True, append_images=[blue])
        assert picture(data).pixels[10, 10].tolist()[0] > 200
        assert picture(data).pixels[10, 10].tolist()[2] < 60


def test_an_empty_file_is_empty() -> None:
    assert failure(b"").reason is FailureReason.EMPTY


def test_too_many_bytes_are_not_looked_at() -> None:
    """The limit is on the encoded bytes, and the message states it."""
    found = failure(encoded(COLOURS), Limits(bytes=100))
    assert found.reason is FailureReason.TOO_MANY_BYTES
    assert "100" in found.detail


@pytest.mark.parametrize("claim", [(30_000, 30_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1), (64_000_001, 1)])
def test_a_header_that_claims_too_much_allocates_nothing(claim: tuple[int, int]) -> None:
    """Refused from the header: the process grows by less than a hundredth of what was claimed."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert failure(png(*claim, zlib.compress(b"\0" * 1000))).reason is FailureReason.TOO_MANY_PIXELS
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * (1 if sys.platform == "darwin" else 1024)
    assert grown < 8_000_000


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "WEBP", "TIFF", "BMP", "JPEG2000", "PPM", "AVIF"])
def test_every_format_keeps_to_the_pixel_limit(kind: str) -> None:
    found = failure(encoded(COLOURS, kind), Limits(pixels=WIDTH * HEIGHT - 1))
    assert found.reason is FailureReason.TOO_MANY_PIXELS
    assert picture(encoded(COLOURS, kind), Limits(pixels=WIDTH * HEIGHT))


def test_a_tiff_of_huge_tiles_is_refused() -> None:
    """Sixteen by sixteen pixels in one tile of 1.6 gigabytes, which a decoder would allocate."""

    def entry(tag: int, kind: int, value: int) -> bytes:
        return struct.pack("<HHII", tag, kind, 1, value)

    body = zlib.compress(bytes(1000))
    entries = [
        entry(256, 3, 16), entry(257, 3, 16), entry(258, 3, 8), entry(259, 3, 8), entry(262, 3, 1), entry(277, 3, 1),
        entry(322, 4, 40_000), entry(323, 4, 40_000), entry(324, 4, 8), entry(325, 4, len(body)),
    ]  # fmt: skip
    at = 8 + len(body)
    data = b"II*\0" + struct.pack("<I", at) + body + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    assert failure(data).reason is FailureReason.TOO_MANY_PIXELS


def test_a_png_whose_header_lies_is_a_failure() -> None:
    """A claim of 2000 × 2000 over the data of ten pixels is not filled up with black."""
    found = failure(png(2000, 2000, zlib.compress(b"\0" + bytes(30))))
    assert found.reason in {FailureReason.TRUNCATED, FailureReason.UNDECODABLE}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "JPEG2000", "PPM"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_picture_is_a_failure_not_grey_rows(kind: str, share: float) -> None:
    """Cut anywhere, it says so; for formats that have an end, it says that the end is missing."""
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    found = failure(data[: int(len(data) * share)])
    if kind not in {"TIFF"}:  # a TIFF's directory may lie at its end
        assert found.reason is FailureReason.TRUNCATED


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\x00\x00\x00\x20ftypisom" + bytes(40), "video"),
        (b"\x1aE\xdf\xa3" + bytes(40), "video"),
        (b"RIFF\x00\x00\x00\x00AVI LIST" + bytes(40), "video"),
        (b"%PDF-1.7\n", "PDF"),
        (("This is no picture but text: äöü.\n" * 40).encode(), "text"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text"),
        (b"PK\x03\x04" + bytes(40), "ZIP"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, name: str) -> None:
    """A person reads what they gave, not that a magic number is unknown."""
    found = failure(data)
    assert found.reason is FailureReason.UNSUPPORTED_FORMAT
    assert name in found.detail


def test_a_name_counts_for_nothing() -> None:
    """The bytes alone decide; unknown ones are undecodable."""
    assert failure(bytes(range(128, 256)) * 4).reason is FailureReason.UNDECODABLE


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "JPEG2000"]), st.data())
def test_no_bytes_make_it_raise(junk: bytes, kind: str, data: st.DataObject) -> None:
    """Random bytes, and real files with a stretch overwritten, end in a picture or a failure."""
    assert isinstance(decode(junk), Picture | FailureToAcquire)
    whole = _FILES[kind]
    at = data.draw(st.integers(0, len(whole)))
    assert isinstance(decode(whole[:at] + junk + whole[at + len(junk) :]), Picture | FailureToAcquire)


_FILES = {kind: encoded(COLOURS, kind) for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "JPEG2000")}


def test_a_huge_jpeg_is_decoded_smaller_and_says_its_true_size() -> None:
    """Its sizes are the whole picture's, turned upright; a pixel of the copy lies where its scale says."""
    width, height = 8000, REDUCED_FROM // 8000 + 8
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(gradient(200, 100)).resize((width, height))
    decoded = picture(encoded(image, "JPEG", exif=exif))
    assert (decoded.width, decoded.height) == (height, width)
    assert decoded.pixels.shape == (width // 2, height // 2, 3)
    assert decoded.scale == pytest.approx(0.5, abs=0.001)


def test_corrupt_orientation_does_not_lose_the_picture() -> None:
    """Broken metadata are no reason to refuse sound pixels."""
    data = encoded(COLOURS, "JPEG")
    broken = b"\xff\xe1" + struct.pack(">H", 20) + b"Exif\0\0MM\0*" + bytes([255] * 8)
    assert picture(data[:2] + broken + data[2:]).width == WIDTH


def test_heif_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from countenance.terms.errors import MissingPart

    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingPart, match="pillow-heif") as caught:
        decode(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(50))
    assert "countenance[heif]" in caught.value.remedy


def test_an_icon_may_hold_an_icon_for_ever() -> None:
    """What is inside is read once, and only as a PNG."""
    inside = io.BytesIO(encoded(COLOURS))
    header = struct.pack("<HHH", 0, 1, 1)
    entry = struct.pack("<BBBBHHII", 48, 32, 0, 0, 1, 32, len(inside.getvalue()), 22)
    assert picture(header + entry + inside.getvalue()).width == WIDTH
    assert failure(header + struct.pack("<BBBBHHII", 1, 1, 0, 0, 1, 32, 22, 0)).reason in FailureReason
