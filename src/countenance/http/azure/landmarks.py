"""``faceLandmarks``: Azure's 27 points, all measured where a landmark model is there, else five of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from countenance.terms.face import Landmarks, Point
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


ON_THE_MESH = {
    "noseTip": 1,
    "mouthLeft": 61,
    "mouthRight": 291,
    "eyebrowLeftOuter": 70,
    "eyebrowLeftInner": 107,
    "eyeLeftOuter": 33,
    "eyeLeftTop": 159,
    "eyeLeftBottom": 145,
    "eyeLeftInner": 133,
    "eyebrowRightInner": 336,
    "eyebrowRightOuter": 300,
    "eyeRightInner": 362,
    "eyeRightTop": 386,
    "eyeRightBottom": 374,
    "eyeRightOuter": 263,
    "noseRootLeft": 193,
    "noseRootRight": 417,
    "noseLeftAlarTop": 198,
    "noseRightAlarTop": 420,
    "noseLeftAlarOutTip": 129,
    "noseRightAlarOutTip": 358,
    "upperLipTop": 0,
    "upperLipBottom": 13,
    "underLipTop": 14,
    "underLipBottom": 17,
}
"""The point of MediaPipe's canonical face model that each name stands for here."""
PUPILS = {"pupilLeft": (33, 133, 159, 145), "pupilRight": (263, 362, 386, 374)}
"""The mesh has no pupils: the middle between the corners and lids of the eye stands for each."""


def landmarks_of(found: Landmarks, mesh: Sequence[Point] | None, fill: Fill) -> dict[str, dict[str, float]]:
    """Points in pixels of the upright picture; left and right as in the picture, as Azure has them.

    ``mesh`` are the 468 points where they are known; ``fill`` says whether the unmeasured ones are guessed.
    """
    points = dict(zip(MEASURED, found.points, strict=True))
    if mesh is not None:
        points = {name: _middle([mesh[at] for at in ring]) for name, ring in PUPILS.items()}
        points |= {name: mesh[at] for name, at in ON_THE_MESH.items()}
    elif fill == "interpolated":
        placed = fit(_CANVAS, np.array(found.points)).apply(_MEAN)
        points |= {name: (float(x), float(y)) for name, (x, y) in zip(MEAN_FACE, placed, strict=True)}
    return {name: {"x": round(x, 1), "y": round(y, 1)} for name, (x, y) in points.items()}


def _middle(ring: Sequence[Point]) -> Point:
    return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)
