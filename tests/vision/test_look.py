"""The look of a picture: the same pixels in any wrapping, nearly the same form in any size, another for another."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from countenance.terms.look import FORM_BITS
from countenance.vision.decode import Picture, decode
from countenance.vision.look import look_of


def pixels_of(data: bytes) -> np.ndarray:
    picture = decode(data)
    assert isinstance(picture, Picture)
    return picture.pixels


def written(image: Image.Image, kind: str, **more: int) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def distance(one: int, other: int) -> int:
    return (one ^ other).bit_count()


@pytest.fixture(scope="module")
def portrait(pictures: Mapping[str, Path]) -> Image.Image:
    return Image.open(pictures["obama.jpg"]).convert("RGB")


def test_pixels_in_another_wrapping(portrait: Image.Image) -> None:
    """Equal as PNG, BMP and TIFF; another once a single value differs, or the same values lie in other rows."""
    looks = {look_of(pixels_of(written(portrait, kind))) for kind in ("PNG", "BMP", "TIFF")}
    assert len(looks) == 1
    changed = np.array(portrait)
    changed[0, 0, 0] ^= 1
    assert look_of(changed).pixels != looks.pop().pixels
    flat = np.zeros((4, 6, 3), np.uint8)
    assert look_of(flat).pixels != look_of(flat.reshape(6, 4, 3)).pixels


@pytest.mark.parametrize(("quality", "scale"), [(40, 1.0), (90, 1.0), (85, 0.35), (85, 1.5)])
def test_a_form_survives_encoding_and_resizing(
    portrait: Image.Image, pictures: Mapping[str, Path], quality: int, scale: float
) -> None:
    """A few bits of 128 differ; of another picture of the same person a third or more do."""
    size = (int(portrait.width * scale), int(portrait.height * scale))
    again = look_of(pixels_of(written(portrait.resize(size), "JPEG", quality=quality)))
    here = look_of(np.asarray(portrait))
    assert distance(here.form, again.form) <= 6
    assert here.pixels != again.pixels
    other = look_of(pixels_of(pictures["obama2.jpg"].read_bytes()))
    assert distance(other.form, again.form) > FORM_BITS // 3
