"""The catalogue that ships is complete, and names nothing that it cannot stand for."""

from __future__ import annotations

import re

import pytest

from countenance.terms.errors import UnknownName
from countenance.vision.align import CANVASES
from countenance.vision.models.catalogue import Catalogue
from countenance.vision.models.entry import ModelEntry, Role
from countenance.vision.models.origin import Address, Carried

CATALOGUE = Catalogue.load()


@pytest.mark.parametrize("entry", CATALOGUE.models.values(), ids=lambda e: e.name)
def test_each_model_states_its_licence_its_training_and_its_pin(entry: ModelEntry) -> None:
    """Nothing that could be fetched is without a digest and a size, and every address is a public https one."""
    assert entry.title
    assert entry.licence.spdx
    assert entry.licence.text.endswith(".")
    assert entry.training_data.endswith(".")
    assert entry.source.startswith("https://")
    if entry.pin is None:
        assert entry.origins == ()
    else:
        assert re.fullmatch(r"[0-9a-f]{64}", entry.pin.sha256)
        assert entry.pin.size > 0
    for origin in entry.origins:
        match origin:
            case Address(url):
                assert url.startswith("https://")
                assert not re.search("/(raw|resolve|blob)/(main|master)/", url), "an address names one commit"
            case Carried(package, member):
                assert package.version
                assert member


@pytest.mark.parametrize("entry", CATALOGUE.models.values(), ids=lambda e: e.name)
def test_each_role_has_what_it_needs(entry: ModelEntry) -> None:
    """A recogniser has one output and a dimension, a detector none."""
    match entry.role:
        case Role.RECOGNISER:
            assert len(entry.outputs) == 1
            assert entry.dimension
        case Role.DETECTOR:
            assert len(entry.outputs) > 1
            assert entry.dimension is None
    assert all(entry.input.divide)


@pytest.mark.parametrize("name", CATALOGUE.recipes)
def test_each_recipe_names_models_of_the_right_roles(name: str) -> None:
    """And an alignment that is drawn."""
    recipe = CATALOGUE.recipe(name)
    assert CATALOGUE.model(recipe.detector).role is Role.DETECTOR
    assert CATALOGUE.model(recipe.recogniser).role is Role.RECOGNISER
    assert recipe.alignment in CANVASES
    assert set(recipe.models) >= {recipe.detector, recipe.recogniser}


def test_a_second_recogniser_is_shown_the_same_crop() -> None:
    """So it takes pictures of the first one's size, and its part of the score is the smaller one."""
    for recipe in CATALOGUE.recipes.values():
        if recipe.second is None:
            continue
        first, second = CATALOGUE.model(recipe.recogniser).input, CATALOGUE.model(recipe.second.model).input
        assert (first.width, first.height) == (second.width, second.height)
        assert CATALOGUE.model(recipe.second.model).role is Role.RECOGNISER
        assert 0 < recipe.second.weight < 1


def test_the_measured_recipes_are_free_to_use_pinned_and_have_two_origins() -> None:
    """Whoever installs this and types nothing else gets the default; the other one is measured as well."""
    for name in (*CATALOGUE.recipe("default").models, *CATALOGUE.recipe("accurate").models):
        entry = CATALOGUE.model(name)
        assert not entry.licence.restricted
        assert entry.prepared is not None
        assert [type(each) for each in entry.origins] == [Carried, Address]


def test_no_licence_that_says_non_commercial_is_open() -> None:
    """Such weights need an acceptance."""
    for entry in CATALOGUE.models.values():
        if re.search("non-commercial|research only", entry.licence.text + entry.licence.spdx, re.IGNORECASE):
            assert entry.licence.restricted, entry.name


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    """For models and recipes."""
    with pytest.raises(UnknownName) as error:
        CATALOGUE.model("yunet")
    assert "yunet-2023mar" in error.value.remedy
    with pytest.raises(UnknownName, match="no recipe"):
        CATALOGUE.recipe("best")


def test_points_by_recipe_are_sorted_and_resolved_before_unresolved() -> None:
    """A stricter rate never has a lower threshold."""
    for recipe in CATALOGUE.recipes.values():
        points = sorted(recipe.points, key=lambda p: -p.target)
        assert [p.threshold for p in points] == sorted(p.threshold for p in points)
        assert [p.resolved for p in points] == sorted((p.resolved for p in points), reverse=True)
        assert len({p.id for p in points}) == len(points)
        for point in points:
            assert point.measure == "FMR"
            assert 0 < point.target < 1
            assert point.source
            assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", point.date)
