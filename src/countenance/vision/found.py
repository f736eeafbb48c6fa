"""Faces as a detector finds them: parallel arrays, before they become terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """``boxes`` is float32 (n, 4): left, top, width, height; ``points`` (n, 5, 2): x, y, in the order of Landmarks;
    ``scores`` (n,), 0–1. All in pixels of one picture.
    """

    boxes: Floats
    points: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: NDArray[np.intp]) -> Found:
        """These rows, in this order."""
        return Found(self.boxes[rows], self.points[rows], self.scores[rows])

    def moved(self, factor: Floats, offset: Floats) -> Found:
        """Coordinates times ``factor`` (x, y) plus ``offset`` (x, y)."""
        boxes = self.boxes * np.tile(factor, 2)
        boxes[:, :2] += offset
        return Found(boxes, self.points * factor + offset, self.scores)

    @staticmethod
    def joined(parts: Sequence[Found]) -> Found:
        """All rows of all parts."""
        return Found(
            np.concatenate([p.boxes for p in parts]),
            np.concatenate([p.points for p in parts]),
            np.concatenate([p.scores for p in parts]),
        )
