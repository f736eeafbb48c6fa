"""Parts of the aligned face: the ellipse that holds it, and the two cheeks."""

from __future__ import annotations

import numpy as np

_ROWS, _COLUMNS = np.mgrid[0:112, 0:112]

FACE = np.flatnonzero(((_COLUMNS - 56) / 40) ** 2 + ((_ROWS - 62) / 50) ** 2 <= 1)
"""Flat positions on the 112×112 canvas of an ellipse from the forehead to the chin, clear of most hair and ground."""

_EYES, _MOUTH, _INTER_EYE = 51.6, 92.3, 35.2
_SIDE = round(0.3 * _INTER_EYE)
_TOP = round((_EYES + _MOUTH) / 2 - _SIDE / 2)
LEFT_CHEEK = (slice(_TOP, _TOP + _SIDE), slice(round(38.3 - _SIDE / 2), round(38.3 - _SIDE / 2) + _SIDE))
RIGHT_CHEEK = (slice(_TOP, _TOP + _SIDE), slice(round(73.5 - _SIDE / 2), round(73.5 - _SIDE / 2) + _SIDE))
"""Squares of 0.3 inter-eye distances below each eye, half-way to the mouth (as for IlluminationUniformity)."""
