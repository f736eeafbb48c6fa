"""countenance galleries export, import: a gallery moves whole from one house to another, or not at all."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import SEARCH
from tests.conftest import Countenance

from countenance import assembly
from countenance.assembly import open_house
from countenance.keys import sealed_stream
from countenance.keys.sealed_stream import check_stream, read_stream
from countenance.ledger.entry import parse
from countenance.ledger.note import parse_vkey
from countenance.ledger.outcome import OutcomeResult
from countenance.ledger.proof import check_proof, parse_proof
from countenance.ledger.verifier.__main__ import main as verifier
from countenance.service.gate import Passage
from countenance.settings import Settings
from countenance.terms.acquisition import Acquisition
from countenance.terms.action import Action
from countenance.terms.gallery import Keep
from countenance.terms.sample import Sample, SampleRef
from countenance.vision.embed import Embedder

PASSPHRASE = "six words that nobody would guess"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_stream, "_COST", 2**4)


@pytest.fixture
def words(tmp_path: Path) -> tuple[object, ...]:
    """How the passphrase is named, and who asks."""
    secret = tmp_path / "passphrase"
    secret.write_text(PASSPHRASE + "\n")
    return ("--passphrase-file", secret, *SEARCH, "--json")


@pytest.fixture
def other(tmp_path: Path, countenance: Countenance) -> Path:
    """Another house, under other keys."""
    assert countenance("--data", tmp_path / "other", "init").code == 0
    return tmp_path / "other"


def filled(countenance: Countenance, data: Path, pictures: Mapping[str, Path], keep: str) -> None:
    """Two people in the gallery ``r``, one of whom has two references."""
    for picture, name in (("obama", "Barack"), ("obama2", "Barack"), ("biden", "Joe")):
        words = ("enrol", pictures[f"{picture}.jpg"], "-g", "r", "-s", name, "--keep", keep, *SEARCH, "--json")
        assert countenance("--data", data, *words).code == 0


def exported(countenance: Countenance, data: Path, out: Path, words: tuple[object, ...]) -> Any:
    done = countenance("--data", data, "galleries", "export", "r", "--out", out, *words)
    assert done.code == 0, done.out + done.err
    return done.json


def leads(data: Path, picture: Path) -> list[tuple[str, float]]:
    """Everybody, in the order of a search without a threshold, with their scores."""
    with open_house(data) as house:
        place, sample = house.galleries.find("r"), Sample.read(picture)
        ref, asks = SampleRef.of(sample.digest), house.asking(SEARCH[1], SEARCH[3])
        passage = house.rooms.gate.ask(asks, Action.SEARCH, gallery=place, samples=(ref,), bound=1, most=9)
        assert isinstance(passage, Passage)
        acquired = house.rooms.vision().acquire(sample, passage.promise)
        assert isinstance(acquired, Acquisition)
        found = house.galleries.search(passage.receipt, acquired.probe.template, 9, None)
        passage.conclude(OutcomeResult.CANDIDATES, count=len(found.candidates), use=found.use)
        names = {each.id: each.name for each in house.galleries.subjects(place)}
        return [(names[each.subject], each.score) for each in found.candidates]


def people(countenance: Countenance, data: Path) -> list[Any]:
    done = countenance("--data", data, "subjects", "list", "-g", "r", "--json").json
    return sorted(
        (each["subject"], each["basis"], each["retain_until"], each["references"]) for each in done["subjects"]
    )


@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))])
def test_a_gallery_moves_to_another_house(
    store: str,
    data: Path,
    tmp_path: Path,
    pictures: Mapping[str, Path],
    countenance: Countenance,
    words: tuple[object, ...],
    request: pytest.FixtureRequest,
) -> None:
    """Staged, then published: the same subjects, and the same answers in the same order with the same scores.

    The way from one machine to a database server is this one. Run again, nothing changes.
    """
    filled(countenance, data, pictures, "crop")
    made = exported(countenance, data, tmp_path / "out", words)
    assert (made["subjects"], made["references"]) == (2, 3)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o600
    assert countenance("--data", data, "galleries", "export", "r", "--out", tmp_path / "out", *words).code == 12
    there = tmp_path / "other"
    database = ("--database", request.getfixturevalue("postgresql").make()) if store == "postgresql" else ()
    assert countenance("--data", there, "init", *database).code == 0
    bring = ("galleries", "import", tmp_path / "out", "-g", "r", *words)
    told = countenance("--data", there, *bring)
    assert told.code == 0, told.out + told.err
    assert (told.json["enrolled"], told.json["template_only"], told.json["digest"]) == (3, [], made["digest"])
    assert people(countenance, there) == []
    assert countenance("--data", there, *bring).json["unchanged"] == 3
    published = countenance("--data", there, "migrate", "publish", "-g", "r", *SEARCH, "--json")
    assert published.code == 0, published.err
    assert people(countenance, there) == people(countenance, data)
    for name in ("obama2.jpg", "biden.jpg"):
        answer = leads(there, pictures[name])
        assert answer == leads(data, pictures[name])
        assert len(answer) == 2
    again = countenance("--data", there, *bring).json
    assert (again["enrolled"], again["unchanged"]) == (0, 3)
    with open_house(there) as house:
        place = house.galleries.find("r")
        kept = [
            each.kept for one in house.galleries.subjects(place) for each in house.galleries.references(place, one.id)
        ]
        assert kept == [Keep.CROP] * 3
    assert countenance("--data", there, "doctor", "--deep", "--json").code == 0


def records(out: Path) -> Iterator[Any]:
    with out.open("rb") as file:
        yield from map(json.loads, read_stream(file, check_stream(file), PASSPHRASE))


def test_the_file_holds_everything_with_its_proofs(
    data: Path, tmp_path: Path, pictures: Mapping[str, Path], countenance: Countenance, words: tuple[object, ...]
) -> None:
    """Recipes, subjects, references and whole pictures; the log's receipt, and the proof of each published entry.

    The log tells that it was exported, to whom and which file; the file tells nothing in clear but whose it is.
    """
    filled(countenance, data, pictures, "image")
    assert countenance("--data", data, "log", "close-epoch", "--json").code == 0
    made = exported(countenance, data, tmp_path / "out", (*words, "--recipient", "the other office"))
    said = list(records(tmp_path / "out"))
    kinds = [each["record"] for each in said]
    assert (kinds[0], kinds[-1]) == ("gallery", "end")
    assert sorted(kinds[1:-1]) == ["recipe", "reference", "reference", "reference", "subject", "subject"]
    assert said[0]["receipt"] == made["receipt"]
    for each in (one for one in said if one["record"] == "reference"):
        (proven,) = each["proofs"]
        proof, log = parse_proof(proven["proof"].encode()), parse_vkey(proven["log"])
        assert log.public.hex() == json.loads((tmp_path / "out").open("rb").readline())["key"]
        check_proof(proof, proof.extra or b"", log)
        assert parse(proof.extra or b"").fields["act"] == "enrol"
    assert b"Barack" not in (tmp_path / "out").read_bytes()
    with open_house(data) as house:
        entry = made["receipt"]["entry"]
        assert parse(house.ledger.entry(entry)).fields["act"] == "export"
        told = house.ledger.detail(f"{entry}.outcome")
        assert told is not None
        assert told["recipient"] == f"the other office: SHA-256 {made['digest']}"


def test_another_recipe_is_made_anew_or_listed(
    data: Path,
    other: Path,
    tmp_path: Path,
    pictures: Mapping[str, Path],
    countenance: Countenance,
    words: tuple[object, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of what was kept; where nothing was, the reference is listed, and nothing is made up."""
    filled(countenance, data, pictures, "crop")
    line = ("enrol", pictures["biden.jpg"], "-g", "bare", "-s", "Joe", *SEARCH, "--json")
    assert countenance("--data", data, *line).code == 0
    exported(countenance, data, tmp_path / "crops", words)
    bare = countenance("--data", data, "galleries", "export", "bare", "--out", tmp_path / "bare", *words)
    assert bare.code == 0, bare.err
    vision = copy.copy(assembly.load_vision(Settings()))
    vision.recipe = replace(vision.recipe, name="other")
    vision._embedder = Embedder(vision._embedder._recognisers, vision.recipe)
    monkeypatch.setattr(assembly, "load_vision", lambda settings: vision)
    told = countenance("--data", other, "galleries", "import", tmp_path / "crops", "-g", "r", *words).json
    assert (told["enrolled"], told["template_only"]) == (3, [])
    told = countenance("--data", other, "galleries", "import", tmp_path / "bare", "-g", "bare", *words).json
    assert (told["enrolled"], len(told["template_only"])) == (0, 1)


