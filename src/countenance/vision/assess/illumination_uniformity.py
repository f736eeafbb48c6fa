"""IlluminationUniformity: whether both sides of the face are lit alike."""

from __future__ import annotations

import numpy as np

from countenance.vision.assess.region import LEFT_CHEEK, RIGHT_CHEEK
from countenance.vision.assess.view import POOR, FaceView, Finding, component

NAME = "IlluminationUniformity"


def assess(view: FaceView) -> Finding:
    """Raw: overlap of the two cheeks' luminance histograms (256 bins), 0–1. Value: 100 · raw^0.3 (ISO/IEC 29794-5)."""
    left, right = (np.bincount(view.luminance[cheek].ravel(), minlength=256) for cheek in (LEFT_CHEEK, RIGHT_CHEEK))
    raw = float(np.minimum(left, right).sum() / left.sum())
    found = component(NAME, 100 * raw**0.3, raw, "share")
    return found, "Light both sides of the face alike." if found.value < POOR else ""
