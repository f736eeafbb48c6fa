"""UnderExposurePrevention: the share of the face that is too dark to show anything."""

from __future__ import annotations

import numpy as np

from countenance.vision.assess.region import FACE
from countenance.vision.assess.view import POOR, FaceView, Finding, component, sigmoid

NAME = "UnderExposurePrevention"
DARK = 25
"""Linear luminance out of 255, which is 88 of 255 as encoded: dark skin in good light comes near it, so nobody is
ever turned away for this alone (docs/quality.md)."""


def assess(view: FaceView) -> Finding:
    """Raw: share of the face at DARK or below, 0–1. Value: 120 · (0.832 - sigmoid(raw; 0.92, 0.05))."""
    raw = float(np.count_nonzero(view.luminance.ravel()[FACE] <= DARK) / len(FACE))
    found = component(NAME, 120 * (0.832 - sigmoid(raw, 0.92, 0.05)), raw, "share")
    return found, "Use more light." if found.value < POOR else ""