def test_what_is_not_whole_or_not_permitted_enrols_nothing(
    data: Path,
    other: Path,
    tmp_path: Path,
    pictures: Mapping[str, Path],
    countenance: Countenance,
    words: tuple[object, ...],
) -> None:
    """Changed, cut short, of another signer, under another passphrase, no export at all, or refused."""
    filled(countenance, data, pictures, "none")
    exported(countenance, data, tmp_path / "out", words)
    whole = (tmp_path / "out").read_bytes()
    wrong = tmp_path / "wrong"
    wrong.write_text("another six words of no meaning\n")
    broken = {
        "changed": (whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:], words, 14),
        "cut short": (whole[:-100], words, 14),
        "moved": (whole[:600] + whole[700:800] + whole[600:700] + whole[800:], words, 14),
        "passphrase": (whole, ("--passphrase-file", wrong, *SEARCH, "--json"), 14),
        "signer": (whole, (*words, "--log-key", "00" * 32), 14),
        "nothing": (b"", words, 12),
        "text": (b"no export\n" * 100, words, 12),
        "refused": (whole, (*words[:2], "--purpose", "curiosity", "--authority", SEARCH[-1], "--json"), 10),
    }
    for name, (content, said, code) in broken.items():
        (tmp_path / "broken").write_bytes(content)
        done = countenance("--data", other, "galleries", "import", tmp_path / "broken", "-g", "r", *said)
        assert done.code == code, (name, done.out, done.err)
        assert "Traceback" not in done.err
        assert countenance("--data", other, "galleries", "list", "--json").json["galleries"] == [], name
    refused = countenance(
        "--data", data, "galleries", "export", "r", "--out", tmp_path / "no", *words[:2], "--purpose", "curiosity",
        "--authority", SEARCH[-1], "--json",
    )  # fmt: skip
    assert (refused.code, (tmp_path / "no").exists()) == (10, False)


