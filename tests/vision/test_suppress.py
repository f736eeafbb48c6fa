"""Suppression: one box of each face, and the landmarks by the vote of all."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from countenance.vision.found import Found
from countenance.vision.suppress import MOST_OVERLAP, suppress


def found(rows: list[tuple[float, float, float, float, float]]) -> Found:
    boxes = np.array([row[:4] for row in rows], dtype=np.float32).reshape(-1, 4)
    points = np.repeat((boxes[:, :2] + boxes[:, 2:] / 2)[:, None], 5, axis=1)
    return Found(boxes, points, np.array([row[4] for row in rows], dtype=np.float32))


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    sides = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(sides, 0)))
    return shared / (float(a[2] * a[3] + b[2] * b[3]) - shared)


boxes = st.lists(
    st.tuples(
        st.floats(0, 200, width=32),
        st.floats(0, 200, width=32),
        st.floats(1, 80, width=32),
        st.floats(1, 80, width=32),
        st.floats(0.5, 1, width=32),
    ),
    max_size=30,
)


@given(boxes)
def test_what_is_kept_does_not_overlap_and_what_went_did(rows: list[tuple[float, float, float, float, float]]) -> None:
    """Kept boxes overlap little, come best first, and every other good box overlaps a kept one that is no worse."""
    given_, kept = found(rows), suppress(found(rows), 0.7, 100)
    assert (np.diff(kept.scores) <= 0).all()
    assert (kept.scores >= np.float32(0.7)).all()
    for i in range(len(kept)):
        for j in range(i):
            assert overlap(kept.boxes[i], kept.boxes[j]) <= MOST_OVERLAP + 1e-5
    for box, score in zip(given_.boxes, given_.scores, strict=True):
        if score >= np.float32(0.7):
            assert any(
                (box == other).all() or (overlap(box, other) > MOST_OVERLAP - 1e-5 and best >= score)
                for other, best in zip(kept.boxes, kept.scores, strict=True)
            )


def test_landmarks_are_the_mean_of_the_boxes_of_one_face() -> None:
    """Weighted by score; a box of another face, and one that overlaps too little, have no voice."""
    kept = suppress(found([(0, 0, 100, 100, 0.9), (10, 0, 100, 100, 0.6), (300, 0, 100, 100, 0.8)]), 0.7, 10)
    assert len(kept) == 2
    np.testing.assert_allclose(kept.points[0], [[(50 * 0.9 + 60 * 0.6) / 1.5, 50]] * 5, rtol=1e-6)
    np.testing.assert_allclose(kept.points[1], [[350, 50]] * 5)
    np.testing.assert_allclose(kept.boxes[0], [0, 0, 100, 100])


def test_nothing_found_gives_nothing() -> None:
    """Arrays of the right shape, of length 0."""
    kept = suppress(found([]), 0.7, 10)
    assert (kept.boxes.shape, kept.points.shape, kept.scores.shape) == ((0, 4), (0, 5, 2), (0,))


def test_the_number_of_faces_is_bounded() -> None:
    """A picture made to look like faces everywhere costs no more than the bound."""
    crowd = found([(x * 10, y * 10, 9, 9, 0.9) for x in range(60) for y in range(60)])
    assert len(suppress(crowd, 0.7, 100)) == 100
