"""OverExposurePrevention: the share of the face that is washed out."""

from __future__ import annotations

import numpy as np

from countenance.vision.assess.region import FACE
from countenance.vision.assess.view import POOR, FaceView, Finding, component

NAME = "OverExposurePrevention"
BRIGHT = 247
"""Linear luminance out of 255."""


def assess(view: FaceView) -> Finding:
    """Raw: share of the face at BRIGHT or above, 0–1. Value: 1 / (raw + 0.01), as ISO/IEC 29794-5."""
    raw = float(np.count_nonzero(view.luminance.ravel()[FACE] >= BRIGHT) / len(FACE))
    found = component(NAME, 1 / (raw + 0.01), raw, "share")
    return found, "Use less light, or turn away from it." if raw > 0.1 and found.value < POOR else ""
