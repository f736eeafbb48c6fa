"""Assess a face: all components in a fixed order, and what a person could do better."""

from __future__ import annotations

from collections.abc import Callable

from countenance.terms.quality import Quality
from countenance.vision.assess import (
    dynamic_range,
    head_pose,
    illumination_uniformity,
    inter_eye_distance,
    margins,
    over_exposure_prevention,
    sharpness,
    single_face_present,
    under_exposure_prevention,
)
from countenance.vision.assess.view import FaceView, Finding

COMPONENTS: tuple[Callable[[FaceView], Finding], ...] = (
    inter_eye_distance.assess,
    head_pose.assess_yaw,
    head_pose.assess_pitch,
    head_pose.assess_roll,
    sharpness.assess,
    illumination_uniformity.assess,
    under_exposure_prevention.assess,
    over_exposure_prevention.assess,
    dynamic_range.assess,
    margins.assess_leftward,
    margins.assess_rightward,
    margins.assess_above,
    margins.assess_below,
    single_face_present.assess,
)


def assess(view: FaceView) -> Quality:
    """Every component, and each piece of advice once."""
    findings = [measure(view) for measure in COMPONENTS]
    advice = dict.fromkeys(said for _, said in findings if said)
    return Quality(tuple(found for found, _ in findings), tuple(advice))
