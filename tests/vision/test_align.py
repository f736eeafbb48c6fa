"""Alignment: the similarity is the least-squares one, and the warp puts each pixel where it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.vision.drawn import gradient

from countenance.vision.align import Points, canvas_points, fit, warp

CANVAS = canvas_points("arcface-5", 112, 112)
angles = st.floats(-3.1, 3.1)
scales = st.floats(0.05, 20)
shifts = st.complex_numbers(max_magnitude=3000)
points = st.lists(st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=5, max_size=5, unique=True).map(
    np.array
)


def turned(source: Points, angle: float, scale: float, shift: complex) -> Points:
    moved = scale * np.exp(1j * angle) * (source[:, 0] + 1j * source[:, 1]) + shift
    return np.stack([moved.real, moved.imag], axis=1)


@given(angles, scales, shifts)
def test_any_turned_scaled_and_moved_canvas_comes_back(angle: float, scale: float, shift: complex) -> None:
    """fit undoes every rotation, scale and translation exactly."""
    found = fit(turned(CANVAS, angle, scale, shift), CANVAS)
    np.testing.assert_allclose(found.apply(turned(CANVAS, angle, scale, shift)), CANVAS, atol=1e-6)
    assert found.scale == pytest.approx(1 / scale, rel=1e-9)
    assert np.exp(1j * found.angle) == pytest.approx(np.exp(-1j * angle), abs=1e-9)


@given(points, angles, scales, shifts)
def test_moving_the_source_first_changes_nothing(source: Points, angle: float, scale: float, shift: complex) -> None:
    """Equivariance: the aligned points do not depend on where, how large or how turned the face was."""
    spread = np.ptp(source, axis=0).max()
    if spread < 1:
        return
    here = fit(source, CANVAS).apply(source)
    moved = turned(source, angle, scale, shift)
    np.testing.assert_allclose(fit(moved, CANVAS).apply(moved), here, atol=1e-4)


@given(points, st.floats(-0.2, 0.2), st.floats(0.9, 1.1), st.complex_numbers(max_magnitude=3))
def test_no_other_similarity_is_nearer(source: Points, angle: float, scale: float, shift: complex) -> None:
    """Least squares: turning, scaling or moving the answer a little only makes it worse."""
    if np.ptp(source, axis=0).max() < 1:
        return
    best = fit(source, CANVAS).apply(source)
    other = turned(best, angle, scale, shift)
    assert ((best - CANVAS) ** 2).sum() <= ((other - CANVAS) ** 2).sum() + 1e-6


def test_it_is_umeyamas_solution_without_reflection() -> None:
    """Against the published algorithm (IEEE TPAMI 13, 1991, equations 40 to 43) by singular values."""
    random = np.random.default_rng(3)
    for _ in range(50):
        source = random.normal(size=(5, 2)) * 40
        s, t = source - source.mean(axis=0), CANVAS - CANVAS.mean(axis=0)
        u, d, vt = np.linalg.svd(t.T @ s / 5)
        sign = np.diag([1, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
        rotation = u @ sign @ vt
        scale = np.trace(np.diag(d) @ sign) / s.var(axis=0).sum()
        expected = scale * s @ rotation.T + CANVAS.mean(axis=0)
        np.testing.assert_allclose(fit(source, CANVAS).apply(source), expected, atol=1e-9)


def test_one_point_five_times_over_cannot_be_aligned() -> None:
    with pytest.raises(ZeroDivisionError):
        fit(np.ones((5, 2)), CANVAS)


@pytest.mark.parametrize(("width", "height"), [(112, 112), (160, 160), (96, 112), (224, 224)])
def test_a_canvas_of_another_size_is_scaled_by_height_and_centred(width: int, height: int) -> None:
    """The nose stays as far from the middle line as on 112 × 112, times height / 112."""
    points = canvas_points("arcface-5", width, height)
    np.testing.assert_allclose((points[:, 0] - width / 2) * 112 / height, CANVAS[:, 0] - 56)
    np.testing.assert_allclose(points[:, 1] * 112 / height, CANVAS[:, 1])


@settings(max_examples=60, deadline=None)
@given(st.floats(-3.1, 3.1), st.floats(0.3, 6), st.floats(300, 700), st.floats(300, 700))
def test_the_warp_puts_each_pixel_where_the_similarity_says(angle: float, scale: float, x: float, y: float) -> None:
    """On a picture whose colours tell the place, each canvas pixel shows the place that it maps back to."""
    side = 1000
    place = gradient(side, side)
    face = turned(CANVAS - CANVAS.mean(axis=0), angle, scale, complex(x, y))
    similarity = fit(face, CANVAS)
    crop = warp(place, similarity, 112, 112).astype(float)
    grid = np.stack(np.meshgrid(np.arange(112.0), np.arange(112.0)), axis=-1).reshape(-1, 2)
    back = (grid[:, 0] + 1j * grid[:, 1] - similarity.shift) / similarity.turn
    inside = (back.real > 8) & (back.real < side - 9) & (back.imag > 8) & (back.imag < side - 9)
    seen = crop.reshape(-1, 3)[inside]
    # The picture's own rounding is half a level, and the warp rounds down by up to one; a face so large that it is
    # averaged first is rounded by half a level once more.
    most = 1.6 if scale < 2 else 2.1
    np.testing.assert_allclose(seen[:, 0], back.real[inside] * 255 / (side - 1), atol=most)
    np.testing.assert_allclose(seen[:, 1], back.imag[inside] * 255 / (side - 1), atol=most)


def test_a_large_face_is_averaged_not_sampled() -> None:
    """A checkerboard of single pixels, eight to a canvas pixel, becomes flat grey; sampling would leave noise."""
    board = np.indices((1200, 1200)).sum(axis=0) % 2 * 255
    pixels = np.repeat(board[..., None], 3, axis=2).astype(np.uint8)
    crop = warp(pixels, fit(CANVAS * 8 + 100.37, CANVAS), 112, 112)
    assert crop.std() < 4
    assert abs(crop.mean() - 127.5) < 3


def test_beyond_the_picture_it_is_black() -> None:
    """A face at the edge is cut there, not stretched; one wholly outside gives a black canvas, not an error."""
    white = np.full((100, 100, 3), 255, dtype=np.uint8)
    edge = warp(white, fit(CANVAS - 56, CANVAS), 112, 112)
    assert edge[10, 10].tolist() == [0, 0, 0]
    assert edge[100, 100].tolist() == [255, 255, 255]
    assert not warp(white, fit(CANVAS + 5000, CANVAS), 112, 112).any()


def test_the_warp_matches_a_plain_resize_where_nothing_is_turned() -> None:
    """Halving by alignment and halving by averaging blocks give the same picture, to rounding."""
    noise = np.random.default_rng(5).integers(0, 255, (448, 448, 3), dtype=np.uint8)
    crop = warp(noise, fit(CANVAS * 2 + 0.5, CANVAS), 112, 112)
    halved = np.asarray(Image.fromarray(noise).reduce(2))[:112, :112]
    assert np.abs(crop.astype(int) - halved).mean() < 0.6
