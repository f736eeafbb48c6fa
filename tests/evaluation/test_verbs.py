"""countenance evaluate, through its front door: under the gate, with a report that says what the numbers are worth."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.evaluation.test_evidence import calibration
from tests.service.test_gate_spy import Spy, _only_settling, on_disk, spy  # noqa: F401  # the fixture

from countenance.evaluation.compare import read_measured
from countenance.ledger.disk import Disk
from countenance.terms.errors import BrokenInput, Malformed

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def vision() -> Any:
    from countenance.assembly import load_vision
    from countenance.settings import Settings

    return load_vision(Settings())


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory, pictures: Mapping[str, Path]) -> Path:
    """The demo's people, each in several encodings of a picture, and one picture without a face."""
    root = tmp_path_factory.mktemp("faces")
    for person, names in {
        "obama": ("obama.jpg", "obama2.jpg"),
        "biden": ("biden.jpg",),
        "eileen": ("astronaut.png",),
        "cat": ("chelsea.png",),
    }.items():
        (root / person).mkdir()
        for name in names:
            image = Image.open(pictures[name]).convert("RGB")
            for quality in (95, 80):
                image.save(root / person / f"{Path(name).stem}-{quality}.jpg", quality=quality)
    return root


PAIRS = (
    "1,obama/obama-95.jpg,obama/obama2-95.jpg",
    "1,obama/obama-80.jpg,obama/obama2-80.jpg",
    "1,biden/biden-95.jpg,biden/biden-80.jpg",
    "1,eileen/astronaut-95.jpg,eileen/astronaut-80.jpg",
    "1,cat/chelsea-95.jpg,cat/chelsea-80.jpg",
    "0,obama/obama-95.jpg,biden/biden-95.jpg",
    "0,obama/obama2-95.jpg,eileen/astronaut-95.jpg",
    "0,biden/biden-80.jpg,eileen/astronaut-80.jpg",
)
OPEN = (
    "obama/obama-95.jpg,obama,gallery",
    "biden/biden-95.jpg,biden,gallery",
    "obama/obama2-95.jpg,obama,probe-mated",
    "biden/biden-80.jpg,biden,probe-mated",
    "eileen/astronaut-95.jpg,eileen,probe-nonmated",
)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.csv"
    path.write_text("\n".join(["same,image_a,image_b", *PAIRS]) + "\n")
    return path


@pytest.fixture
def openset(tmp_path: Path) -> Path:
    path = tmp_path / "open.csv"
    path.write_text("\n".join(["image,subject,role", *OPEN]) + "\n")
    return path


