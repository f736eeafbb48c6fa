"""The four margins: whether the picture holds the whole head, and some room around it."""

from __future__ import annotations

from countenance.vision.assess.view import POOR, FaceView, Finding, component, sigmoid

LEFTWARD, RIGHTWARD = "LeftwardCropOfTheFaceImage", "RightwardCropOfTheFaceImage"
ABOVE, BELOW = "MarginAboveOfTheFaceImage", "MarginBelowOfTheFaceImage"
_ADVICE = "Show the whole head, with some room around it."


def assess_leftward(view: FaceView) -> Finding:
    """Raw: from the left edge to the middle of the eyes, in inter-eye distances. 100 · sigmoid(raw; 0.9, 0.1)."""
    return _found(LEFTWARD, float(view.eyes[0]) / view.inter_eye, 0.9, "inter-eye distance")


def assess_rightward(view: FaceView) -> Finding:
    """Raw: from the middle of the eyes to the right edge, in inter-eye distances. 100 · sigmoid(raw; 0.9, 0.1)."""
    return _found(RIGHTWARD, (view.width - float(view.eyes[0])) / view.inter_eye, 0.9, "inter-eye distance")


def assess_above(view: FaceView) -> Finding:
    """Raw: from the top edge to the middle of the eyes, over eyes to chin. 100 · sigmoid(raw; 1.4, 0.1)."""
    return _found(ABOVE, float(view.eyes[1]) / view.eyes_to_chin, 1.4, "eyes to chin")


def assess_below(view: FaceView) -> Finding:
    """Raw: from the middle of the eyes to the bottom edge, over eyes to chin. 100 · sigmoid(raw; 1.8, 0.1)."""
    return _found(BELOW, (view.height - float(view.eyes[1])) / view.eyes_to_chin, 1.8, "eyes to chin")


def _found(name: str, raw: float, middle: float, unit: str) -> Finding:
    found = component(name, 100 * sigmoid(raw, middle, 0.1), raw, unit)
    return found, _ADVICE if found.value < POOR else ""
