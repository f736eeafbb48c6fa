"""Confidence is order, the side of 0.5, and where it was measured how rare such a score is among two people."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from countenance.http.azure.confidence import NOBODY, bar_of, confidence_of
from countenance.terms.fmr_curve import FmrCurve
from countenance.terms.operating_point import OperatingPoint

BARE = OperatingPoint(
    "id", 0.364, "FMR", 1e-3, resolved=True, gallery_size=None, space="", source="", date="", provisional=True
)
ROWS = [[0.1, 0.1, 0.09, 0.11], [0.3, 1e-2, 9e-3, 1.1e-2], [0.4, 1e-3, 8e-4, 1.2e-3], [0.6, 1e-5, 0, 1e-4]]
MEASURED = replace(BARE, threshold=0.4, curve=FmrCurve.read(ROWS))
cosines = st.floats(-1, 1)
thresholds = st.floats(-0.99, 0.99)


@st.composite
def points(draw: st.DrawFn) -> OperatingPoint:
    """A threshold with any curve, or none."""
    scores = sorted(draw(st.lists(cosines, max_size=8)))
    rates = sorted(draw(st.lists(st.floats(1e-9, 1), min_size=len(scores), max_size=len(scores))), reverse=True)
    curve = FmrCurve.read([[s, r, r / 2, min(1.0, 2 * r)] for s, r in zip(scores, rates, strict=True)])
    return replace(BARE, threshold=draw(thresholds), curve=curve)


@given(cosines, points())
@example(0.364, BARE)
@example(0.3639999999, BARE)
@example(0.4, MEASURED)
@example(0.3999999999, MEASURED)
def test_half_is_reached_exactly_where_the_threshold_is(score: float, point: OperatingPoint) -> None:
    confidence = confidence_of(score, point)
    assert 0 <= confidence <= 1
    assert (confidence >= 0.5) == (score >= point.threshold)
    assert confidence_of(point.threshold, point) == 0.5


@given(cosines, cosines, points())
def test_a_higher_score_never_has_a_lower_confidence(one: float, other: float, point: OperatingPoint) -> None:
    low, high = sorted((one, other))
    assert confidence_of(low, point) <= confidence_of(high, point)


@given(thresholds)
def test_without_a_curve_the_ends_and_the_middle_are_fixed(threshold: float) -> None:
    point = replace(BARE, threshold=threshold)
    assert [confidence_of(score, point) for score in (-1.0, threshold, 1.0)] == [0.0, 0.5, 1.0]


def test_it_follows_the_measured_curve_and_is_flat_where_the_data_end() -> None:
    """Ten times rarer than the operating point is 0.95, ten times more frequent 0.05."""
    assert [confidence_of(score, MEASURED) for score in (0.3, 0.4, 0.5, 0.6)] == [0.05, 0.5, 0.95, 0.995]
    assert confidence_of(0.99, MEASURED) == confidence_of(0.6, MEASURED)
    assert confidence_of(-0.5, MEASURED) == confidence_of(0.1, MEASURED) == 0.005
    assert confidence_of(1.0, replace(MEASURED, threshold=0.6)) == 1.0, "nothing was measured above: the lines hold"


@given(st.floats(0, 1) | st.none(), points())
def test_a_caller_raises_the_bar_and_never_lowers_it(asked: float | None, point: OperatingPoint) -> None:
    """Who reaches the bar has the confidence that was asked for; who does not reach it has not."""
    bar = bar_of(asked, point)
    assert bar >= point.threshold
    wanted = max(asked or 0.5, 0.5)
    if bar < NOBODY:
        assert confidence_of(bar, point) >= wanted - 2e-5
    beneath = max(min(bar, 1.0) - 1e-3, point.threshold)
    assert confidence_of(beneath, point) <= wanted + 2e-5


def test_the_rate_at_a_score_has_the_bounds_of_both_rows() -> None:
    """And is not told where it was not measured."""
    curve = MEASURED.curve
    found = curve.at(0.5)
    assert found is not None
    assert found.value == pytest.approx(1e-4)
    assert (found.low, found.high) == (0, 1.2e-3)
    for score, _, low, high in ROWS:
        at = curve.at(score)
        assert at is not None
        assert (at.low, at.high) == (low, high)
    assert (curve.at(0.0999), curve.at(0.6001), FmrCurve().at(0.5)) == (None, None, None)
