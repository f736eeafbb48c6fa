"""A threshold comes from the table of measured rates, on the strict side, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.terms.errors import MissingPart
from countenance.terms.recipe import Recipe
from countenance.vision.models.catalogue import Catalogue
from countenance.vision.models.points import provisional_point

POINT = (
    '{{ id = "p{0}", measure = "FMR", target = 1e-{0}, threshold = 0.{0}, resolved = {1}, '
    'pairs = 9, source = "s", date = "2026-01-01" }}'
)
CATALOGUE = Catalogue.parse(
    f"""
[recipes.measured]
detector = "d"
alignment = "a"
recogniser = "r"
points = [{POINT.format(1, "true")}, {POINT.format(2, "true")}, {POINT.format(3, "true")}, {POINT.format(4, "false")}]
[recipes.unmeasured]
detector = "d"
alignment = "a"
recogniser = "r"
"""
)
RECIPE = Recipe("measured", "d", "0", "a", "r", "1", "p", 3, "openvino", "f32", interchangeable=True)


@given(st.floats(1e-9, 1.0), st.floats(1e-9, 1.0))
def test_a_lower_rate_never_gets_a_lower_threshold(one: float, other: float) -> None:
    """And where it is resolved, the measured rate is at most the one that was asked for."""
    low, high = sorted([one, other])
    strict, lax = (provisional_point(CATALOGUE, RECIPE, each) for each in (low, high))
    assert strict.threshold >= lax.threshold
    for point, target in ((strict, low), (lax, high)):
        if point.resolved:
            assert next(p.target for p in CATALOGUE.recipe("measured").points if p.id == point.id) <= target


def test_past_the_data_the_lowest_resolved_threshold_holds_and_says_so() -> None:
    """A rate that was not resolved is never claimed."""
    point = provisional_point(CATALOGUE, RECIPE, 1e-5, gallery_size=1000)
    assert (point.id, point.resolved, point.gallery_size) == ("p3", False, 1000)
    assert "not resolved" in point.note


def test_the_point_belongs_to_the_space_of_its_recipe() -> None:
    """And stays provisional, with its source and date."""
    point = provisional_point(CATALOGUE, RECIPE, 1e-2)
    assert (point.space, point.target, point.threshold) == (RECIPE.space, 1e-2, 0.2)
    assert point.provisional
    assert (point.source, point.date, point.note) == ("s", "2026-01-01", "")


def test_other_arithmetic_than_the_measured_is_noted() -> None:
    """Where runtime and precision are not among those measured to be comparable."""
    point = provisional_point(CATALOGUE, replace(RECIPE, runtime="other", interchangeable=False), 1e-2)
    assert "other arithmetic than other in f32" in point.note


def test_without_a_measurement_there_is_no_threshold() -> None:
    """None is made up."""
    with pytest.raises(MissingPart, match="no error rates were measured"):
        provisional_point(CATALOGUE, replace(RECIPE, name="unmeasured"), 1e-3)
