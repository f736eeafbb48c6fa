"""``faceAttributes``: what is measured of a face, in Azure's shapes; what is not measured is left out."""

from __future__ import annotations

from typing import Any

from countenance.http.azure.faults import bad_argument, retired_attributes
from countenance.http.azure.models import BARE_DETECTION_MODEL, RATED
from countenance.terms.quality import Quality

RETIRED = frozenset({"age", "emotion", "facialHair", "gender", "hair", "makeup", "smile"})
"""Asking for one is refused as Azure refuses it: nobody's feelings, sex or age are guessed here."""
MEASURED = frozenset({"blur", "exposure", "headPose", "qualityForRecognition"})
NOT_MEASURED = frozenset({"accessories", "glasses", "mask", "noise", "occlusion"})
"""May be asked for, and is absent from the answer: nothing here measures it."""

_NAMES = {name.lower(): name for name in RETIRED | MEASURED | NOT_MEASURED}


def attributes_asked(said: str | None, detection: str, recognition: str) -> frozenset[str]:
    """The attributes of a comma-joined list that will be answered; raises BadArgument, UnsupportedFeature."""
    if not said:
        return frozenset()
    asked = [_NAMES.get(word.strip().lower()) for word in said.split(",")]
    if any(name in RETIRED for name in asked):
        raise retired_attributes()
    if detection == BARE_DETECTION_MODEL:
        raise bad_argument("'returnFaceAttributes' is not supported by detection_02.")
    if None in asked or ("qualityForRecognition" in asked and recognition not in RATED):
        raise bad_argument("Invalid argument returnFaceAttributes.")
    return frozenset(name for name in asked if name in MEASURED)


def attributes_of(quality: Quality, asked: frozenset[str]) -> dict[str, Any]:
    """The measured ones of ``asked``."""
    measures = {
        "headPose": _head_pose,
        "blur": _blur,
        "exposure": _exposure,
        "qualityForRecognition": _quality_for_recognition,
    }
    return {name: measure(quality) for name, measure in measures.items() if name in asked}


def _head_pose(quality: Quality) -> dict[str, float]:
    """Degrees, to some 5 to 10; the signs are those of docs/quality.md."""
    raw = {component.name: component.raw for component in quality.components}
    return {
        "pitch": round(raw["HeadPosePitch"], 1),
        "roll": round(raw["HeadPoseRoll"], 1),
        "yaw": round(raw["HeadPoseYaw"], 1),
    }


def _blur(quality: Quality) -> dict[str, Any]:
    """The complement of Sharpness; levels change at 0.25 and 0.75, as Azure documents them."""
    value = round(1 - quality.value("Sharpness") / 100, 2)
    return {"blurLevel": _level(value, "low", "medium", "high"), "value": value}


def _exposure(quality: Quality) -> dict[str, Any]:
    """0.5 where neither is wrong; 0.25 and 0.75 are where our own advice would begin (docs/quality.md).

    Downwards by the value of UnderExposurePrevention, upwards by the washed-out share of the face, of which a fifth
    is the end of the scale.
    """
    raw = {component.name: component.raw for component in quality.components}
    dark = quality.value("UnderExposurePrevention") / 200
    value = round(dark + min(raw["OverExposurePrevention"] / 0.2, 1) / 2, 2)
    return {"exposureLevel": _level(value, "underExposure", "goodExposure", "overExposure"), "value": value}


def _quality_for_recognition(quality: Quality) -> str:
    """By the worst of size, pose and sharpness, which are what a template suffers from: 50 and 25 part the levels.

    That is 70 and 48 pixels between the eyes, 45 and 60 degrees of turn. Advice, and no prediction of any comparison.
    """
    worst = min(quality.value(name) for name in ("InterEyeDistance", "HeadPoseYaw", "HeadPosePitch", "Sharpness"))
    return "high" if worst >= 50 else "medium" if worst >= 25 else "low"


def _level(value: float, low: str, middle: str, high: str) -> str:
    return low if value < 0.25 else middle if value < 0.75 else high
