"""DynamicRange: how many brightness steps the face is spread over."""

from __future__ import annotations

import numpy as np

from countenance.vision.assess.region import FACE
from countenance.vision.assess.view import POOR, FaceView, Finding, component

NAME = "DynamicRange"


def assess(view: FaceView) -> Finding:
    """Raw: entropy in bits of the face's luminance histogram (256 bins), 0–8. Value: 12.5 · raw (ISO/IEC 29794-5)."""
    counts = np.bincount(view.luminance.ravel()[FACE], minlength=256)
    shares = counts[counts > 0] / len(FACE)
    raw = float(max(0.0, -(shares * np.log2(shares)).sum()))
    found = component(NAME, 12.5 * raw, raw, "bit")
    return found, "Use softer light, and no haze or veil before the face." if found.value < POOR else ""
