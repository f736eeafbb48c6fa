"""Decode an encoded picture within bounds: size limits are checked from the header before a pixel is allocated."""

from __future__ import annotations

import io
import math
import warnings
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from countenance.terms.acquisition import FailureReason, FailureToAcquire
from countenance.terms.errors import MissingPart
from countenance.vision import formats
from countenance.vision.colours import to_rgb
from countenance.vision.icon import picture_inside
from countenance.vision.scales import LARGEST_SEARCHED
from countenance.vision.whole import covered, whole

Pixels = NDArray[np.uint8]

# What a damaged or large file makes the decoders remark on the error stream, the answer says better.
warnings.filterwarnings("ignore", module=r"PIL\.")

REDUCED_FROM = 4 * LARGEST_SEARCHED
"""Pixels from which on a JPEG picture is decoded at 1/2 (at 1/4 from four times as many, and so on). Up to
LARGEST_SEARCHED every face of 36 pixels is looked for; a larger picture is searched for larger faces only, and the
copy keeps at least so many pixels, so those still have 36 in it."""

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF 2.32, 4.6.4, tag 0x0112: how to bring the stored rows upright."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is decoded: encoded ``bytes``, and ``pixels`` as the header states them (width × height)."""

    bytes: int = 32 * 1024 * 1024
    pixels: int = 64_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """``pixels`` is uint8, (rows, columns, 3), RGB, upright, read-only.

    ``width`` and ``height`` are of the whole upright picture in pixels; ``pixels`` may be a reduced copy of it.
    """

    pixels: Pixels = field(repr=False)
    width: int
    height: int

    def __post_init__(self) -> None:
        self.pixels.setflags(write=False)

    @property
    def scale(self) -> float:
        """Columns of ``pixels`` for each pixel of the whole picture: 1 unless it was reduced."""
        return float(self.pixels.shape[1]) / self.width


LIMITS = Limits()


def decode(data: bytes, limits: Limits = LIMITS) -> Picture | FailureToAcquire:
    """Decode the first picture in ``data``. Alpha is composited on white; grey and CMYK become RGB.

    Whatever the bytes are, the answer is a value: nothing that a decoder raises leaves this function, except
    MissingPart for a HEIF picture without the ``heif`` extra.
    """
    if not data:
        return FailureToAcquire(FailureReason.EMPTY, "the file is empty", "Give a picture file.")
    if len(data) > limits.bytes:
        return FailureToAcquire(
            FailureReason.TOO_MANY_BYTES,
            f"the file has {len(data):,} bytes; the limit is {limits.bytes:,}",
            "Save the picture smaller, or raise the limit in the settings.",
        )
    form = formats.identify(data)
    if form is formats.ICON and (inside := picture_inside(data)) is not None:
        data, form = inside, formats.PNG
    if form is None:
        return FailureToAcquire(
            FailureReason.UNDECODABLE,
            "these bytes are no picture in a format that is known here",
            "Give a JPEG, PNG, WebP, TIFF, BMP, GIF, JPEG 2000 or AVIF picture.",
        )
    if not form.plugin:
        return FailureToAcquire(
            FailureReason.UNSUPPORTED_FORMAT,
            f"the file is {form.name}",
            "Give a JPEG, PNG, WebP, TIFF, BMP, GIF, JPEG 2000 or AVIF picture.",
        )
    if form is formats.HEIF:
        _register_heif()
    try:
        return _read(data, form, limits)
    except Image.DecompressionBombError:
        return _too_many(f"{form.name} that claims more pixels than any limit allows", limits)
    except Exception as error:  # everything: a decoder fed with hostile bytes raises anything at all
        return _broken(data, form, error)


def _read(data: bytes, form: formats.Format, limits: Limits) -> Picture | FailureToAcquire:
    with Image.open(io.BytesIO(data), formats=(form.plugin,)) as image:
        width, height = image.size
        if width * height > limits.pixels:
            return _too_many(f"{form.name} of {width:,} × {height:,} pixels", limits)
        if form is formats.TIFF and _tile_pixels(image) > limits.pixels:
            return _too_many(f"{form.name} in tiles of {_tile_pixels(image):,} pixels", limits)
        if not covered(form, image):
            return _truncated(form)
        reduced = form is formats.JPEG and _reduce(image)
        image.load()
        if not whole(data, form, image):
            return _truncated(form)
        turn = image.getexif().get(_ORIENTATION, 1)
        rgb = to_rgb(image)
        if rgb is None:
            return FailureToAcquire(
                FailureReason.UNSUPPORTED_FORMAT,
                f"{form.name} with samples of kind {image.mode} is not read",
                "Save it with 8 or 16 bits a sample in grey, RGB or CMYK.",
            )
    if turn in _TURNS:
        rgb = rgb.transpose(_TURNS[turn])
    pixels = np.asarray(rgb)
    if not reduced:
        return Picture(pixels, pixels.shape[1], pixels.shape[0])
    return Picture(pixels, *((height, width) if turn >= 5 else (width, height)))


def _reduce(image: Image.Image) -> bool:
    """Ask the JPEG decoder for a smaller copy where that harms no face; true where it gives one."""
    width, height = image.size
    factor = math.isqrt(width * height // LARGEST_SEARCHED)
    if factor < 2:
        return False
    image.draft(image.mode, (width // factor, height // factor))
    return image.size != (width, height)


def _tile_pixels(image: Image.Image) -> int:
    """Pixels of a TIFF's tile (tags 322 and 323), which may be larger than the picture, and is allocated whole."""
    tags = getattr(image, "tag_v2", {})
    return int(tags.get(322, 0)) * int(tags.get(323, 0))


def _register_heif() -> None:
    try:
        from pillow_heif import register_heif_opener  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingPart(
            "HEIF pictures need the package pillow-heif", remedy="Install it: pip install 'countenance[heif]'"
        ) from None
    register_heif_opener()


def _too_many(what: str, limits: Limits) -> FailureToAcquire:
    return FailureToAcquire(
        FailureReason.TOO_MANY_PIXELS,
        f"{what}; the limit is {limits.pixels:,} pixels",
        "Scale the picture down, or raise the limit in the settings.",
    )


def _broken(data: bytes, form: formats.Format, error: Exception) -> FailureToAcquire:
    ends_early = (form.end and form.end not in data[-64:]) or (
        form is formats.WEBP and int.from_bytes(data[4:8], "little") + 8 > len(data)
    )
    if ends_early or "truncated" in str(error).lower():
        return _truncated(form)
    return FailureToAcquire(
        FailureReason.UNDECODABLE,
        f"{form.name} that is damaged",
        "Open and save it again in a picture program, or use another copy.",
    )


def _truncated(form: formats.Format) -> FailureToAcquire:
    return FailureToAcquire(
        FailureReason.TRUNCATED,
        f"{form.name} that ends before its last row",
        "Copy or send the file again: part of it is missing.",
    )
