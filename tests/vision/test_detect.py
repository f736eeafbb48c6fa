"""Detection: faces of every size, many at once, in a fixed order; drawn faces, and the demo's photographs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.vision.drawn import encoded, face

from countenance.terms.acquisition import FailureToAcquire
from countenance.terms.face import Detection
from countenance.terms.sample import Sample
from countenance.vision.vision import Vision

FACE_SHARE = 116 / 256
"""How much of the drawn picture's width its face takes."""


def detect(vision: Vision, image: Image.Image) -> Detection:
    found = vision.detect(Sample(encoded(image, compress_level=1)))
    assert isinstance(found, Detection)
    return found


def scene(width: int, height: int) -> Image.Image:
    """Empty ground of the colour that the drawn faces stand on."""
    return Image.new("RGB", (width, height), (120, 140, 160))


def test_a_hundred_faces_of_36_pixels_are_found_in_full_hd(vision: Vision) -> None:
    """All of them, and nothing else; each where it was put, to a few pixels."""
    side = round(36 / FACE_SHARE)
    picture, places = scene(1920, 1080), []
    for i in range(100):
        left, top = 40 + i % 15 * 124, 40 + i // 15 * 145
        picture.paste(face(side), (left, top))
        places.append((left + side / 2, top + side / 2))
    found = detect(vision, picture)
    assert len(found.faces) == 100
    centres = np.array([f.box.centre for f in found.faces])
    for place in places:
        assert np.hypot(*(centres - place).T).min() < 4


def test_more_faces_than_the_bound_give_the_bound(vision: Vision) -> None:
    """150 faces in one picture: the hundred largest are told."""
    picture = scene(1920, 1080)
    for i in range(150):
        picture.paste(face(96 if i < 100 else 84), (20 + i % 18 * 104, 10 + i // 18 * 115))
    found = detect(vision, picture)
    assert len(found.faces) == 100
    assert min(f.box.width for f in found.faces) > 40.5


@pytest.mark.parametrize("side", [80, 300, 800, 1600, 3000])
def test_a_face_that_fills_the_picture_is_found_at_every_size(vision: Vision, side: int) -> None:
    """Cut tight around the face, from 40 pixels to 3000; the box keeps its proportions."""
    whole = face(round(side / 0.6))
    cut = (whole.width - side) // 2
    found = detect(vision, whole.crop((cut, cut - side // 40, cut + side, cut - side // 40 + side)))
    assert len(found.faces) == 1
    assert found.faces[0].box.width / side == pytest.approx(FACE_SHARE / 0.6, rel=0.2)


@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (3000, 4000), (6000, 1000), (700, 5000)])
def test_small_and_huge_faces_are_found_together_in_a_large_picture(vision: Vision, width: int, height: int) -> None:
    """One face of half the shorter side, one of sixty pixels; the large one comes first, in true coordinates."""
    picture = scene(width, height)
    large, small = face(min(width, height)), face(round(60 / FACE_SHARE))
    picture.paste(large, (0, 0))
    spot = (width - small.width - 20, height - small.height - 20)
    picture.paste(small, spot)
    found = detect(vision, picture)
    assert (found.width, found.height) == (width, height)
    assert len(found.faces) == 2
    assert found.faces[0].box.width == pytest.approx(min(width, height) * FACE_SHARE, rel=0.1)
    assert found.faces[1].box.width == pytest.approx(60, rel=0.15)
    x, y = found.faces[1].box.centre
    assert abs(x - spot[0] - small.width / 2) < 6
    assert abs(y - spot[1] - small.height / 2) < 6


def test_the_order_is_by_area_then_by_place(vision: Vision) -> None:
    """Largest first; of equal faces the higher, then the more left one. Twice the same, byte for byte."""
    picture = scene(800, 640)
    for left, top, side in ((500, 320, 160), (40, 320, 160), (40, 64, 160), (320, 32, 224)):
        picture.paste(face(side), (left, top))
    found = detect(vision, picture)
    assert found == detect(vision, picture)
    areas = [f.box.area for f in found.faces]
    assert areas == sorted(areas, reverse=True)
    assert found.faces[0].box.left > 320
    assert len(found.faces) == 4


def test_landmarks_lie_on_the_drawn_eyes_and_mouth(vision: Vision) -> None:
    """Left and right as the viewer sees them, to a fifteenth of the face."""
    (one,) = detect(vision, face(512)).faces
    drawn = {"eye_left": (208, 226), "eye_right": (304, 226), "nose": (256, 290)}
    for name, (x, y) in drawn.items():
        point = getattr(one.landmarks, name)
        assert np.hypot(point[0] - x, point[1] - y) < 512 * FACE_SHARE / 15, name
    assert one.landmarks.mouth_left[0] < one.landmarks.nose[0] < one.landmarks.mouth_right[0]


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (20, 20), (640, 480)])
def test_a_picture_without_a_face_is_an_answer(vision: Vision, size: tuple[int, int]) -> None:
    """No face, no failure: there is nothing wrong with the sample."""
    assert detect(vision, scene(*size)).faces == ()


def test_a_broken_sample_is_a_failure(vision: Vision) -> None:
    assert isinstance(vision.detect(Sample(b"no picture")), FailureToAcquire)


@pytest.mark.xdist_group("pictures")
def test_the_demo_pictures_hold_the_faces_that_people_see(vision: Vision, pictures: Mapping[str, Path]) -> None:
    """Six people at the table, one in each portrait, none on the cat."""
    expected = {"t1.jpg": 6, "obama.jpg": 1, "obama2.jpg": 1, "biden.jpg": 1, "astronaut.png": 1, "chelsea.png": 0}
    for name, count in expected.items():
        found = vision.detect(Sample(pictures[name].read_bytes()))
        assert isinstance(found, Detection)
        assert len(found.faces) == count, name


@pytest.mark.xdist_group("pictures")
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF", "GIF", "JPEG2000"])
def test_a_photograph_gives_the_same_faces_in_every_container(
    vision: Vision, pictures: Mapping[str, Path], kind: str
) -> None:
    """To a tenth of a face, whatever the container's loss."""
    image = Image.open(pictures["t1.jpg"]).convert("RGB")
    plain, found = detect(vision, image), vision.detect(Sample(encoded(image, kind)))
    assert isinstance(found, Detection)
    assert len(found.faces) == 6
    for one in found.faces:
        near = min(abs(one.box.left - f.box.left) + abs(one.box.top - f.box.top) for f in plain.faces)
        assert near < one.box.width / 10
