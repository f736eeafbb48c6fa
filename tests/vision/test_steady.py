"""Steadied landmarks: the same for a face and its mirror image, and never worse than not found."""

from __future__ import annotations

import numpy as np
import pytest
from tests.vision.drawn import face

from countenance.vision.detect import Detector
from countenance.vision.found import Found
from countenance.vision.models.store import ModelStore
from countenance.vision.runtime.openvino import OpenVino
from countenance.vision.runtime.session import Precision
from countenance.vision.steady import steadied

SWAPPED = [1, 0, 2, 4, 3]
NONE = Found(np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32))


@pytest.fixture(scope="module")
def detector(model_store: ModelStore) -> Detector:
    entry = model_store.catalogue.model("yunet-2023mar")
    engine = OpenVino()
    session = engine.open(entry, model_store.prepared(entry.name), Precision.FLOAT32, threads=1, streams=1)
    return Detector(session, steady=True)


def mirrored(points: np.ndarray, width: int) -> np.ndarray:
    return np.stack([width - 1 - points[:, 0], points[:, 1]], axis=1)[SWAPPED]


@pytest.mark.parametrize("size", [90, 170, 420])
def test_a_mirrored_picture_has_mirrored_landmarks(detector: Detector, size: int) -> None:
    """Within a thirtieth of the eyes' distance, and at least twice as nearly as before the two looks."""
    picture = np.asarray(face(size))
    away = []
    views = [picture, np.ascontiguousarray(picture[:, ::-1])]
    found = [detector.find(each) for each in views]
    again = [detector.look_again(each, what, [0]) for each, what in zip(views, found, strict=True)]
    for one, other in (found, again):
        eyes = np.linalg.norm(one.points[0, 1] - one.points[0, 0])
        away.append(np.linalg.norm(one.points[0] - mirrored(other.points[0], size), axis=1).mean() / eyes)
    assert away[1] < 1 / 30
    assert away[1] < away[0] / 2


def test_only_the_rows_that_were_named_move(detector: Detector) -> None:
    """Boxes and scores never do."""
    pixels = np.hstack([np.asarray(face(200)), np.asarray(face(200))])
    found = detector.find(pixels)
    again = detector.look_again(pixels, found, [1])
    assert len(found) == 2
    assert np.array_equal(again.points[0], found.points[0])
    assert not np.array_equal(again.points[1], found.points[1])
    assert np.array_equal(again.boxes, found.boxes)


def test_a_face_that_no_look_finds_keeps_its_landmarks(detector: Detector) -> None:
    """And so does one that the looks see only at their edge."""
    pixels = np.asarray(face(200))
    found = detector.find(pixels)
    edge = Found(np.array([[0, 0, 20, 20]], np.float32), found.points[:1], found.scores[:1])
    for answer in (NONE, edge):
        again = steadied(lambda _, answer=answer: answer, pixels, found, [0])  # type: ignore[misc]
        assert np.array_equal(again.points, found.points)
