"""The landmark model: its points lie where the detector's five do, in any place, turn and size of the face."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from countenance.settings import Settings
from countenance.terms.face import Box, Face, Landmarks, Point
from countenance.terms.quality import Quality
from countenance.terms.sample import Sample
from countenance.vision.mesh import MODEL, POINTS
from countenance.vision.models.store import ModelStore
from countenance.vision.vision import Vision, open_vision

EYES_NOSE_MOUTH = ((33, 133), (362, 263), (1,), (61,), (291,))
"""Points of the mesh whose middles the detector's five are, roughly."""


@pytest.fixture(scope="module")
def sighted() -> Vision:
    """The default recipe, with the landmark model."""
    store = ModelStore(Settings().models)
    store.fetch([MODEL])
    return open_vision(store, recipe="default", runtime="openvino", precision="f32", threads=2)


def only(vision: Vision, sample: Sample) -> tuple[Face, tuple[Point, ...]]:
    detected = vision.detect(sample)
    assert not hasattr(detected, "reason")
    face = detected.faces[0]
    (points,) = vision.mesh(sample, [face])
    assert points is not None
    assert len(points) == POINTS
    return face, points


def fives(points: tuple[Point, ...]) -> np.ndarray:
    return np.array([np.mean([points[at] for at in ring], axis=0) for ring in EYES_NOSE_MOUTH])


@pytest.mark.parametrize("name", ["obama.jpg", "obama2.jpg", "biden.jpg", "astronaut.png"])
def test_it_agrees_with_the_detector(sighted: Vision, pictures: Mapping[str, Path], name: str) -> None:
    """Within a fifth of the distance between the eyes, the mouth's corners and the tip of the nose included."""
    face, points = only(sighted, Sample.read(pictures[name]))
    five = np.array(face.landmarks.points)
    apart = np.linalg.norm(fives(points) - five, axis=1) / np.linalg.norm(five[1] - five[0])
    assert apart.max() < 0.2


def test_it_follows_the_face(sighted: Vision, pictures: Mapping[str, Path]) -> None:
    """The picture turned by 20 degrees and made smaller: the same points, turned and made smaller."""
    picture = Image.open(pictures["obama.jpg"]).convert("RGB").resize((480, 600))
    turned = picture.rotate(20, expand=False, resample=Image.Resampling.BICUBIC)

    def sample(of: Image.Image) -> Sample:
        encoded = io.BytesIO()
        of.save(encoded, "PNG")
        return Sample(encoded.getvalue())

    _, straight = only(sighted, sample(picture))
    _, other = only(sighted, sample(turned))
    middle, angle = np.array((240.0, 300.0)), np.radians(-20)
    turn = np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
    expected = (fives(straight) - middle) @ turn.T + middle
    eyes = np.linalg.norm(expected[1] - expected[0])
    assert np.linalg.norm(fives(other) - expected, axis=1).max() < 0.12 * eyes


def test_where_there_is_no_face_there_are_no_points(sighted: Vision, pictures: Mapping[str, Path]) -> None:
    sample = Sample.read(pictures["chelsea.png"])
    nowhere = Landmarks((10, 10), (30, 10), (20, 20), (12, 30), (28, 30))
    face = Face(Box(0, 0, 40, 40), nowhere, 0.5, Quality(()))
    assert sighted.mesh(sample, [face]) == (None,)


def test_without_the_model_there_are_none(tmp_path: Path, pictures: Mapping[str, Path]) -> None:
    """It is optional: a models directory without it detects as ever."""
    kept = Settings().models
    for name in ("yunet-2023mar", "sface-2021dec"):
        (tmp_path / name).symlink_to(kept / name)
    vision = open_vision(ModelStore(tmp_path), recipe="default", runtime="auto", precision="f32", threads=2)
    sample = Sample.read(pictures["obama.jpg"])
    detected = vision.detect(sample)
    assert not hasattr(detected, "reason")
    assert vision.mesh(sample, detected.faces) == (None,)
