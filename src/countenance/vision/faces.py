"""From found boxes to faces: pixels of the whole picture, the aligned crop, the quality."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from countenance.terms.face import Box, Face, Landmarks
from countenance.vision.align import CANVAS_SIDE, Points, canvas_points, fit, warp
from countenance.vision.assess.pose import estimate
from countenance.vision.assess.quality import assess
from countenance.vision.assess.view import FaceView
from countenance.vision.decode import Picture
from countenance.vision.found import Found

Pixels = NDArray[np.uint8]

_ASSESSED = canvas_points("arcface-5", CANVAS_SIDE, CANVAS_SIDE)
"""Quality is always looked at on this canvas, whatever the recogniser's is."""


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Where a recipe wants the five landmarks: ``points`` float64 (5, 2) on ``width`` × ``height`` pixels."""

    points: Points = field(repr=False)
    width: int
    height: int

    @classmethod
    def named(cls, name: str, width: int, height: int) -> Canvas:
        """A canvas of align.CANVASES at this size."""
        return cls(canvas_points(name, width, height), width, height)

    def cut(self, picture: Picture, points: Points) -> Pixels:
        """The aligned crop, uint8 (height, width, 3), read-only; ``points`` in pixels of ``picture.pixels``."""
        crop = warp(picture.pixels, fit(points, self.points), self.width, self.height)
        crop.setflags(write=False)
        return crop

    @property
    def is_assessed(self) -> bool:
        """Whether quality is looked at on this very canvas, so that one crop does for both."""
        return self.points.shape == _ASSESSED.shape and bool(np.array_equal(self.points, _ASSESSED))


ASSESSED = Canvas(_ASSESSED, CANVAS_SIDE, CANVAS_SIDE)


def face_of(picture: Picture, found: Found, row: int, crop: Pixels) -> Face:
    """Face ``row`` of ``found``, with ``crop`` cut on the canvas ASSESSED."""
    whole = 1 / picture.scale
    points = found.points[row].astype(np.float64) * whole
    areas = found.boxes[:, 2] * found.boxes[:, 3]
    others = np.delete(areas, row)
    view = FaceView(
        crop=crop,
        points=points,
        pose=estimate(points),
        width=picture.width,
        height=picture.height,
        other=float(others.max() / areas[row]) if len(others) else 0.0,
    )
    left, top, width, height = (float(side) * whole for side in found.boxes[row])
    marks = [(float(x), float(y)) for x, y in points]
    return Face(
        box=Box(left, top, width, height),
        landmarks=Landmarks(*marks),
        detection_score=float(found.scores[row]),
        quality=assess(view),
    )
