"""Steady the landmarks of a face that is going to be embedded: two closer looks at it, one of them in the mirror.

The network places landmarks a few hundredths of the eyes' distance off, otherwise for every size and place of a face in
its input, and to the other side in the mirror. The mean of two looks at a size that it knows well halves that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from countenance.vision.align import Pixels, Similarity, warp
from countenance.vision.found import Floats, Found

Search = Callable[[Pixels], Found]

_SIDE, _FACE = 128, 72
"""A look: the side of its picture, and how large the face is in it."""
_MIRRORED = [1, 0, 2, 4, 3]
"""Right and left eye, and corner of the mouth, change places in the mirror."""


def steadied(search: Search, pixels: Pixels, found: Found, rows: Sequence[int]) -> Found:
    """``found`` with steadier landmarks for ``rows``; a face that neither look finds keeps those it has.

    ``search`` finds the faces of one picture. Both looks are one picture side by side, so it is asked once a face.
    """
    points = found.points.copy()
    for row in rows:
        seen = _looks(search, pixels, found.boxes[row])
        if seen:
            points[row] = np.mean(seen, axis=0)
    return Found(found.boxes, points, found.scores)


def _looks(search: Search, pixels: Pixels, box: Floats) -> list[Floats]:
    """The landmarks (5, 2) by each look that finds the face, in pixels of the picture."""
    scale = _FACE / max(1.0, float(box[2]))
    middle = complex(*(box[:2] + box[2:] / 2).tolist())
    half = (_SIDE - 1) / 2
    placed = Similarity(complex(scale), half * (1 + 1j) - scale * middle)
    view = warp(pixels, placed, _SIDE, _SIDE)
    found = search(np.hstack([view, view[:, ::-1]]))
    back = Similarity(1 / placed.turn, -placed.shift / placed.turn)
    seen = []
    for left in (0, _SIDE):
        points = _nearest(found, left + half, half)
        if points is None:
            continue
        points = points - np.array([left, 0])
        if left:
            points = np.stack([_SIDE - 1 - points[:, 0], points[:, 1]], axis=1)[_MIRRORED]
        seen.append(back.apply(points.astype(np.float64)).astype(np.float32))
    return seen


def _nearest(found: Found, x: float, y: float) -> Floats | None:
    """The landmarks of the face in the middle of a look; None where none is less than half a face away from it."""
    if not len(found):
        return None
    middles = found.boxes[:, :2] + found.boxes[:, 2:] / 2
    away = np.hypot(middles[:, 0] - x, middles[:, 1] - y)
    nearest = int(np.argmin(away))
    return found.points[nearest] if away[nearest] <= _FACE / 2 else None
