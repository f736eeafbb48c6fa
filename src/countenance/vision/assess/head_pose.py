"""HeadPoseYaw, HeadPosePitch, HeadPoseRoll: how far the head is turned, raised and tilted."""

from __future__ import annotations

import math

from countenance.vision.assess.view import POOR, FaceView, Finding, component

YAW, PITCH, ROLL = "HeadPoseYaw", "HeadPosePitch", "HeadPoseRoll"


def assess_yaw(view: FaceView) -> Finding:
    """Raw: degrees, positive towards the right of the picture. Value: 100 · cos², as ISO/IEC 29794-5."""
    return _found(YAW, view.pose.yaw, "Turn the face to the camera.")


def assess_pitch(view: FaceView) -> Finding:
    """Raw: degrees, positive upwards. Value: 100 · cos², as ISO/IEC 29794-5."""
    return _found(PITCH, view.pose.pitch, "Lower the chin." if view.pose.pitch > 0 else "Raise the chin.")


def assess_roll(view: FaceView) -> Finding:
    """Raw: degrees, positive where the picture's right eye is the lower one. Value: 100 · cos²."""
    return _found(ROLL, view.pose.roll, "Hold the head upright.")


def _found(name: str, degrees: float, advice: str) -> Finding:
    found = component(name, 100 * max(0.0, math.cos(math.radians(degrees))) ** 2, degrees, "degree")
    return found, advice if found.value < POOR else ""
