"""countenance galleries reembed, switch: from the default recipe to the accurate one and back, on the real models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from countenance.assembly import load_vision
from countenance.settings import Settings
from countenance.vision.models.store import ModelStore

WORDS = ("--purpose", "missing-person", "--authority", "guardian-request:case-3")


@pytest.fixture(scope="module")
def visions() -> Mapping[str, Any]:
    """Both recipes, loaded once."""
    store = ModelStore(Settings().models)
    store.fetch(store.catalogue.recipe("accurate").models)
    return {name: load_vision(Settings().model_copy(update={"recipe": name})) for name in ("default", "accurate")}


@pytest.fixture(params=["crop", "image"])
def registry(
    request: pytest.FixtureRequest,
    countenance: Any,
    data: Path,
    pictures: Mapping[str, Path],
    visions: Mapping[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Two people in the gallery ``r``, which keeps crops or pictures."""
    monkeypatch.setattr("countenance.assembly.load_vision", lambda settings: visions[settings.recipe])
    for name in ("obama", "biden"):
        words = ("enrol", pictures[f"{name}.jpg"], "-g", "r", "-s", name, "--keep", request.param, *WORDS, "--json")
        done = countenance("--data", data, *words)
        assert done.code == 0, done.out + done.err
    return data


def test_there_and_back(
    countenance: Any, registry: Path, pictures: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same person is found by either recipe, whichever the house has; what the other shows is refused."""

    def run(*words: object) -> Any:
        return countenance("--data", registry, *words, *WORDS, "--json")

    def found() -> Any:
        done = run("identify", pictures["obama2.jpg"], "-g", "r")
        if done.code:
            return done.code
        return [(each["subject"], done.json["operating_point"]["id"]) for each in done.json["candidates"]]

    ids = tmp_path / "lacking"
    before = found()
    assert [name for name, _ in before] == ["obama"]
    refused = run("galleries", "switch", "-g", "r", "--recipe", "accurate")
    assert (refused.code, "reembed" in refused.json["error"]["remedy"]) == (12, True)
    assert found() == before
    made = run("galleries", "reembed", "-g", "r", "--recipe", "accurate", "--out", ids)
    assert (made.code, made.json["made"], made.json["lacking"]) == (0, 2, []), made.out + made.err
    assert run("galleries", "reembed", "-g", "r", "--recipe", "accurate").json["made"] == 0
    assert found() == before
    switched = run("galleries", "switch", "-g", "r", "--recipe", "accurate")
    assert switched.json["gallery"]["space"] == made.json["space"]
    assert found() == 12
    monkeypatch.setenv("COUNTENANCE_RECIPE", "accurate")
    ((name, _),) = found()
    assert name == "obama"
    late = run("enrol", pictures["astronaut.png"], "-g", "r", "-s", "Eileen")
    assert late.code == 0
    assert run("galleries", "switch", "-g", "r", "--recipe", "default").code == 12
    again = run("galleries", "reembed", "-g", "r", "--recipe", "default", "--out", ids)
    assert (again.json["made"], ids.read_text()) == (1, "")
    assert run("galleries", "switch", "-g", "r", "--recipe", "default", "--without", ids).code == 0
    monkeypatch.setenv("COUNTENANCE_RECIPE", "default")
    assert [name for name, _ in found()] == ["obama"]


def test_who_is_left_out_is_listed(
    countenance: Any, data: Path, pictures: Mapping[str, Path], visions: Mapping[str, Any], tmp_path: Path
) -> None:
    """A gallery that keeps nothing: ids in the file that ``--out`` names, which ``--without`` takes."""
    ids = tmp_path / "lacking"
    ask = ("-g", "r", "--recipe", "accurate", *WORDS)
    for name in ("obama", "biden"):
        assert countenance("--data", data, "enrol", pictures[f"{name}.jpg"], "-g", "r", "-s", name, *WORDS).code == 0
    made = countenance("--data", data, "galleries", "reembed", *ask, "--out", ids)
    assert (made.code, made.out.count("no-picture")) == (0, 2)
    assert "0 templates by accurate made; 2 references have none" in made.out
    told = countenance("--data", data, "galleries", "switch", *ask)
    assert (told.code, sorted(told.out.split())) == (12, sorted(ids.read_text().split()))
    assert countenance("--data", data, "galleries", "switch", *ask, "--without", tmp_path / "none").code == 12
    forbidden = ("-g", "r", "--recipe", "accurate", "--purpose", "family-separation")
    assert countenance("--data", data, "galleries", "switch", *forbidden, "--without", ids).code == 10
    done = countenance("--data", data, "galleries", "switch", *ask, "--without", ids)
    assert (done.code, 'recipe = "accurate"' in done.out) == (0, True)
