"""``faceLandmarks``: Azure's 27 points; five are measured, the rest guessed only where the operator says so."""

from __future__ import annotations

from typing import Literal

import numpy as np

from countenance.terms.face import Landmarks
from countenance.vision.align import CANVASES, fit

Fill = Literal["measured", "interpolated"]

MEASURED = ("pupilLeft", "pupilRight", "noseTip", "mouthLeft", "mouthRight")

MEAN_FACE = {
    "eyebrowLeftOuter": (22.1, 44.2),
    "eyebrowLeftInner": (47.0, 40.6),
    "eyeLeftOuter": (29.4, 52.8),
    "eyeLeftTop": (36.2, 50.2),
    "eyeLeftBottom": (37.5, 55.0),
    "eyeLeftInner": (45.3, 53.2),
    "eyebrowRightInner": (63.7, 40.4),
    "eyebrowRightOuter": (89.5, 43.8),
    "eyeRightInner": (65.9, 53.7),
    "eyeRightTop": (74.9, 50.2),
    "eyeRightBottom": (74.0, 54.5),
    "eyeRightOuter": (82.2, 52.4),
    "noseRootLeft": (50.8, 51.1),
    "noseRootRight": (59.9, 51.1),
    "noseLeftAlarTop": (47.0, 67.0),
    "noseRightAlarTop": (64.2, 67.0),
    "noseLeftAlarOutTip": (43.1, 73.9),
    "noseRightAlarOutTip": (68.5, 73.4),
    "upperLipTop": (55.6, 87.2),
    "upperLipBottom": (55.6, 90.6),
    "underLipTop": (56.0, 94.5),
    "underLipBottom": (56.0, 100.9),
}
"""Where the other 22 lie on the canvas "arcface-5": medians over 598 pictures of LFW folds 1-5, marked by MediaPipe's
face mesh. Half of the faces lie within a tenth of the distance between their eyes of it, where they look ahead with
the mouth shut; closed eyes, open mouths and turned heads it knows nothing of."""

_CANVAS = np.array(CANVASES["arcface-5"])
_MEAN = np.array(list(MEAN_FACE.values()))


def landmarks_of(found: Landmarks, fill: Fill) -> dict[str, dict[str, float]]:
    """Points in pixels of the upright picture; left and right as in the picture, as Azure has them."""
    points = dict(zip(MEASURED, found.points, strict=True))
    if fill == "interpolated":
        placed = fit(_CANVAS, np.array(found.points)).apply(_MEAN)
        points |= {name: (float(x), float(y)) for name, (x, y) in zip(MEAN_FACE, placed, strict=True)}
    return {name: {"x": round(x, 1), "y": round(y, 1)} for name, (x, y) in points.items()}
