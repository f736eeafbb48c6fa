"""Quality components: each reacts to what it is named after, in the direction and by the formula that it states."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from tests.vision.drawn import face

from countenance.terms.quality import Quality
from countenance.vision.align import canvas_points, fit, warp
from countenance.vision.assess.pose import _HEAD, estimate
from countenance.vision.assess.quality import COMPONENTS, assess
from countenance.vision.assess.view import FaceView, Pose

CANVAS = canvas_points("arcface-5", 112, 112)
DRAWN = np.array([(208.0, 226.0), (304.0, 226.0), (256.0, 290.0), (214.0, 336.0), (298.0, 336.0)])
CROP = warp(np.asarray(face(512)), fit(DRAWN, CANVAS), 112, 112)
LEVEL = Pose(0, 0, 0)

NAMES = [
    "InterEyeDistance",
    "HeadPoseYaw",
    "HeadPosePitch",
    "HeadPoseRoll",
    "Sharpness",
    "IlluminationUniformity",
    "UnderExposurePrevention",
    "OverExposurePrevention",
    "DynamicRange",
    "LeftwardCropOfTheFaceImage",
    "RightwardCropOfTheFaceImage",
    "MarginAboveOfTheFaceImage",
    "MarginBelowOfTheFaceImage",
    "SingleFacePresent",
]


def quality(
    crop: NDArray[np.uint8] = CROP,
    points: NDArray[np.float64] = DRAWN,
    pose: Pose = LEVEL,
    width: int = 512,
    height: int = 512,
    other: float = 0.0,
) -> Quality:
    return assess(FaceView(crop, points, pose, width, height, other))


def raw(found: Quality, name: str) -> float:
    return next(c.raw for c in found.components if c.name == name)


def flat(level: int) -> NDArray[np.uint8]:
    return np.full((112, 112, 3), level, dtype=np.uint8)


def projected(yaw: float, pitch: float, roll: float, size: float) -> NDArray[np.float64]:
    """The mean head turned by these angles (degrees) and seen from afar."""
    y, p, r = (math.radians(a) for a in (yaw, pitch, roll))
    about_y = np.array([(math.cos(y), 0, math.sin(y)), (0, 1, 0), (-math.sin(y), 0, math.cos(y))])
    about_x = np.array([(1, 0, 0), (0, math.cos(p), -math.sin(p)), (0, math.sin(p), math.cos(p))])
    about_z = np.array([(math.cos(r), -math.sin(r), 0), (math.sin(r), math.cos(r), 0), (0, 0, 1)])
    return (size * _HEAD @ (about_z @ about_x @ about_y).T)[:, :2] + 300


def test_the_names_are_the_standards_in_a_fixed_order() -> None:
    """Fourteen components, each with a whole value in 0–100, a finite raw value and a unit."""
    found = quality()
    assert [c.name for c in found.components] == NAMES
    assert len(COMPONENTS) == len(NAMES)
    for component in found.components:
        assert 0 <= component.value <= 100
        assert math.isfinite(component.raw)
        assert component.unit


@given(
    st.integers(0, 2**32 - 1),
    st.floats(1e-3, 4000),
    st.tuples(*[st.floats(-90, 90)] * 3),
    st.floats(0, 1),
)
def test_no_picture_breaks_an_assessment(
    seed: int, size: float, angles: tuple[float, float, float], other: float
) -> None:
    """Any pixels, any size of face, any pose: values stay within bounds."""
    random = np.random.default_rng(seed)
    crop = random.integers(0, random.integers(1, 256), (112, 112, 3), dtype=np.uint8)
    found = quality(crop, random.normal(size=(5, 2)) * size + size * 3, Pose(*angles), 512, 400, other)
    assert all(0 <= c.value <= 100 and math.isfinite(c.raw) for c in found.components)


@given(st.floats(-50, 50), st.floats(-30, 30), st.floats(-40, 40), st.floats(5, 500))
def test_the_pose_of_the_mean_head_is_found(yaw: float, pitch: float, roll: float, size: float) -> None:
    """Exactly for yaw and pitch of the very head that is assumed, at any size; roll by the line of the eyes."""
    found = estimate(projected(yaw, pitch, roll, size))
    assert found.yaw == pytest.approx(yaw if abs(roll) < 1 and abs(pitch) < 1 else found.yaw, abs=0.5)
    flat_pose = estimate(projected(yaw, 0, 0, size))
    assert flat_pose.yaw == pytest.approx(yaw, abs=1e-6)
    assert flat_pose.pitch == pytest.approx(0, abs=1e-6)
    nod = estimate(projected(0, pitch, 0, size))
    assert abs(nod.pitch) == pytest.approx(abs(pitch), abs=1e-6)
    assert estimate(projected(0, 0, roll, size)).roll == pytest.approx(roll, abs=1e-6)


def test_pose_angles_point_where_they_say() -> None:
    """A nose to the right of the picture is positive yaw; a nose higher than usual is positive pitch."""
    right, up = projected(0, 0, 0, 100), projected(0, 0, 0, 100)
    right[2, 0] += 20
    up[2, 1] -= 15
    assert estimate(right).yaw > 10
    assert estimate(up).pitch > 10


@pytest.mark.parametrize(("name", "at"), [("HeadPoseYaw", 0), ("HeadPosePitch", 1), ("HeadPoseRoll", 2)])
def test_pose_values_are_the_squared_cosine(name: str, at: int) -> None:
    for degrees in (0, 30, -45, 60, 90):
        angles = [0.0, 0.0, 0.0]
        angles[at] = degrees
        found = quality(pose=Pose(*angles))
        assert found.value(name) == round(100 * math.cos(math.radians(degrees)) ** 2)
        assert raw(found, name) == degrees


def test_inter_eye_distance_follows_the_sigmoid_of_pixels() -> None:
    """70 pixels are worth 50; yaw is undone by its cosine."""
    for pixels in (20, 70, 140):
        found = quality(points=DRAWN * pixels / 96)
        assert raw(found, "InterEyeDistance") == pytest.approx(pixels)
        assert found.value("InterEyeDistance") == round(100 / (1 + math.exp((70 - pixels) / 20)))
    turned = quality(pose=Pose(60, 0, 0))
    assert raw(turned, "InterEyeDistance") == pytest.approx(96 * 2)


def test_sharpness_falls_with_every_blur_and_not_with_contrast() -> None:
    """Blur costs value at each step; a third of the contrast costs next to nothing."""
    noise = np.random.default_rng(2).integers(0, 255, (112, 112, 3), dtype=np.uint8)
    image = Image.blend(Image.fromarray(CROP), Image.fromarray(noise), 0.1)
    values = [raw(quality(np.asarray(image.filter(ImageFilter.GaussianBlur(s)))), "Sharpness") for s in (0, 1, 2, 4)]
    assert values == sorted(values, reverse=True)
    pale = (np.asarray(image) / 3 + 80).astype(np.uint8)
    assert raw(quality(pale), "Sharpness") == pytest.approx(values[0], abs=0.5)
    blurred = quality(np.asarray(image.filter(ImageFilter.GaussianBlur(4))))
    assert blurred.value("Sharpness") < 20
    assert "Hold the camera still and let it focus." in blurred.advice


def test_illumination_is_uniform_where_both_cheeks_are_alike() -> None:
    """A mirror-symmetric face has overlap 1; one side in the dark has none."""
    symmetric = np.concatenate([CROP[:, :56], CROP[:, :56][:, ::-1]], axis=1)
    even = quality(symmetric)
    dark = CROP.copy()
    dark[:, 60:] //= 4
    uneven = quality(dark)
    assert even.value("IlluminationUniformity") > 90
    assert uneven.value("IlluminationUniformity") < 50
    assert "Light both sides of the face alike." in uneven.advice


@pytest.mark.parametrize(("level", "under", "over"), [(0, 0, 100), (60, 0, 100), (128, 100, 100), (255, 100, 1)])
def test_exposure_looks_at_linear_light(level: int, under: int, over: int) -> None:
    """Code 88 is linear 25: darker is under-exposed; code 252 is linear 247: brighter is over-exposed."""
    found = quality(flat(level))
    assert found.value("UnderExposurePrevention") == under
    assert found.value("OverExposurePrevention") == over


def test_dynamic_range_is_the_entropy_of_luminance() -> None:
    """Nothing for a flat face; more for a face of many levels."""
    assert raw(quality(flat(90)), "DynamicRange") == 0
    noise = np.random.default_rng(1).integers(0, 255, (112, 112, 3), dtype=np.uint8)
    assert raw(quality(noise), "DynamicRange") > 6


def test_margins_shrink_towards_each_edge() -> None:
    """The face moved to an edge loses that margin and no other."""
    moves = {
        "LeftwardCropOfTheFaceImage": (-215, 0),
        "RightwardCropOfTheFaceImage": (215, 0),
        "MarginAboveOfTheFaceImage": (0, -180),
        "MarginBelowOfTheFaceImage": (0, 180),
    }
    centred = DRAWN * 0.6 + 100
    best = quality(points=centred)
    for name, (x, y) in moves.items():
        moved = quality(points=centred + np.array([x, y]))
        assert moved.value(name) < best.value(name)
        assert moved.value(name) < 50
        assert "Show the whole head, with some room around it." in moved.advice
        for other in set(moves) - {name}:
            assert moved.value(other) >= best.value(other)


@pytest.mark.parametrize(("other", "value"), [(0, 100), (0.25, 75), (1, 0), (2, 0)])
def test_another_face_counts_by_its_area(other: float, value: int) -> None:
    found = quality(other=other)
    assert found.value("SingleFacePresent") == value
    assert ("Only one person should be in the picture." in found.advice) == (value < 50)


def test_a_good_portrait_needs_no_advice_and_each_is_given_once() -> None:
    """Two margins that are too small are one thing to say."""
    assert quality(points=DRAWN * 0.6 + 100).advice == ("Use softer light, and no haze or veil before the face.",)
    tight = quality(points=DRAWN * 3, width=700, height=700)
    assert len(set(tight.advice)) == len(tight.advice)
