"""What is odd is held for a person; what is right is shown on a sample; what it came to is signed; all by the gate."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.conftest import Countenance
from tests.migration.conftest import ADA, BEA, CID, Mover

from countenance.gallery import kernel
from countenance.ledger.note import check_note, parse_note
from countenance.ledger.statement import statement_key
from countenance.migration import shadow as shadowing
from countenance.migration.exits import Exit
from countenance.migration.held import decide, waiting
from countenance.migration.publishing import publish
from countenance.migration.report import collect, lines_csv, rejected_csv, write
from countenance.migration.run import Ran
from countenance.migration.screening import Screened, screen
from countenance.migration.source import Source
from countenance.migration.verifying import Verified, bound, threshold_at, verify
from countenance.service.asking import Refused
from countenance.service.batches import Batched
from countenance.terms.errors import Malformed

Small = Callable[[str, int], bytes]


@pytest.fixture
def odd(people: Path, small: Small) -> Path:
    """The same, with the very same picture, another picture of a face under another name, and a misfiled one."""
    for name, file, data in (
        ("Copy", "1.jpg", (people / BEA / "1.jpg").read_bytes()),
        ("Alias", "1.jpg", small("biden.jpg", 60)),
        (CID, "2.jpg", small("obama3.jpg", 90)),
    ):
        (people / name).mkdir(exist_ok=True)
        (people / name / file).write_bytes(data)
    return people


def held(mover: Mover) -> dict[str, list[str]]:
    """By code the names of the subjects whose references wait, empty where there is no reference."""
    found: dict[str, list[str]] = {}
    for each in waiting(mover.house.migrations, mover.gallery):
        name = ""
        if each.line.reference:
            reference = mover.house.galleries.reference(mover.gallery, each.line.reference, None)
            name = mover.house.galleries.subject_by_id(mover.gallery, reference.subject, None).name
        assert each.line.code is not None
        found.setdefault(each.line.code.value, []).append(name)
    return {code: sorted(names) for code, names in found.items()}


def decided(mover: Mover, number: int, *, let_in: bool) -> Exit:
    house = mover.house
    line = decide(house.rooms, house.migrations, mover.asks, gallery=mover.gallery, number=number, let_in=let_in)
    assert not isinstance(line, Refused)
    return line.exit


def test_conflicts_are_held_and_a_person_decides(mover: Mover, odd: Path) -> None:
    """Nothing is merged: each waits, comes in as it was meant or is erased, and then the account is clean."""
    ran = mover.run(odd)
    assert ran.account.balanced
    told = held(mover)
    # The very same picture comes in once, the first in the source; of the other faces both sides wait.
    assert told == {
        "conflict_same_face_other_subject": sorted(["", ADA, ADA, "Alias", BEA, CID]),
        "conflict_same_subject_other_face": [CID],
    }
    assert ran.account.images.exits[Exit.HELD] == sum(map(len, told.values()))
    with pytest.raises(Malformed, match="wait for a person"):
        publish(mover.house.rooms, mover.house.migrations, mover.asks, gallery=mover.gallery)
    for each in waiting(mover.house.migrations, mover.gallery):
        where = mover.house.galleries
        if each.line.reference is None:
            with pytest.raises(Malformed, match="very same picture"):
                decided(mover, each.number, let_in=True)
            assert decided(mover, each.number, let_in=False) is Exit.REJECTED
            continue
        reference = where.reference(mover.gallery, each.line.reference, None)
        right = reference.metadata["migration.unit"] not in (f"{CID}/2.jpg", "Alias/1.jpg")
        assert decided(mover, each.number, let_in=right) is (Exit.ENROLLED if right else Exit.REJECTED)
    assert mover.house.migrations.account(ran.run).clean
    answer = publish(mover.house.rooms, mover.house.migrations, mover.asks, gallery=mover.gallery)
    assert isinstance(answer, Batched)
    here = {each.name: each.references for each in mover.house.galleries.subjects(mover.gallery)}
    assert {name: count for name, count in here.items() if count} == {ADA: 2, BEA: 1, CID: 1}
    again = mover.run(odd)
    assert set(again.account.images.exits) == {Exit.UNCHANGED}


def test_a_face_unlike_its_subjects_others_is_held(mover: Mover, people: Path, small: Small) -> None:
    """Two people in one folder, neither of them elsewhere: both wait, since nobody knows whose folder it is."""
    folder = people.parent / "two"
    (folder / "X").mkdir(parents=True)
    (folder / "X" / "1.jpg").write_bytes(small("astronaut.png", 90))
    (folder / "X" / "2.jpg").write_bytes(small("biden.jpg", 90))
    ran = mover.run(folder)
    assert mover.codes(ran) == {"conflict_same_subject_other_face": 2}
    assert ran.account.images.exits == {Exit.HELD: 2}


def test_the_same_pixels_in_another_file_are_a_duplicate(mover: Mover, people: Path) -> None:
    """Of the same subject; they are there once, and that stays so when the source comes again."""
    with Image.open(people / BEA / "1.jpg") as image:
        image.save(people / BEA / "1.png")
    ran = mover.run(people)
    assert ran.account.balanced
    assert mover.images(ran) == {"enrolled": 4, "duplicate": 1, "rejected": 1}
    assert mover.house.galleries.subject(mover.gallery, BEA, None).references == 1
    assert mover.images(mover.run(people)) == {"unchanged": 6}


def test_a_sample_is_looked_for_under_its_own_names(mover: Mover, people: Path) -> None:
    """Subjects of several pictures by another one, those of one by a changed copy, which is labelled as what it is."""
    ran = mover.run(people)
    house = mover.house
    found = verify(
        house.rooms,
        house.migrations,
        mover.asks,
        gallery=mover.gallery,
        run=ran.run,
        source=Source("folder", people),
        size=300,
        seed=1,
    )
    assert isinstance(found, Verified)
    shape = found.shape(0.01)
    assert (shape["other_pictures"]["tried"], shape["other_pictures"]["missed"]) == (2, 0)
    assert (shape["self_match"]["tried"], shape["self_match"]["missed"]) == (2, 0)
    assert "no accuracy" in shape["self_match"]["note"]
    assert shape["rule_of_three"] is None, "of two trials it would say nothing"
    many = replace(found, others=replace(found.others, tried=300))
    assert "3/300" in many.shape(0.01)["rule_of_three"]
    assert shape["threshold_here"] == {"fpir": 0.01, "probes": 4, "threshold": None, "resolved": False}


def test_the_rule_of_three_and_the_threshold_are_counted() -> None:
    """3/n without a miss, more with one; a threshold only where enough probes would show its rate."""
    assert bound(0, 300) == pytest.approx(0.01)
    assert bound(0, 0) is None
    assert bound(1, 300) == pytest.approx(0.0157, abs=2e-3)
    scores = [each / 1000 for each in range(1000)]
    told = threshold_at(scores, 0.01)
    assert sum(each >= told["threshold"] for each in scores) == 10
    assert threshold_at(scores[:200], 0.01)["threshold"] is None


def test_the_old_system_is_shadowed(mover: Mover, people: Path, small: Small, tmp_path: Path) -> None:
    """Agreement, a lost mate with its reason, and a new one, from CSV and from JSON Lines alike."""
    mover.run(people)
    probes = tmp_path / "probes"
    probes.mkdir()
    for name, picture in {"a.jpg": "obama3.jpg", "b.jpg": "astronaut.png", "cat.jpg": "chelsea.png"}.items():
        (probes / name).write_bytes(small(picture, 75))
    (probes / "r.csv").write_text(
        f"probe,subject,score\na.jpg,{BEA},10\na.jpg,{ADA},90\nb.jpg,,\ncat.jpg,{CID},3\nnone.jpg,{CID},3\n", "utf-8"
    )
    lines = [("a.jpg", [ADA, BEA]), ("b.jpg", []), ("cat.jpg", [CID]), ("none.jpg", [CID])]
    (probes / "r.jsonl").write_text("\n".join(json.dumps({"probe": p, "candidates": c}) for p, c in lines), "utf-8")
    (batch,) = mover.house.galleries.batches.of(mover.gallery)
    for file in ("r.csv", "r.jsonl"):
        found = shadowing.shadow(
            mover.house.rooms,
            mover.asks,
            gallery=mover.gallery,
            batch=batch.id,
            results=probes / file,
            folder=probes,
        )
        assert not isinstance(found, Refused)
        told = shadowing.shape(found, 0.3, 0.01)
        assert (told["probes"], told["with_legacy_mate"], told["rank1_agreement"]) == (4, 3, pytest.approx(1 / 3))
        assert told["lost"] == [
            {"probe": "cat.jpg", "why": "no face here: no-face"},
            {"probe": "none.jpg", "why": "the probe cannot be read"},
        ]
        assert [each["probe"] for each in told["new"]] == ["b.jpg"]
    with pytest.raises(Malformed):
        shadowing.read_results(_written(tmp_path / "x.csv", "a,b\n1,2\n"))


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_report_is_signed_and_names_nobody(mover: Mover, people: Path, tmp_path: Path) -> None:
    """Three files by ids alone, their digests under the statements' key; the page asks nobody for anything."""
    ran = mover.run(people)
    house = mover.house
    others = {"tried": 300, "missed": 0, "below_threshold": 2, "bound95": 0.01, "references": []}
    threshold = {"fpir": 0.01, "probes": 300, "threshold": 0.41, "resolved": True}
    verified = {
        "other_pictures": others,
        "self_match": others,
        "rule_of_three": "at most 3/300",
        "threshold_in_use": 0.36,
        "threshold_here": threshold,
    }
    run = house.migrations.change(ran.run, verified=verified)
    assert house.migrations.telling(mover.gallery.id).verified == verified
    told = collect(house.rooms, house.migrations, mover.gallery, run)
    key = statement_key(house.settings.origin, house.statement_key.public)
    write(tmp_path / "r", told, lines_csv(house.migrations, ran.run), key, house.statement_key.sign)
    note = parse_note((tmp_path / "r" / "report.note").read_bytes())
    assert [each.key for each in check_note(note, [key])] == [key]
    texts = {each.name: each.read_text(encoding="utf-8") for each in (tmp_path / "r").iterdir()}
    for name, text in texts.items():
        for word in ("Lovelace", "Ünal", "Cid", "1.jpg", str(people)):
            assert word not in text, (name, word)
    page = texts["report.html"]
    assert "Every record is accounted for" in page
    assert "at most 3/300" in page
    assert not re.search(r"<script|<link|<img|https?://|@import", page)
    assert len(texts["lines.csv"].splitlines()) == 1 + 7
    assert json.loads(texts["report.json"])["account"]["enrolled"] == 4
    assert f"{CID}/cat.jpg" in rejected_csv(house.migrations, ran.run)


