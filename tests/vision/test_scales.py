"""Scales: small faces stay large enough for the network, huge ones become small enough, the cost stays bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from countenance.vision.scales import LARGEST_SEARCHED, SMALLEST_FACE, scales

sides = st.integers(1, 20_000)


@given(sides, sides)
def test_the_network_sees_a_bounded_picture(width: int, height: int) -> None:
    """At most 2.8 million pixels at one scale and 320 a side at the other, however large the picture is."""
    found = scales(width, height)
    assert 1 <= len(found) <= 2
    assert width * height * found[0] ** 2 <= 1920 * 1440 * 1.0001
    assert all(0 < scale <= 1 for scale in found)
    if len(found) == 2:
        assert max(width, height) * found[1] <= 320.01


@given(sides, sides)
def test_a_face_of_36_pixels_keeps_24_in_the_network(width: int, height: int) -> None:
    """In every picture of up to 6.2 million pixels, full HD among them."""
    assert LARGEST_SEARCHED > 1920 * 1080
    if width * height <= LARGEST_SEARCHED:
        assert SMALLEST_FACE * scales(width, height)[0] >= 23.999


@given(sides, sides)
def test_a_face_that_fills_the_picture_is_seen_at_a_size_that_the_network_knows(width: int, height: int) -> None:
    """At the coarsest scale the picture, and so any face in it, is at most 480 pixels on its longer side."""
    assert max(width, height) * scales(width, height)[-1] <= 480.01
