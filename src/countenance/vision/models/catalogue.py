"""The catalogue of models and recipes, read from its file and from what the user registered."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from countenance.terms.errors import UnknownName
from countenance.vision.models.entry import (
    Interchange,
    Licence,
    MeasuredPoint,
    ModelEntry,
    ModelInput,
    Prepared,
    RecipeEntry,
    Role,
    Second,
)
from countenance.vision.models.origin import Address, Carried, Origin, Package, PackageKind, Pin

Table = Mapping[str, Any]
T = TypeVar("T")
_FILE = Path(__file__).with_name("catalogue.toml")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Models and recipes by name, in the order of the file."""

    models: Mapping[str, ModelEntry] = field(repr=False)
    recipes: Mapping[str, RecipeEntry] = field(repr=False)

    @classmethod
    def load(cls) -> Catalogue:
        """Read the catalogue that is part of this version; our own file, so a mistake in it is a defect."""
        return cls.parse(_FILE.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> Catalogue:
        """Read a catalogue from TOML in the shape that the head of ``catalogue.toml`` describes."""
        document = tomllib.loads(text)
        return cls(
            {name: model_of(name, table) for name, table in document.get("models", {}).items()},
            {name: recipe_of(name, table) for name, table in document.get("recipes", {}).items()},
        )

    def with_registered(self, registered: Iterable[tuple[ModelEntry, RecipeEntry]]) -> Catalogue:
        """The catalogue with what the user registered; a name that is here already is not taken over."""
        models, recipes = dict(self.models), dict(self.recipes)
        for model, recipe in registered:
            if model.name not in models and recipe.name not in recipes:
                models[model.name], recipes[recipe.name] = model, recipe
        return Catalogue(models, recipes)

    def model(self, name: str) -> ModelEntry:
        """The model of this name; raises UnknownName with the names that there are."""
        return _named(self.models, name, "model")

    def recipe(self, name: str) -> RecipeEntry:
        """The recipe of this name; raises UnknownName with the names that there are."""
        return _named(self.recipes, name, "recipe")


def _named(known: Mapping[str, T], name: str, noun: str) -> T:
    if name not in known:
        raise UnknownName(f"there is no {noun} {name!r}", remedy=f"There are: {', '.join(known)}.")
    return known[name]


def model_of(name: str, table: Table, *, registered: bool = False) -> ModelEntry:
    """A model from its table."""
    prepared = table.get("prepared")
    return ModelEntry(
        name=name,
        role=Role(table["role"]),
        title=table["title"],
        licence=Licence(**table["licence"]),
        training_data=table["training_data"],
        source=table["source"],
        pin=Pin(table["sha256"], table["size"]) if "sha256" in table else None,
        origins=tuple(origin_of(each) for each in table.get("origins", ())),
        input=_input_of(table["input"]),
        outputs=tuple(table["outputs"]),
        dimension=table.get("dimension"),
        prepared=Prepared(**prepared) if prepared else None,
        rename=table.get("rename", False),
        registered=registered,
        form=table.get("form", "onnx"),
    )


def recipe_of(name: str, table: Table) -> RecipeEntry:
    """A recipe from its table."""
    interchange = table.get("interchange")
    return RecipeEntry(
        name=name,
        detector=table["detector"],
        alignment=table["alignment"],
        recogniser=table["recogniser"],
        interchange=interchange
        and Interchange(frozenset((r, p) for r, p in interchange["computed"]), interchange["source"]),
        points=tuple(MeasuredPoint(**{"note": "", **each}) for each in table.get("points", ())),
        second=Second(**table["second"]) if "second" in table else None,
        steady=table.get("steady", False),
    )


def _input_of(table: Table) -> ModelInput:
    return ModelInput(**{**table, "subtract": _triple(table["subtract"]), "divide": _triple(table["divide"])})


def _triple(value: float | list[float]) -> tuple[float, float, float]:
    a, b, c = value if isinstance(value, list) else (value, value, value)
    return float(a), float(b), float(c)


def origin_of(table: Table) -> Origin:
    """An origin from its table."""
    if "url" in table:
        return Address(table["url"])
    kind = next(each for each in PackageKind if each.value in table)
    name, version = table[kind.value].split()
    package = Package(name, version, kind, table.get("for", ""), table.get("about"))
    return Carried(package, table["member"])
