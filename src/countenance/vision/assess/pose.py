"""Estimate the head's pose from five landmarks and a mean head."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from countenance.vision.assess.view import Pose

_HEAD = np.array(
    [
        (-0.500, 0.000, 0.00),
        (0.500, 0.000, 0.00),
        (0.000, 0.560, 0.42),
        (-0.427, 0.985, 0.02),
        (0.427, 0.985, 0.02),
    ]
)
"""A mean head in units of the distance between its eyes: x to the right and y down as in a picture, z to the camera.
x and y are the medians of the detector's own landmarks on LFW folds 1-5, where heads are upright and frontal in the
middle; the tip of the nose stands 26 mm before eyes that are 63 mm apart."""

_CENTRED = _HEAD - _HEAD.mean(axis=0)
_INVERSE = np.linalg.pinv(_CENTRED)


def estimate(points: NDArray[np.float64]) -> Pose:
    """The pose under which the mean head, seen from afar, lies nearest to ``points`` (5, 2) by least squares.

    The 2×3 projection that fits best is brought to the nearest scaled rotation (its polar factor). Five points carry
    it to within some 5 to 10 degrees for a neutral face: enough for advice, not a measurement of anybody's head.
    """
    projection = (points - points.mean(axis=0)).T @ _INVERSE.T
    u, _, vt = np.linalg.svd(projection, full_matrices=False)
    across, down = u @ vt
    forward = np.cross(across, down)
    # The head's own axis towards the camera, in the picture's frame.
    x, y, z = across[2], down[2], forward[2]
    eye = points[1] - points[0]
    return Pose(
        yaw=math.degrees(math.atan2(x, z)),
        pitch=math.degrees(math.atan2(-y, math.hypot(x, z))),
        roll=math.degrees(math.atan2(eye[1], eye[0])),
    )
