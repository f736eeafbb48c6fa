"""Find the faces of a picture: search it at one or two scales, keep one box a face, order them by size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from countenance.vision.found import Floats, Found
from countenance.vision.runtime.session import Session
from countenance.vision.scales import scales
from countenance.vision.steady import steadied
from countenance.vision.suppress import suppress
from countenance.vision.yunet import STRIDES, read_outputs

Pixels = NDArray[np.uint8]

LEAST_SCORE = 0.7
"""The score from which on a box counts as a face."""
LEAST_VOTE = 0.5
"""The score from which on a box has a voice in where the landmarks of a face lie."""
MOST_FACES = 100
_MOST_BOXES = 1000
"""Bounds the work on a picture that was made to look like faces everywhere."""

_SEEN_WELL = 48
"""Pixels across a face in the network's input from which on its landmarks are as good as they get."""
_LOOK_SIDE, _LOOK_FACE = 160, 88
"""A second look at a face: the side of its picture, and how large the face is in it."""


class Detector:
    """YuNet in any runtime. Safe to use from several threads.

    ``steady``: every face that is going to be embedded is looked at more closely, not only those that were seen small.
    """

    def __init__(self, session: Session, *, steady: bool = False) -> None:
        self._session = session
        self._steady = steady

    def find(self, pixels: Pixels) -> Found:
        """The faces in ``pixels`` (rows, columns, 3), at most MOST_FACES, in its own pixels.

        The largest box comes first; equal ones from the top and from the left.
        """
        rows, columns = pixels.shape[:2]
        image = None
        parts = []
        for scale in scales(columns, rows):
            if scale == 1.0:
                parts.append(self._search(pixels))
                continue
            image = Image.fromarray(pixels) if image is None else image
            size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
            level = np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.5))
            parts.append(self._search(level).moved(_ratio((columns, rows), size), _ZERO))
        found = suppress(Found.joined(parts), LEAST_SCORE, _MOST_BOXES) if len(parts) > 1 else parts[0]
        areas = found.boxes[:, 2] * found.boxes[:, 3]
        order = np.lexsort((found.boxes[:, 0], found.boxes[:, 1], -areas))
        return found.take(order[:MOST_FACES])

    def look_again(self, pixels: Pixels, found: Found, rows: Sequence[int]) -> Found:
        """``found`` with better landmarks for ``rows``, where the network saw the face smaller than ``pixels`` hold it.

        A second look costs a tenth of an embedding, so it is for faces that are going to be embedded.
        """
        if self._steady:
            return steadied(self._search, pixels, found, rows)
        finest = scales(pixels.shape[1], pixels.shape[0])[0]
        points = found.points.copy()
        for row in rows:
            across = float(found.boxes[row, 2])
            if finest < 1.0 and across * finest < _SEEN_WELL:
                better = self._closer(pixels, found.boxes[row])
                points[row] = points[row] if better is None else better
        return Found(found.boxes, points, found.scores)

    def _closer(self, pixels: Pixels, box: Floats) -> Floats | None:
        """The landmarks (5, 2) of the face in ``box``, None where the second look does not find it."""
        step = max(1.0, float(box[2])) / _LOOK_FACE
        corner = box[:2] + box[2:] / 2 - np.float32(step * _LOOK_SIDE / 2)
        left, top = float(corner[0]), float(corner[1])
        margin = int(step) + 2
        x0, y0 = max(0, int(left) - margin), max(0, int(top) - margin)
        x1, y1 = int(left + step * _LOOK_SIDE) + margin, int(top + step * _LOOK_SIDE) + margin
        around = Image.fromarray(pixels[y0:y1, x0:x1])
        data = (step, 0.0, left - x0, 0.0, step, top - y0)
        view = around.transform((_LOOK_SIDE, _LOOK_SIDE), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
        found = self._search(np.asarray(view))
        if not len(found):
            return None
        middle = found.boxes[:, :2] + found.boxes[:, 2:] / 2 - np.float32(_LOOK_SIDE / 2)
        away = np.hypot(*middle.T)
        nearest = int(np.argmin(away))
        if away[nearest] > _LOOK_FACE / 2:
            return None
        points: Floats = found.points[nearest] * np.float32(step) + corner
        return points

    def _search(self, level: Pixels) -> Found:
        """Faces of one copy of the picture, in its pixels."""
        height, width = level.shape[:2]
        step = STRIDES[-1]
        padded = np.zeros((1, -(-height // step) * step, -(-width // step) * step, 3), dtype=np.uint8)
        padded[0, :height, :width] = level
        found = read_outputs(self._session.run(padded), padded.shape[2], LEAST_VOTE)
        return suppress(found, LEAST_SCORE, _MOST_BOXES)


_ZERO = np.zeros(2, dtype=np.float32)


def _ratio(whole: tuple[int, int], part: tuple[int, int]) -> Floats:
    ratio: Floats = np.divide(whole, part, dtype=np.float32)
    return ratio
