"""The look of a picture: a digest of its pixels, and a perceptual hash that survives encoding and resizing."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from countenance.terms.look import FORM_BITS, Look

_SIDE = 32
_STEPS = np.arange(_SIDE)
_COSINES = np.cos(np.pi * (2 * _STEPS[None, :] + 1) * _STEPS[:, None] / (2 * _SIDE))
"""The DCT-II as a matrix, rows by frequency; their scale does not matter for a comparison with the median."""
_GREY = np.array([0.299, 0.587, 0.114])
"""Rec. ITU-R BT.601-7, 2.5.1: luma of red, green, blue."""
_LOW = sorted(
    ((row, column) for row in range(_SIDE) for column in range(_SIDE) if row + column),
    key=lambda each: (sum(each), each),
)[:FORM_BITS]
_ROWS, _COLUMNS = np.array(_LOW).T


def look_of(pixels: NDArray[np.uint8]) -> Look:
    """The look of an upright picture: uint8, (rows, columns, 3), RGB.

    The form: grey, 32 × 32, its DCT; a bit for each of the lowest frequencies but the mean, set where the coefficient
    is above their median.
    """
    digest = hashlib.sha256(f"{pixels.shape[1]} {pixels.shape[0]}\n".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    small = Image.fromarray(pixels).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    spectrum = _COSINES @ (np.asarray(small, dtype=np.float64) @ _GREY) @ _COSINES.T
    low = spectrum[_ROWS, _COLUMNS]
    return Look(digest.hexdigest(), int.from_bytes(np.packbits(low > np.median(low)).tobytes()))