@pytest.mark.parametrize("verb", ["screen", "verify", "shadow"])
def test_what_the_charter_refuses_compares_nothing(
    mover: Mover, people: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """A consent enrols in the demo's charter and searches for nobody: each verb is refused, and no score is made."""
    asks = mover.house.asking("missing-person", "consent:b")
    compared: list[str] = []
    monkeypatch.setattr(kernel, "nearest", lambda *_: compared.append("nearest"))
    monkeypatch.setattr(kernel, "scores_of", lambda *_: compared.append("scores_of"))
    ran = mover.run(people, asks=asks)
    assert isinstance(ran, Ran)
    assert ran.unscreened is not None
    rooms, book, place = mover.house.rooms, mover.house.migrations, mover.gallery
    results = _written(people.parent / "r.csv", f"probe,subject\n{ADA}/1.jpg,{ADA}\n")
    acts: dict[str, Callable[[], Any]] = {
        "screen": lambda: screen(rooms, book, asks, place, ran.run),
        "verify": lambda: verify(rooms, book, asks, gallery=place, run=ran.run, source=None, size=9, seed=1),
        "shadow": lambda: shadowing.shadow(rooms, asks, gallery=place, batch="", results=results, folder=people),
    }
    answer = acts[verb]()
    assert isinstance(answer.refused if isinstance(answer, Screened) else answer, Refused)
    assert compared == []


def test_the_verbs_in_a_row(
    data: Path, people: Path, countenance: Countenance, vision: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The command line as docs/migrate.md tells it; the last line of `run` is the account, and again all unchanged."""
    monkeypatch.setattr("countenance.assembly.load_vision", lambda _: vision)
    case = ("--gallery", "g", "--purpose", "missing-person", "--authority", "guardian-request:3")
    source = ("--source", "folder", people, "--basis", "consent", "--retain-until", "2031-01-01")

    def migrate(*words: object) -> Any:
        done = countenance("--data", data, "migrate", *words, "--json")
        assert done.code == 0, done.err
        return done.json

    assert migrate("plan", *source, "--no-look")["exits"] == {"admissible": 5}
    planned = migrate("plan", *source)
    assert planned["exits"] == {"admissible": 4, "rejected": 1}
    assert (planned["looked"], sum(planned["quality"].values())) == (True, 4)
    account = migrate("run", *source, *case)
    assert list(account) == [
        "version", "discovered", "enrolled", "updated", "unchanged", "duplicate", "rejected", "skipped", "tombstoned",
        "held", "failed", "balanced", "units", "persons",
    ]  # fmt: skip
    assert (account["discovered"], account["enrolled"], account["balanced"]) == (5, 4, True)
    assert migrate("status")["run"]["settled"] == 5
    assert migrate("held", "list", "--gallery", "g") == {"version": 1, "held": []}
    assert migrate("verify", *case)["other_pictures"]["missed"] == 0
    assert len(migrate("report", "--gallery", "g", "--out", tmp_path / "r", "--rejects")["files"]) == 5

    def told(*words: object) -> Any:
        return countenance("--data", data, *words, "--json")

    # Whatever is asked, nobody tells of who is staged.
    picture = people / ADA / "2.jpg"
    assert told("identify", picture, *case).json["faces"][0]["candidates"] == []
    assert told("subjects", "show", ADA, "--gallery", "g").code == 12
    assert told("subjects", "report", ADA, *case, "--out", tmp_path / "papers").code == 12
    assert told("subjects", "list", "--gallery", "g").json["subjects"] == []
    assert told("galleries", "show", "g").json["gallery"]["references"] == 0
    assert migrate("publish", *case)["state"] == "published"
    assert len(told("identify", picture, *case).json["faces"][0]["candidates"]) == 1
    assert countenance("--data", data, "subjects", "show", ADA, "--gallery", "g", "--json").code == 0
    assert migrate("rollback", *case)["state"] == "withdrawn"
    assert countenance("--data", data, "subjects", "show", ADA, "--gallery", "g", "--json").code == 12
    again = migrate("run", *source, *case)
    assert (again["unchanged"], again["discovered"]) == (5, 5)
    assert migrate("rollback", *case, "--erase")["erased"] == 4
    assert migrate("run", *source, *case, "--publish")["enrolled"] == 4
    assert countenance("--data", data, "subjects", "show", ADA, "--gallery", "g", "--json").code == 0
