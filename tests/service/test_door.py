"""The doors as documented: the names of the package, the README's example, and the JSON of every verb."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

import countenance as package
from countenance.cli.app import app

ROOT = Path(__file__).parents[2]
Words = tuple[object, ...]


def test_the_package_opens_a_dozen_names() -> None:
    """What ``__all__`` lists can be imported, nothing is listed twice, and an unknown name is an AttributeError."""
    names = package.__all__
    assert names == sorted(set(names))
    assert 10 <= len(names) <= 16
    for name in names:
        assert getattr(package, name) is not None
    star: dict[str, Any] = {}
    exec("from countenance import *", star)
    assert set(star) - {"__builtins__"} == set(names)
    with pytest.raises(AttributeError, match="no_such_name"):
        package.no_such_name  # noqa: B018


def test_the_package_is_quick_to_import() -> None:
    """Opening the door loads no model runtime, no database and no picture decoder."""
    code = "import sys, countenance; print([m for m in ('openvino', 'sqlalchemy', 'PIL', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_readmes_example_runs(
    tmp_path: Path,
    pictures: Mapping[str, Path],
    countenance: Callable[..., Any],
    capsys: pytest.CaptureFixture[str],
    vision: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The example as it stands, with real files in place of its names, enrols and identifies."""
    monkeypatch.setattr("countenance.assembly.load_vision", lambda settings: vision)
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.S)
    assert len(example.strip().splitlines()) <= 14
    assert countenance("--data", tmp_path / "data", "init").code == 0
    for name, path in (
        ('"data"', tmp_path / "data"),
        ('"ada.jpg"', pictures["obama.jpg"]),
        ('"photograph.jpg"', pictures["obama2.jpg"]),
    ):
        assert name in example
        example = example.replace(name, repr(str(path)))
    inside: dict[str, Any] = {}
    exec(compile(example, "README.md", "exec"), inside)
    assert isinstance(inside["answer"], package.Identification)
    (candidate,) = inside["answer"].searched[0].result.candidates
    assert candidate.rank == 1
    assert "Identification" in capsys.readouterr().out


# -- docs/json.md, read as the specification that it is

DOCUMENT = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")


def without_brackets(text: str) -> str:
    """``text`` without what stands in parentheses."""
    while (shorter := re.sub(r"\([^()]*\)", "", text)) != text:
        text = shorter
    return text


def names(text: str) -> set[str]:
    """The fields that a description names at its own level."""
    return set(re.findall(r"`([a-z_]+)`", without_brackets(text)))


def shared() -> dict[str, set[str]]:
    """The shared shapes: name to fields."""
    part = DOCUMENT.partition("## Shared shapes")[2].partition("## Verbs")[0]
    found = re.findall(r"\*\*(\w+)\*\*: (.*?)(?=\n\n|\Z)", part, flags=re.S)
    return {name: names(text.partition(". ")[0]) for name, text in found}


def rows() -> dict[str, str]:
    """The table of verbs: verb to the description of its fields; ``galleries create`` and ``show`` share a row."""
    found: dict[str, str] = {}
    for verbs, fields in re.findall(r"^\| (`.*?) \| (.*) \|$", DOCUMENT, flags=re.M):
        group = ""
        for verb in re.findall(r"`([^`]+)`", verbs):
            words = verb.split()
            group = words[0] if len(words) == 2 else group
            found[verb if len(words) == 2 or len(re.findall(r"`", verbs)) == 2 else f"{group} {verb}"] = fields
    return found


def verbs_with_json(command: Any = None, path: str = "") -> set[str]:
    """Every verb that takes --json, found on the command line itself."""
    command = command or typer.main.get_command(app)
    if hasattr(command, "commands"):
        return {v for n, sub in command.commands.items() for v in verbs_with_json(sub, f"{path} {n}".strip())}
    return {path} if not command.hidden and any("--json" in p.opts for p in command.params) else set()


def test_every_verb_with_json_is_documented() -> None:
    """A verb that prints JSON has its row, and no row speaks of a verb that is not there."""
    assert set(rows()) == verbs_with_json()


