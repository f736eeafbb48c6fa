"""Find the faces of a picture: search it at one or two scales, keep one box a face, order them by size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from countenance.vision.found import Found
from countenance.vision.runtime.session import Session
from countenance.vision.scales import scales
from countenance.vision.suppress import suppress
from countenance.vision.yunet import STRIDES, read_outputs

Pixels = NDArray[np.uint8]

LEAST_SCORE = 0.7
"""The score from which on a box counts as a face."""
MOST_FACES = 100
_MOST_BOXES = 1000
"""Bounds the work on a picture that was made to look like faces everywhere."""


class Detector:
    """YuNet in any runtime. Safe to use from several threads."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, pixels: Pixels) -> Found:
        """The faces in ``pixels`` (rows, columns, 3), at most MOST_FACES, in its own pixels.

        The largest box comes first; equal ones from the top and from the left.
        """
        rows, columns = pixels.shape[:2]
        image = None
        parts = []
        for scale in scales(columns, rows):
            if scale == 1.0:
                level = pixels
            else:
                image = Image.fromarray(pixels) if image is None else image
                size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
                level = np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.5))
            parts.append(self._search(level, columns, rows))
        found = suppress(Found.joined(parts), _MOST_BOXES)
        areas = found.boxes[:, 2] * found.boxes[:, 3]
        order = np.lexsort((found.boxes[:, 0], found.boxes[:, 1], -areas))
        return found.take(order[:MOST_FACES])

    def _search(self, level: Pixels, columns: int, rows: int) -> Found:
        """Faces of one scaled copy, moved to the pixels of the whole picture of ``columns`` × ``rows``."""
        height, width = level.shape[:2]
        step = STRIDES[-1]
        padded = np.zeros((1, -(-height // step) * step, -(-width // step) * step, 3), dtype=np.uint8)
        padded[0, :height, :width] = level
        found = read_outputs(self._session.run(padded), padded.shape[2], LEAST_SCORE)
        if (height, width) == (rows, columns):
            return found
        # (0, 0) is the middle of the first pixel in both copies, so their corners lie half a pixel before it.
        factor = np.array([columns / width, rows / height], dtype=np.float32)
        return found.moved(factor, (factor - np.float32(1)) / np.float32(2))
