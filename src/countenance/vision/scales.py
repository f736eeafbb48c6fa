"""Choose the sizes at which a picture is searched, so that small and huge faces are found at a bounded cost."""

from __future__ import annotations

import math

SMALLEST_FACE = 36
"""Pixels across a face that is still found in a picture of up to 1920 × 1080, and of up to 6.2 million pixels."""

_NEEDED = 24
"""Pixels across a face in the network's input below which YuNet begins to miss faces (docs/decisions/0022)."""
_PLENTY = 1280 * 720
"""A picture of so many pixels, or fewer, is searched as it is."""
_MOST = 1920 * 1440
"""The most pixels that the network is given: about 0.1 s on one core."""
_COARSE_SIDE = 320
_COARSE_FROM = 480
"""Above 300 pixels across, scores fall again; a coarse copy shows such faces at a size that the network knows."""

LARGEST_SEARCHED = int(_MOST * (SMALLEST_FACE / _NEEDED) ** 2)
"""Pixels of a picture up to which SMALLEST_FACE holds; beyond it the smallest face grows with the picture."""


def scales(width: int, height: int) -> tuple[float, ...]:
    """The factors by which a picture of this size is scaled for the network, the finest first; at most two."""
    area = width * height
    fine = min(1.0, max(math.sqrt(_PLENTY / area), min(_NEEDED / SMALLEST_FACE, math.sqrt(_MOST / area))))
    longer = max(width, height)
    if longer * fine <= _COARSE_FROM:
        return (fine,)
    return (fine, _COARSE_SIDE / longer)
