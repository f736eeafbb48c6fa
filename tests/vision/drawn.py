"""Faces drawn with a few ellipses: nobody's, and yet a detector finds them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Pixels = NDArray[np.uint8]


def face(side: int = 256) -> Image.Image:
    """A face as wide as half of a square picture."""
    big = 512
    image = Image.new("RGB", (big, big), (120, 140, 160))
    draw = ImageDraw.Draw(image)

    def oval(x: float, y: float, rx: float, ry: float, colour: tuple[int, int, int]) -> None:
        draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill=colour)

    oval(256, 470, 190, 110, (60, 70, 110))  # shoulders
    oval(256, 370, 55, 80, (196, 150, 125))  # neck
    oval(256, 215, 140, 165, (50, 36, 30))  # hair
    oval(256, 250, 118, 150, (214, 168, 142))  # face
    for x in (208, 304):
        oval(x, 196, 30, 7, (70, 48, 38))  # brow
        oval(x, 226, 25, 13, (240, 236, 232))
        oval(x, 226, 11, 12, (60, 40, 30))
        oval(x, 226, 5, 6, (15, 10, 10))
    draw.polygon([(256, 220), (238, 290), (274, 290)], fill=(200, 150, 124))
    oval(256, 290, 22, 11, (190, 138, 114))  # nose
    for x in (246, 266):
        oval(x, 294, 5, 3, (110, 70, 60))
    oval(256, 336, 46, 14, (170, 84, 84))  # mouth
    draw.line((212, 336, 300, 336), fill=(110, 50, 50), width=4)
    soft = image.filter(ImageFilter.GaussianBlur(3))
    return soft.resize((side, side), Image.Resampling.LANCZOS)


def pixels(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB"))


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def gradient(width: int, height: int) -> Pixels:
    """A picture in which every pixel tells its place: red grows to the right, green downwards; blue is flat."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 / max(1, width - 1), y * 255 / max(1, height - 1), np.full((height, width), 77.0)]
    return np.stack(planes, axis=-1).round().astype(np.uint8)