PURPOSE = ("--purpose", "missing-person", "--authority", "guardian-request:case-3")
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def told(
    tmp_path_factory: pytest.TempPathFactory, pictures: Mapping[str, Path], vision: Any
) -> Mapping[str, dict[str, Any]]:
    """What each verb printed, in the order of one story in one data directory, each run through the real parser."""
    place = tmp_path_factory.mktemp("told")
    data, p = place / "data", pictures
    mine: Words = ("--data", data)
    story: list[tuple[str, Words]] = [
        ("init", (*mine, "init")),
        ("detect", ("detect", p["t1.jpg"])),
        ("enrol", (*mine, "enrol", p["obama.jpg"], "-g", "r", "-s", "Ada", *PURPOSE)),
        ("verify", (*mine, "verify", p["obama.jpg"], p["obama2.jpg"], *PURPOSE)),
        ("identify", (*mine, "identify", p["obama2.jpg"], "-g", "r", *PURPOSE)),
        ("find-similar", (*mine, "find-similar", p["obama.jpg"], p["obama2.jpg"], p["chelsea.png"], *PURPOSE)),
        ("group", (*mine, "group", p["obama.jpg"], p["obama2.jpg"], p["chelsea.png"], *PURPOSE)),
        ("galleries create", (*mine, "galleries", "create", "s", *PURPOSE)),
        ("galleries list", (*mine, "galleries", "list")),
        ("galleries show", (*mine, "galleries", "show", "r")),
        ("galleries delete", (*mine, "galleries", "delete", "s", *PURPOSE)),
        ("subjects list", (*mine, "subjects", "list", "-g", "r")),
        ("subjects show", (*mine, "subjects", "show", "Ada", "-g", "r")),
        ("failure", (*mine, "identify", p["chelsea.png"], "-g", "r", *PURPOSE)),
        ("refusal", (*mine, "identify", p["obama2.jpg"], "-g", "r", "--purpose", "family-separation")),
        ("error", (*mine, "subjects", "list", "-g", "no such gallery")),
        ("subjects erase", (*mine, "subjects", "erase", "Ada", "-g", "r", *PURPOSE)),
        ("log verify", (*mine, "log", "verify")),
        ("log close-epoch", (*mine, "log", "close-epoch")),
        ("state", (*mine, "state", "--from", TODAY - timedelta(1), "--to", TODAY, "--out", place / "statement")),
        ("doctor", (*mine, "doctor")),
    ]
    return {name: _said(words, vision) for name, words in story}


def _said(words: Words, vision: Any) -> dict[str, Any]:
    import contextlib
    import io

    from countenance.cli.run import run

    out, patch = io.StringIO(), pytest.MonkeyPatch()
    with patch.context() as patched, contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        patched.setattr(sys, "argv", ["countenance", *map(str, words), "--json"])
        patched.setattr("countenance.assembly.load_vision", lambda settings: vision)
        run()
    said: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return said


DESCRIBED = [
    "init", "detect", "enrol", "verify", "identify", "find-similar", "group", "galleries list", "galleries create",
    "galleries show", "galleries delete", "subjects list", "subjects erase", "log verify", "log close-epoch", "state",
    "doctor",
]  # fmt: skip


@pytest.mark.parametrize("verb", DESCRIBED)
def test_a_verb_prints_the_fields_that_its_row_lists(told: Mapping[str, dict[str, Any]], verb: str) -> None:
    """No field is missing and none is there that the document does not name."""
    row = rows()[verb]
    ways = [names(part) for part in re.split(r"; or |, or ", row)]
    if ", and `receipt` where" in row and verb.endswith("show"):
        ways = [names(row.partition(", and ")[0])]
    printed = told[verb]
    assert printed["version"] == 1
    assert set(printed) - {"version"} in ways, (sorted(printed), ways)


def test_nested_fields_are_those_listed(told: Mapping[str, dict[str, Any]]) -> None:
    """What a row lists in parentheses is what the objects there have."""

    def nested(verb: str, field: str) -> set[str]:
        (inside,) = re.findall(rf"`{field}` \(((?:[^()]|\([^()]*\))*)\)", rows()[verb])
        return set(re.findall(r"`([a-z_]+)`", inside))

    assert {k for i in told["enrol"]["items"] for k in i} == nested("enrol", "items")
    assert set(told["identify"]["candidates"][0]) == nested("identify", "candidates")
    assert set(told["identify"]["faces"][0]) == nested("identify", "faces")
    assert set(told["find-similar"]["similar"][0]) == nested("find-similar", "similar")
    assert set(told["galleries list"]["galleries"][0]) == nested("galleries list", "galleries")
    assert set(told["subjects list"]["subjects"][0]) == nested("subjects list", "subjects")
    assert set(told["subjects list"]["subjects"][0]) == set(told["subjects show"]) - {"version"}


def test_shared_shapes_are_those_listed(told: Mapping[str, dict[str, Any]]) -> None:
    """Receipts, operating points, recipes, faces, failures, refusals and errors are the same everywhere."""
    shapes = shared()
    assert {"receipt", "operating_point", "recipe", "face", "failure", "refusal", "error"} <= set(shapes)
    for said in told.values():
        for shape in ("receipt", "operating_point", "recipe", "failure", "refusal", "error"):
            if isinstance(said.get(shape), dict):
                assert set(said[shape]) == shapes[shape], shape
        for face in said.get("faces", []):
            assert set(face.get("face", face)) == shapes["face"]
    assert set(told["failure"]) == {"version", "candidates", "failure", "receipt"}
    assert told["failure"]["candidates"] == []
    assert set(told["refusal"]) == {"version", "refusal", "receipt"}
    assert set(told["error"]) == {"version", "error"}
    reasons = set(re.findall(r"`([a-z-]+)`", DOCUMENT.partition("Reasons:")[2].partition("\n\n")[0]))
    from countenance.terms.acquisition import FailureReason

    assert reasons == {reason.value for reason in FailureReason}


def test_the_package_carries_its_types() -> None:
    """A typed package says so."""
    assert (Path(str(package.__file__)).parent / "py.typed").is_file()
