"""InterEyeDistance: pixels between the eyes."""

from __future__ import annotations

from countenance.vision.assess.view import POOR, FaceView, Finding, component, sigmoid

NAME = "InterEyeDistance"


def assess(view: FaceView) -> Finding:
    """Raw: pixels between the eyes over the cosine of yaw. Value: 100 · sigmoid(raw; 70, 20), as ISO/IEC 29794-5."""
    raw = view.inter_eye
    found = component(NAME, 100 * sigmoid(raw, 70, 20), raw, "px")
    # 35 pixels are what the recogniser's canvas has: fewer are made up by interpolation.
    return found, "Come nearer to the camera, or use a larger picture." if raw < 35 and found.value < POOR else ""
