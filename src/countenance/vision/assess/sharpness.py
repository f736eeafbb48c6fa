"""Sharpness: how much fine detail the aligned face carries."""

from __future__ import annotations

import numpy as np

from countenance.vision.assess.view import POOR, FaceView, Finding, component, sigmoid

NAME = "Sharpness"

_GREY = np.array((0.299, 0.587, 0.114), dtype=np.float32)
_ROWS, _COLUMNS = slice(16, 104), slice(16, 96)
"""The inner part of the 112×112 canvas, from the brows to the chin."""
_FLOOR = 1e-3


def assess(view: FaceView) -> Finding:
    """Raw: energy of the Laplacian over energy of the gradient in decibels; contrast drops out of the ratio.

    The standard's own measure is a trained forest; this one is not it. Value: 100 · sigmoid(raw; -11, 1.5), set on
    LFW folds 1-5: as they are -5.7 dB (median; 97), blurred on the canvas by σ = 1 pixel -9.6 dB (72), by σ = 1.5
    -12.1 dB (32), by σ = 2 -13.9 dB (13), reduced to a quarter -9.8 dB (69). Noise counts as detail.
    """
    grey = view.crop[_ROWS, _COLUMNS].astype(np.float32) @ _GREY
    inner = grey[1:-1, 1:-1]
    left, right, above, below = grey[1:-1, :-2], grey[1:-1, 2:], grey[:-2, 1:-1], grey[2:, 1:-1]
    laplacian = 4 * inner - left - right - above - below
    gradient = (right - left) ** 2 + (below - above) ** 2
    fine, coarse = float(laplacian.var()), float(gradient.mean())
    raw = 10 * float(np.log10(max(fine, _FLOOR) / max(coarse, _FLOOR))) if coarse > _FLOOR else -30.0
    found = component(NAME, 100 * sigmoid(raw, -11, 1.5), raw, "dB")
    return found, "Hold the camera still and let it focus." if found.value < POOR else ""
