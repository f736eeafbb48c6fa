"""Confidence is order and the side of 0.5, and nothing more."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from countenance.http.azure.confidence import bar_of, confidence_of

cosines = st.floats(-1, 1)
thresholds = st.floats(-0.99, 0.99)


@given(cosines, thresholds)
@example(0.364, 0.364)
@example(0.3639999999, 0.364)
def test_half_is_reached_exactly_where_the_threshold_is(score: float, threshold: float) -> None:
    confidence = confidence_of(score, threshold)
    assert 0 <= confidence <= 1
    assert (confidence >= 0.5) == (score >= threshold)


@given(cosines, cosines, thresholds)
def test_a_higher_score_never_has_a_lower_confidence(one: float, other: float, threshold: float) -> None:
    low, high = sorted((one, other))
    assert confidence_of(low, threshold) <= confidence_of(high, threshold)


@given(thresholds)
def test_the_ends_and_the_middle_are_fixed(threshold: float) -> None:
    assert [confidence_of(score, threshold) for score in (-1.0, threshold, 1.0)] == [0.0, 0.5, 1.0]


@given(st.floats(0, 1) | st.none(), thresholds)
def test_a_caller_raises_the_bar_and_never_lowers_it(asked: float | None, threshold: float) -> None:
    bar = bar_of(asked, threshold)
    assert bar >= threshold
    assert abs(confidence_of(bar, threshold) - max(asked or 0.5, 0.5)) < 2e-5