@pytest.fixture(autouse=True)
def _loaded(vision: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("countenance.assembly.load_vision", lambda settings: vision)


QUICK = ("--replications", 100, "--json")


def test_a_verification_is_measured_and_written(
    data: Path, faces: Path, pairs: Path, tmp_path: Path, countenance: Run
) -> None:
    """The last line has the rates with their intervals; report, figures and operating point lie in the folder."""
    out = tmp_path / "out"
    words = ("--data", data, "evaluate", "verification", "--pairs", pairs, "--root", faces, "--out", out, "--scores")
    done = countenance(*words, *QUICK)
    assert done.code == 0, done.err
    said = done.json
    assert list(said)[:5] == ["version", "accuracy", "tmr_at_fmr_1e-3", "fta", "intervals"]
    assert said["fta"] == pytest.approx(2 / 10)
    assert said["accuracy"] == pytest.approx(7 / 8)  # the cat's pair failed, and counts as no match
    for name in ("accuracy", "fta"):
        low, high = said["intervals"][name]
        assert low < said[name] < high
    assert "4 persons cannot support FMR 1e-3" in said["operating_point"]["sentence"]
    report = json.loads((out / "report.json").read_text())
    assert report["acquisition"]["reasons"] == {"no-face": 2}
    assert report["pairs"]["accuracy_completed"]["value"] == 1.0
    assert report["crossing"]["nonmated"] == 4 * 2 + 4 * 2 + 2 * 2
    assert report["data"]["sha256"] == said["data"]["sha256"]
    page = (out / "report.html").read_text()
    assert "What the data cannot tell" in page
    assert page.count("<svg") >= 2
    assert "fewer than 30 persons of a half have two pictures" in report["evidence"]["why_not"]
    assert "fewer than 30 persons of a half have two pictures" in page
    assert not (out / "evidence.json").exists()
    outside = re.findall(r'(?:src|href)="(?!#)([^"]*)"|url\((?!#)([^)]*)\)|@import|<script', page)
    assert outside == []
    again = tmp_path / "again"
    assert countenance(*(again if word is out else word for word in words), *QUICK).code == 0
    ignored = {"log_entry"}
    mine, other = (json.loads((place / "report.json").read_text()) for place in (out, again))
    assert {k: v for k, v in mine["header"].items() if k not in ignored} == {
        k: v for k, v in other["header"].items() if k not in ignored
    }
    assert {k: v for k, v in mine.items() if k != "header"} == {k: v for k, v in other.items() if k != "header"}
    if (out / "operating-point.json").exists():
        assert (out / "operating-point.json").read_bytes() == (again / "operating-point.json").read_bytes()
    compared = countenance("evaluate", "compare", out, again, *QUICK)
    assert compared.code == 0, compared.err
    assert {row["difference"]["value"] for row in compared.json["tmr"]} == {0.0}
    assert not any(row["real"] for row in compared.json["tmr"])


def test_two_data_sets_are_not_compared(data: Path, faces: Path, pairs: Path, tmp_path: Path, countenance: Run) -> None:
    """Nor a folder without scores, nor one that is no measurement."""
    words = ("--data", data, "evaluate", "verification", "--root", faces, "--scores")
    assert countenance(*words, "--pairs", pairs, "--out", tmp_path / "a", *QUICK).code == 0
    fewer = tmp_path / "fewer.csv"
    fewer.write_text("\n".join(["same,image_a,image_b", *PAIRS[:-1]]) + "\n")
    assert countenance(*words, "--pairs", fewer, "--out", tmp_path / "b", *QUICK).code == 0
    told = countenance("evaluate", "compare", tmp_path / "a", tmp_path / "b", "--json")
    assert (told.code, "two data sets" in told.json["error"]["what"]) == (12, True)
    with pytest.raises(BrokenInput):
        read_measured(tmp_path)
    (tmp_path / "b" / "scores.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(Malformed):
        read_measured(tmp_path / "b")


def test_an_identification_is_measured_and_its_point_decides(
    data: Path, faces: Path, openset: Path, tmp_path: Path, countenance: Run
) -> None:
    """FPIR and FNIR with intervals; one stranger carries no target, so there is no point to adopt."""
    out = tmp_path / "out"
    labels = tmp_path / "labels.csv"
    labels.write_text("subject,kind\nobama,one\nbiden,other\neileen,other\n")
    words = ("--data", data, "evaluate", "identification", "--openset", openset, "--root", faces, "--groups", labels)
    done = countenance(*words, "--out", out, *QUICK)
    assert done.code == 0, done.err
    assert (done.json["fpir"], done.json["fnir"], done.json["gallery_size"]) == (0.0, 0.0, 2)
    assert done.json["intervals"]["fpir"] == [0.0, pytest.approx(0.975)]
    assert "1 strangers cannot support FPIR 1e-2" in done.json["operating_point"]["sentence"]
    (told,) = json.loads((out / "report.json").read_text())["groups"]
    assert [(row["group"], row["fpir"]["n"], row["fnir"]["n"]) for row in told["groups"]] == [
        ("one", 0, 1),
        ("other", 1, 1),
    ]
    page = (out / "report.html").read_text()
    assert "By kind" in page
    assert "FPIR between groups: not resolvable" in page
    assert "too few persons" in done.json["operating_point"]["why_not"]
    assert countenance("--data", data, "operating-point", "adopt", out / "operating-point.json", "--json").code == 12
    assert countenance("--data", data, "operating-point", "list", "--json").json["operating_points"] == []


def test_all_pictures_of_a_folder_are_compared(
    data: Path, faces: Path, tmp_path: Path, countenance: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder a person, or a list of image and subject: the same comparisons; one picture a person tells no FNMR."""
    words = ("--data", data, "evaluate", "verification", "--pictures")
    done = countenance(*words, faces, "--out", tmp_path / "out", *QUICK)
    assert done.code == 0, done.err
    assert done.json["accuracy"] is None
    assert done.json["tmr_at_fmr_1e-3"] == 1.0
    listed = tmp_path / "images.csv"
    rows = sorted(str(p.relative_to(faces)) for p in faces.rglob("*.jpg"))
    listed.write_text("\n".join(["image,subject", *(f"{row},{Path(row).parent}" for row in rows)]) + "\n")
    again = countenance(*words, listed, "--root", faces, *QUICK)
    assert again.json["intervals"] == done.json["intervals"]
    alone = tmp_path / "alone.csv"
    firsts = [row for row in rows if row.endswith("-95.jpg") and "obama2" not in row]
    alone.write_text("\n".join(["image,subject", *(f"{row},{Path(row).parent}" for row in firsts)]) + "\n")
    told = countenance(*words, alone, "--root", faces, "--out", tmp_path / "alone", *QUICK)
    assert told.code == 0, told.err
    assert told.json["tmr_at_fmr_1e-3"] is None
    assert "persons have one picture" in (tmp_path / "alone" / "report.html").read_text()
    assert countenance(*words, faces, "--pairs", listed, "--json").code == 2
    (tmp_path / "file").write_text("")
    assert countenance(*words, faces, "--out", tmp_path / "file" / "out", "--json").code == 13


def test_a_score_of_another_recipe_than_the_file_s_weighs_nothing(
    data: Path, tmp_path: Path, vision: Any, countenance: Run
) -> None:
    """Where no recipe is named it is the one that runs here."""
    content = calibration().content
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps(content))
    words = ("--data", data, "evaluate", "evidence", "--score", "0.5", "--from", file, "--json")
    assert countenance(*words).code == 12
    file.write_text(json.dumps({**content, "recipe_sha256": vision.recipe.digest}))
    assert countenance(*words).json["recipe_sha256"] == vision.recipe.digest


def test_an_interrupted_measurement_goes_on_where_it_stopped(
    data: Path, faces: Path, pairs: Path, vision: Any, countenance: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under an intent of its own; the rates are those of a run without a break, and then nothing is left over."""
    words = ("--data", data, "evaluate", "verification", "--pairs", pairs, "--root", faces, *QUICK)
    whole = countenance(*words).json
    monkeypatch.setattr("countenance.evaluation.spool.TOGETHER", 4)
    real, asked = vision.acquire_many, []

    def acquire_many(samples: Iterable[Any], *rest: Any, **named: Any) -> Iterator[Any]:
        for answer in real(samples, *rest, **named):
            if len(asked) == 6:
                asked.clear()
                raise KeyboardInterrupt
            asked.append(answer)
            yield answer

    monkeypatch.setattr(vision, "acquire_many", acquire_many)
    assert countenance(*words).code == 130
    (left,) = data.glob("evaluation-*.temporary")
    assert left.stat().st_size > 4 * 512
    again = countenance(*words)
    assert again.code == 0, again.err
    assert len(asked) == 10 - 4
    assert {k: v for k, v in again.json.items() if k != "entry"} == {k: v for k, v in whole.items() if k != "entry"}
    assert not list(data.glob("evaluation-*"))
    intents = [e.fields for e in on_disk(data) if e.kind == "intent"]
    outcomes = [e.fields["res"] for e in on_disk(data) if e.kind == "outcome"]
    assert (len(intents), outcomes) == (3, ["grouped", "aborted", "grouped"])
    asked.clear()
    assert countenance(*words, "--no-resume").code == 130
    assert not list(data.glob("evaluation-*"))


@pytest.mark.parametrize("verb", ["verification", "identification"])
def test_a_measurement_compares_under_the_gate(
    verb: str,
    data: Path,
    faces: Path,
    pairs: Path,
    openset: Path,
    countenance: Run,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One intent, of the purpose evaluation, then one admitted call of the kernel; refused or undurable: none."""
    named = ("--pairs", pairs) if verb == "verification" else ("--openset", openset)
    words = ("--data", data, "evaluate", verb, *named, "--root", faces)
    seen: Spy = request.getfixturevalue("spy")
    before = len(on_disk(seen.data))
    assert countenance(*words, *QUICK).code == 0
    intent, outcome = on_disk(seen.data)[before:]
    assert (intent.fields["pur"], intent.fields["auth"], intent.fields["act"]) == ("evaluation", "dataset", "group")
    assert (outcome.fields["of"], outcome.fields["res"]) == (intent.fields["id"], "grouped")
    assert outcome.fields["ctr"] is not None
    assert seen.compared == ["trials:group"]
    state = (list(seen.compared), seen.decoded, seen.embedded)
    refused = countenance(*words, "--minor", *QUICK)
    assert refused.code == 10, refused.out
    assert (seen.compared, seen.decoded, seen.embedded) == state
    monkeypatch.setattr(Disk, "sync", _only_settling())
    broken = countenance(*words, *QUICK)
    assert (broken.code, set(broken.json)) == (13, {"version", "error"})
    assert seen.compared == state[0]


@pytest.mark.parametrize(("requirement", "code"), [("fta<=0.6", 0), ("fta<=0.3", 15), ("fmr<=1e-3", 15), ("x<=1", 12)])
def test_a_requirement_decides_the_exit_code(
    data: Path, faces: Path, pairs: Path, countenance: Run, requirement: str, code: int
) -> None:
    """0 where the interval shows it, 15 where it does not, 12 where it cannot be read, before anything is measured."""
    done = countenance(
        "--data", data, "evaluate", "verification", "--pairs", pairs, "--root", faces, "--require", requirement, *QUICK
    )
    assert done.code == code, done.err
    if code == 15:
        assert done.json["unmet"]
        assert "not met" in done.err


def test_what_is_missing_is_told_before_any_work(
    data: Path, faces: Path, pairs: Path, countenance: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without SciPy the remedy names the extra; a list with a wrong path leaves no entry in the log."""
    monkeypatch.setattr("countenance.evaluation.parts.find_spec", lambda name: None)
    told = countenance("--data", data, "evaluate", "verification", "--pairs", pairs, "--root", faces, "--json")
    assert told.code == 13
    assert "countenance[evaluation]" in told.json["error"]["remedy"]
    monkeypatch.undo()
    told = countenance("--data", data, "evaluate", "verification", "--pairs", pairs, "--json")
    assert (told.code, "cannot be read" in told.json["error"]["what"]) == (12, True)
    assert [e.kind for e in on_disk(data)].count("intent") == 0


def test_a_picture_that_cannot_be_decoded_is_a_failure_and_groups_are_shown(
    data: Path, faces: Path, tmp_path: Path, countenance: Run
) -> None:
    """A broken file is counted, by group too; the page has the group's table and says what is not resolvable."""
    root = tmp_path / "copy"
    shutil.copytree(faces, root)
    (root / "biden" / "biden-80.jpg").write_bytes(np.random.default_rng(1).bytes(4000))
    listed = root / "pairs.csv"
    listed.write_text("\n".join(["same,image_a,image_b", *PAIRS]) + "\n")
    labels = root / "labels.csv"
    labels.write_text("subject,kind\nobama,one\nbiden,one\neileen,other\n")
    out = tmp_path / "out"
    done = countenance(
        "--data", data, "evaluate", "verification", "--pairs", listed, "--groups", labels, "--out", out, *QUICK
    )
    assert done.code == 0, done.err
    report = json.loads((out / "report.json").read_text())
    assert report["acquisition"]["fta"]["k"] == 3
    (told,) = report["groups"]
    assert {row["group"]: row["fta"]["k"] for row in told["groups"]} == {"one": 1, "other": 0}
    assert told["unlabelled_persons"] == 1
    assert "not resolvable" in told["fmr_inequality"]["note"]
    assert "By kind" in (out / "report.html").read_text()
