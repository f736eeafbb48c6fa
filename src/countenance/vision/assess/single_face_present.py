"""SingleFacePresent: whether another face competes with this one."""

from __future__ import annotations

from countenance.vision.assess.view import POOR, FaceView, Finding, component

NAME = "SingleFacePresent"


def assess(view: FaceView) -> Finding:
    """Raw: area of the largest other face over this one's. Value: 100 · (1 - raw), as ISO/IEC 29794-5."""
    found = component(NAME, 100 * (1 - view.other), view.other, "ratio")
    return found, "Only one person should be in the picture." if found.value < POOR else ""
