"""What the tests of the use-cases share: a fresh house with nobody in it; models are loaded once."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.founded import founded_house

from countenance.assembly import House, load_vision
from countenance.service.asking import Asking
from countenance.settings import Settings
from countenance.terms.authority import Authority
from countenance.terms.sample import Sample
from countenance.vision.embed import Embedder
from countenance.vision.vision import Vision

from .registry import sample_of


@pytest.fixture(scope="session")
def vision() -> Vision:
    return load_vision(Settings())


@pytest.fixture
def house(tmp_path: Path, vision: Vision) -> Iterator[House]:
    """A house with the demo charter and nobody in it."""
    with founded_house(tmp_path / "data") as made:
        yield replace(made, rooms=replace(made.rooms, vision=lambda: vision))


@pytest.fixture(scope="session")
def samples(pictures: Mapping[str, Path]) -> dict[str, Sample]:
    """The demo's pictures, read."""
    return {name: sample_of(path) for name, path in pictures.items()}


def asks(house: House, purpose: str = "missing-person", authority: str = "guardian-request:case-3") -> Asking:
    """What the owner of the data directory asks, for any purpose."""
    return replace(house.asking(purpose, authority), authority=Authority.parse(authority))


def renamed(vision: Vision, **changes: str) -> Vision:
    """The same models under another name: another recipe, as far as anybody can tell."""
    other = copy.copy(vision)
    other.recipe = replace(vision.recipe, **{"name": "other", **changes})
    other._embedder = Embedder(vision._embedder._recognisers, other.recipe)
    return other
