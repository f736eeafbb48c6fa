"""Bring every kind of sample to 8-bit RGB: grey, palette, alpha, 16 bits, CMYK."""

from __future__ import annotations

import numpy as np
from PIL import Image

BACKGROUND = (255, 255, 255)
"""Transparent pixels are composited on white, the background that passport photographs come nearest to."""

_PLAIN = frozenset({"1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr", "HSV"})
_ALPHA = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})


def to_rgb(image: Image.Image) -> Image.Image | None:
    """A loaded image as mode RGB; None where its samples cannot be brought to 8 bits without guessing.

    CMYK as Adobe writes it (inverted) is turned right by the JPEG decoder before it comes here.
    """
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode in _ALPHA or "transparency" in image.info:
        return _composite(image)
    if image.mode in _PLAIN:
        return image.convert("RGB")
    if image.mode.startswith("I"):
        return _from_16_bits(image)
    return None


def _composite(image: Image.Image) -> Image.Image:
    rgba = image.convert("RGBA")
    alpha = rgba.getchannel("A")
    lowest, highest = alpha.getextrema()
    # Some writers leave the fourth byte of a pixel at zero: a picture that is transparent everywhere is none.
    if highest == 0 or lowest == 255:
        return rgba.convert("RGB")
    ground = Image.new("RGB", rgba.size, BACKGROUND)
    ground.paste(rgba, mask=alpha)
    return ground


def _from_16_bits(image: Image.Image) -> Image.Image | None:
    """Grey of 16 bits, 0–65535 to 0–255 rounded; wider samples have no agreed white and are refused."""
    samples = np.asarray(image)
    if image.mode == "I" and (samples.min() < 0 or samples.max() > 65535):
        return None
    wide = samples.astype(np.uint32)
    return Image.fromarray(((wide * 255 + 32767) // 65535).astype(np.uint8)).convert("RGB")
