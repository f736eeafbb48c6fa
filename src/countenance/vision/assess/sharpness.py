"""Sharpness: how much fine detail the aligned face carries."""

from __future__ import annotations

import numpy as np

from countenance.vision.assess.view import POOR, FaceView, Finding, component, sigmoid

NAME = "Sharpness"
_MIDDLE, _WIDTH = 0.0, 1.0


def assess(view: FaceView) -> Finding:
    """Raw: see ``detail``. Value: see the constants."""
    raw = detail(view)
    found = component(NAME, 100 * sigmoid(raw, _MIDDLE, _WIDTH), raw, "dB")
    return found, "Hold the camera still and let it focus." if found.value < POOR else ""


def detail(view: FaceView) -> float:
    """Placeholder to be measured."""
    grey = view.crop[16:104, 16:96].astype(np.float32) @ np.array((0.299, 0.587, 0.114), dtype=np.float32)
    laplacian = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    return float(10 * np.log10(max(laplacian.var(), 1e-3)))
