"""Align a face to the recipe's canvas: a similarity of five landmarks, then one anti-aliased warp."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

CANVASES = {
    "arcface-5": (
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    )
}
"""Where eyes, nose and mouth corners lie on a canvas of 112×112 pixels; "arcface-5" is the canvas of Deng et al.,
"ArcFace", 2019, on which most open recognisers were trained."""

CANVAS_SIDE = 112


@dataclass(frozen=True, slots=True)
class Similarity:
    """The map z → turn·z + shift of the plane as complex numbers: rotation, scale and translation, no reflection."""

    turn: complex
    shift: complex

    @property
    def scale(self) -> float:
        """Target pixels for each source pixel."""
        return abs(self.turn)

    @property
    def angle(self) -> float:
        """Rotation in radians, from the x axis towards the y axis (which points down in a picture)."""
        return math.atan2(self.turn.imag, self.turn.real)

    def apply(self, points: Points) -> Points:
        """Points (n, 2) mapped."""
        mapped = self.turn * (points[:, 0] + 1j * points[:, 1]) + self.shift
        return np.stack([mapped.real, mapped.imag], axis=1)


def canvas_points(name: str, width: int, height: int) -> Points:
    """The canvas ``name``, float64 (5, 2), for an input of this size: scaled by height, centred across the width."""
    scale = height / CANVAS_SIDE
    points = np.array(CANVASES[name]) * scale
    points[:, 0] += (width - CANVAS_SIDE * scale) / 2
    return points


def fit(source: Points, target: Points) -> Similarity:
    """The similarity that brings ``source`` (n, 2) nearest to ``target`` in the sense of least squares.

    In the plane Umeyama's solution (IEEE TPAMI 13, 1991) is one complex number: Σ conj(s)·t / Σ |s|², of the
    points less their means. Raises ZeroDivisionError where all source points are one.
    """
    s = source[:, 0] + 1j * source[:, 1]
    t = target[:, 0] + 1j * target[:, 1]
    centre, aim = s.mean(), t.mean()
    s, t = s - centre, t - aim
    spread = float(np.sum(np.abs(s) ** 2))
    if spread == 0.0:
        raise ZeroDivisionError("all points are one")
    turn = complex(np.sum(np.conj(s) * t) / spread)
    return Similarity(turn, complex(aim - turn * centre))


def warp(pixels: Pixels, similarity: Similarity, width: int, height: int) -> Pixels:
    """The canvas of ``width`` × ``height`` cut out of ``pixels`` (rows, columns, 3); black beyond the edges.

    Coordinates name pixel centres: (0, 0) is the middle of the first pixel. Where a canvas pixel covers two or more
    of the picture, the picture is first averaged over whole blocks, so that nothing is sampled past its detail.
    """
    back = 1 / similarity.turn
    corners = np.array([0, width - 1, 1j * (height - 1), width - 1 + 1j * (height - 1)])
    reach = back * (corners - similarity.shift)
    block = max(1, int(abs(back)))
    rows, columns = pixels.shape[:2]
    left, right = _span(reach.real, block, columns)
    top, bottom = _span(reach.imag, block, rows)
    if left >= right or top >= bottom:
        return np.zeros((height, width, 3), dtype=np.uint8)
    region = Image.fromarray(pixels[top:bottom, left:right])
    if block > 1:
        region = region.reduce(block)
    # From canvas to region, in Pillow's convention, where (0.5, 0.5) is the middle of the first pixel.
    turn = back / block
    middle = (1 + 1j) / 2
    shift = (-similarity.shift * back - (left + 1j * top) + middle) / block - turn * middle
    data = (turn.real, -turn.imag, shift.real, turn.imag, turn.real, shift.imag)
    canvas = region.transform((width, height), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    return np.asarray(canvas)


def _span(reach: Points, block: int, limit: int) -> tuple[int, int]:
    """First and last + 1 of the pixels that the canvas reaches, with a margin for interpolation."""
    margin = 2 * block
    return max(0, math.floor(reach.min()) - margin), min(limit, math.ceil(reach.max()) + margin + 1)