def brought(countenance: Countenance, data: Path, out: Path, words: tuple[object, ...]) -> Any:
    done = countenance("--data", data, "galleries", "import", out, "-g", "r", *words)
    assert done.code == 0, done.out + done.err
    return done.json


def test_proofs_of_the_old_house_hold_in_the_new_one(
    data: Path,
    other: Path,
    tmp_path: Path,
    pictures: Mapping[str, Path],
    countenance: Countenance,
    words: tuple[object, ...],
) -> None:
    """Checked by the stranger's verifier, under the old log's key alone, out of the house after that, too.

    What the log could not prove yet comes later, with the next file.
    """
    filled(countenance, data, pictures, "none")
    made = exported(countenance, data, tmp_path / "early", words)
    assert (made["proved"], made["waiting"]) == (0, 3)
    told = brought(countenance, other, tmp_path / "early", words)
    assert (told["proofs"], told["unproved"]) == ({}, 3)
    assert countenance("--data", data, "log", "close-epoch", "--json").code == 0
    made = exported(countenance, data, tmp_path / "out", words)
    assert (made["proved"], made["waiting"]) == (3, 0)
    log = countenance("--data", data, "log", "key").out.strip()
    for _ in range(2):
        told = brought(countenance, other, tmp_path / "out", words)
        assert (told["unchanged"], told["proofs"], told["unproved"]) == (3, {log: 3}, 0)
    assert countenance("--data", other, "migrate", "publish", "-g", "r", *SEARCH, "--json").code == 0
    exported(countenance, other, tmp_path / "on", words)
    third = tmp_path / "third"
    assert countenance("--data", third, "init").code == 0
    assert brought(countenance, third, tmp_path / "on", words)["proofs"] == {log: 3}
    assert countenance("--data", third, "migrate", "publish", "-g", "r", *SEARCH, "--json").code == 0
    shown = countenance("--data", third, "subjects", "show", "Barack", "-g", "r", "--json").json
    assert [[each["log"] for each in one["proofs"]] for one in shown["references"]] == [[log], [log]]
    report = countenance(
        "--data", third, "subjects", "report", "Barack", "-g", "r", "--out", tmp_path / "papers", *SEARCH
    )
    assert report.code == 0, report.err
    papers = sorted((tmp_path / "papers").glob("elsewhere-*/entry.tlog-proof"))
    assert len(papers) == 2
    for paper in papers:
        assert verifier([str(paper), "--key", log]) == 0
        own = countenance("--data", third, "log", "key").out.strip()
        assert verifier([str(paper), "--key", own]) == 2
    erased = countenance("--data", third, "subjects", "erase", "Joe", "-g", "r", "--yes", *SEARCH, "--json")
    assert erased.code == 0, erased.err
    assert countenance("--data", third, "doctor", "--deep", "--json").code == 0
