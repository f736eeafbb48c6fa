"""Landmarks and attributes: Azure's shapes, of measurements only."""

from __future__ import annotations

import math

import pytest

from countenance.http.azure.attributes import attributes_of
from countenance.http.azure.landmarks import MEAN_FACE, MEASURED, landmarks_of
from countenance.terms.face import Landmarks
from countenance.terms.quality import Quality, QualityComponent
from countenance.vision.align import CANVASES, Similarity

AHEAD = Landmarks(*CANVASES["arcface-5"])


def test_five_are_measured_and_the_rest_is_absent_unless_it_is_wanted() -> None:
    assert tuple(landmarks_of(AHEAD, None, "measured")) == MEASURED
    assert len(landmarks_of(AHEAD, None, "interpolated")) == 27


def test_with_a_mesh_all_of_them_are_measured() -> None:
    mesh = [(float(at), 1000.0 - at) for at in range(468)]
    found = landmarks_of(AHEAD, mesh, "measured")
    assert set(found) == {*MEASURED, *MEAN_FACE}
    assert found["mouthLeft"] == {"x": 61.0, "y": 939.0}
    assert found["pupilRight"] == {"x": 346.2, "y": 653.8}


def test_the_mean_face_turns_and_grows_with_the_face() -> None:
    """On its own canvas it is itself; elsewhere it keeps its place among the five."""
    assert landmarks_of(AHEAD, None, "interpolated")["upperLipTop"] == {"x": 55.6, "y": 87.2}
    moved = Similarity(2j, 300 + 100j)

    def at(x: float, y: float) -> tuple[float, float]:
        place = moved.turn * complex(x, y) + moved.shift
        return place.real, place.imag

    found = landmarks_of(Landmarks(*(at(*point) for point in CANVASES["arcface-5"])), None, "interpolated")
    for name, point in MEAN_FACE.items():
        assert (found[name]["x"], found[name]["y"]) == pytest.approx(at(*point), abs=0.06)


def quality(**changed: tuple[int, float]) -> Quality:
    """A face with nothing wrong, but for what is said: value and raw by name."""
    good = {
        "InterEyeDistance": (90, 120.0),
        "HeadPoseYaw": (98, -4.26),
        "HeadPosePitch": (99, 2.0),
        "HeadPoseRoll": (99, 0.04),
        "Sharpness": (97, -5.7),
        "UnderExposurePrevention": (100, 0.2),
        "OverExposurePrevention": (100, 0.0),
    }
    measured = {**good, **changed}
    return Quality(tuple(QualityComponent(name, value, raw, "") for name, (value, raw) in measured.items()))


ALL = frozenset({"headPose", "blur", "exposure", "qualityForRecognition"})


def test_the_shapes() -> None:
    assert attributes_of(quality(), ALL) == {
        "headPose": {"pitch": 2.0, "roll": 0.0, "yaw": -4.3},
        "blur": {"blurLevel": "low", "value": 0.03},
        "exposure": {"exposureLevel": "goodExposure", "value": 0.5},
        "qualityForRecognition": "high",
    }
    assert list(attributes_of(quality(), frozenset({"blur"}))) == ["blur"]


@pytest.mark.parametrize(
    ("name", "changed", "level"),
    [
        ("blur", {"Sharpness": (69, -9.8)}, "medium"),
        ("blur", {"Sharpness": (13, -13.9)}, "high"),
        ("exposure", {"UnderExposurePrevention": (40, 0.95)}, "underExposure"),
        ("exposure", {"OverExposurePrevention": (8, 0.12)}, "overExposure"),
        ("exposure", {"OverExposurePrevention": (30, 0.03)}, "goodExposure"),
        ("qualityForRecognition", {"InterEyeDistance": (30, 53.0)}, "medium"),
        ("qualityForRecognition", {"HeadPoseYaw": (20, 63.0)}, "low"),
    ],
)
def test_the_levels(name: str, changed: dict[str, tuple[int, float]], level: str) -> None:
    found = attributes_of(quality(**changed), ALL)[name]
    said = found if isinstance(found, str) else next(v for k, v in found.items() if k.endswith("Level"))
    assert said == level
    assert isinstance(found, str) or math.isfinite(found["value"])
