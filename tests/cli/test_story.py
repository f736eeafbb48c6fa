"""Stories of the command line, on the demo's pictures: enrol, identify, verify, erase, be refused."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

SEARCH = ("--purpose", "missing-person", "--authority", "guardian-request:case-3")
Pictures = Mapping[str, Path]


@pytest.fixture
def registry(countenance: Any, data: Path, pictures: Pictures) -> Path:
    """A data directory with two people enrolled."""
    for name, picture in (("Barack Obama", "obama.jpg"), ("Joe Biden", "biden.jpg")):
        done = countenance("--data", data, "enrol", pictures[picture], "-g", "registry", "-s", name, *SEARCH, "--json")
        assert done.code == 0, done.out + done.err
        assert done.json["counts"] == {"enrolled": 1}
    return data


def test_another_photograph_leads_to_its_subject_and_to_nobody_else(
    countenance: Any, registry: Path, pictures: Pictures
) -> None:
    done = countenance("--data", registry, "identify", pictures["obama2.jpg"], "-g", "registry", *SEARCH, "--json")
    assert done.code == 0
    answer = done.json
    assert [(c["subject"], c["rank"]) for c in answer["candidates"]] == [("Barack Obama", 1)]
    assert answer["candidates"][0]["score"] == pytest.approx(0.73, abs=0.03)
    assert answer["operating_point"]["provisional"] is True
    assert answer["receipt"]["action"] == "search"


def test_a_stranger_has_no_candidate_and_that_is_an_answer(
    countenance: Any, registry: Path, pictures: Pictures
) -> None:
    done = countenance("--data", registry, "identify", pictures["astronaut.png"], "-g", "registry", *SEARCH, "--json")
    assert (done.code, done.json["candidates"]) == (0, [])
    told = countenance("--data", registry, "identify", pictures["astronaut.png"], "-g", "registry", *SEARCH)
    assert "no candidate" in told.out


def test_a_cat_is_a_failure_to_acquire(countenance: Any, registry: Path, pictures: Pictures) -> None:
    done = countenance("--data", registry, "identify", pictures["chelsea.png"], "-g", "registry", *SEARCH, "--json")
    assert done.code == 11
    assert done.json["failure"]["reason"] == "no-face"
    assert done.json["candidates"] == []


def test_six_faces_are_six_searches_under_one_set_receipt(countenance: Any, registry: Path, pictures: Pictures) -> None:
    one = countenance("--data", registry, "identify", pictures["t1.jpg"], "-g", "registry", *SEARCH, "--json")
    assert (one.code, one.json["failure"]["reason"], one.json["failure"]["faces"]) == (11, "several-faces", 6)
    every = countenance(
        "--data", registry, "identify", pictures["t1.jpg"], "-g", "registry", "--faces", "all", *SEARCH, "--json"
    )
    assert len(every.json["faces"]) == 6
    assert all(face["candidates"] == [] for face in every.json["faces"])


def test_two_pictures_of_one_person_match_and_of_two_do_not(
    countenance: Any, registry: Path, pictures: Pictures
) -> None:
    same = countenance("--data", registry, "verify", pictures["obama.jpg"], pictures["obama2.jpg"], *SEARCH, "--json")
    other = countenance("--data", registry, "verify", pictures["obama2.jpg"], pictures["biden.jpg"], *SEARCH, "--json")
    assert (same.json["match"], other.json["match"]) == (True, False)
    assert other.json["score"] == pytest.approx(0.26, abs=0.05)


def test_a_forbidden_purpose_is_refused_with_its_principle_and_the_refusal_is_in_the_log(
    countenance: Any, registry: Path, pictures: Pictures
) -> None:
    done = countenance(
        "--data", registry, "identify", pictures["obama2.jpg"], "-g", "registry",
        "--purpose", "family-separation", "--authority", "guardian-request:case-3", "--json",
    )  # fmt: skip
    assert done.code == 10
    refusal = done.json["refusal"]
    assert refusal["reason"] == "forbidden-purpose"
    assert refusal["principles"][0]["id"] == "families-stay-together"
    assert done.json["receipt"]["bound"] == 0


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "no-purpose"),
        (("--purpose", "missing-person"), "authority-missing"),
        (("--purpose", "curiosity", "--authority", "consent:1"), "unregistered"),
        (("--purpose", "missing-person", "--authority", "hunch:1"), "unregistered"),
        (("--purpose", "access-control", "--authority", "consent:1"), "not-permitted"),
    ],
)
def test_without_a_purpose_and_a_fitting_authority_nothing_is_compared(
    countenance: Any, registry: Path, pictures: Pictures, words: tuple[str, ...], reason: str
) -> None:
    done = countenance("--data", registry, "identify", pictures["obama2.jpg"], "-g", "registry", *words, "--json")
    assert (done.code, done.json["refusal"]["reason"]) == (10, reason)


def test_an_erased_subject_is_found_no_more_and_a_withdrawn_one_does_not_come_back(
    countenance: Any, registry: Path, pictures: Pictures
) -> None:
    gone = countenance("--data", registry, "subjects", "erase", "Barack Obama", "-g", "registry", *SEARCH, "--json")
    assert (gone.code, gone.json["erased"]["subject"]) == (0, "Barack Obama")
    found = countenance("--data", registry, "identify", pictures["obama2.jpg"], "-g", "registry", *SEARCH, "--json")
    assert found.json["candidates"] == []
    again = countenance(
        "--data", registry, "enrol", pictures["obama.jpg"], "-g", "registry", "-s", "Barack Obama", *SEARCH, "--json"
    )
    assert again.json["counts"] == {"enrolled": 1}
    out = countenance("--data", registry, "subjects", "withdraw", "Barack Obama", "-g", "registry", *SEARCH, "--json")
    assert (out.code, out.json["withdrawn"]["subject"]) == (0, "Barack Obama")
    for picture, name in (("obama.jpg", "Somebody"), ("obama3.jpg", "Barack Obama")):
        barred = countenance(
            "--data", registry, "enrol", pictures[picture], "-g", "registry", "-s", name, *SEARCH, "--json"
        )
        assert barred.json["counts"] == {"withdrawn": 1}
        assert f"withdrew on {datetime.now(UTC):%Y-%m-%d}" in barred.json["items"][0]["reason"]


def test_a_folder_is_enrolled_past_bad_files_and_once_only(
    countenance: Any, data: Path, pictures: Pictures, tmp_path: Path
) -> None:
    folder = tmp_path / "people"
    for name, picture in (
        ("Obama", "obama.jpg"),
        ("Obama", "obama3.jpg"),
        ("Biden", "biden.jpg"),
        ("Cat", "chelsea.png"),
    ):
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        (place / picture).write_bytes(pictures[picture].read_bytes())
    (folder / "Obama" / "empty.jpg").touch()
    (folder / "Obama" / "text.jpg").write_text("not a picture")
    first = countenance("--data", data, "enrol", folder, "-g", "people", *SEARCH, "--json")
    assert first.code == 0
    assert first.json["counts"] == {"enrolled": 3, "not acquired": 3}
    reasons = {Path(i["path"]).name: i["reason"].partition(":")[0] for i in first.json["items"] if i["reason"]}
    assert reasons == {"chelsea.png": "no-face", "empty.jpg": "empty", "text.jpg": "unsupported-format"}
    second = countenance("--data", data, "enrol", folder, "-g", "people", *SEARCH, "--json")
    assert second.json["counts"] == {"already enrolled": 3, "not acquired": 3}
    listed = countenance("--data", data, "subjects", "list", "-g", "people", "--json").json["subjects"]
    assert [(s["subject"], s["references"]) for s in listed] == [("Biden", 1), ("Obama", 2)]


def test_a_csv_brings_subjects_and_metadata(countenance: Any, data: Path, pictures: Pictures, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["path", "subject", "metadata", "office"])
        writer.writerow([pictures["obama.jpg"], "Obama", '{"born": 1961}', "44"])
        writer.writerow([tmp_path / "missing.jpg", "Nobody", "", ""])
    done = countenance("--data", data, "enrol", file, "-g", "people", *SEARCH, "--json")
    assert done.json["counts"] == {"enrolled": 1, "unreadable": 1}
    shown = countenance("--data", data, "subjects", "show", "Obama", "-g", "people", "--json").json
    assert shown["metadata"] == {"born": "1961", "office": "44"}
    assert shown["basis"] == "guardian-request"
    assert shown["retain_until"] is not None


def test_pictures_are_grouped_and_ranked(countenance: Any, data: Path, pictures: Pictures) -> None:
    names = ["obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "astronaut.png"]
    paths = [pictures[name] for name in names]
    grouped = countenance("--data", data, "group", *paths, *SEARCH, "--json").json
    assert [sorted(Path(n).name for n in g) for g in grouped["groups"]] == [["obama.jpg", "obama2.jpg", "obama3.jpg"]]
    assert grouped["comparisons"] == 10
    ranked = countenance("--data", data, "find-similar", paths[0], *paths[1:], *SEARCH, "--json").json
    assert {Path(s["sample"]).name for s in ranked["similar"]} == {"obama2.jpg", "obama3.jpg"}


def test_detect_finds_six_without_a_data_directory_and_draws_them(
    countenance: Any, pictures: Pictures, tmp_path: Path
) -> None:
    out = tmp_path / "six.png"
    done = countenance("--data", tmp_path / "none", "detect", pictures["t1.jpg"], "--draw", out, "--json")
    assert done.code == 0
    assert len(done.json["faces"]) == 6
    assert set(done.json["faces"][0]) == {"box", "landmarks", "detection_score", "quality"}
    assert done.json["recipe"]["digest"]
    assert out.read_bytes().startswith(b"\x89PNG")


def test_galleries_come_and_go(countenance: Any, data: Path) -> None:
    consent = ("--purpose", "access-control", "--authority", "consent:form-1")
    made = countenance("--data", data, "galleries", "create", "staff", *consent, "--json")
    assert made.json["gallery"]["keep"] == "none"
    twice = countenance("--data", data, "galleries", "create", "staff", *consent, "--json")
    assert (twice.code, twice.json["error"]["kind"]) == (12, "NameTaken")
    gone = countenance("--data", data, "galleries", "delete", "staff", *consent, "--json")
    assert gone.code == 0
    assert countenance("--data", data, "galleries", "list", "--json").json["galleries"] == []
