"""What an import makes of each record of a file: who comes in, who does not, and what is no record at all."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import uuid
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from tests.service.conftest import asks

from countenance.assembly import House
from countenance.gallery.galleries import Galleries
from countenance.gallery.sealing import ProofElsewhere
from countenance.keys import sealed_stream
from countenance.keys.sealed_stream import write_stream
from countenance.keys.signing import SigningKey
from countenance.ledger.entry import parse
from countenance.ledger.ledger import Closed
from countenance.ledger.note import ED25519, VerifierKey, parse_vkey
from countenance.ledger.proof import parse_proof
from countenance.service.ages import is_minor
from countenance.service.asking import Refused
from countenance.service.batches import publish_batch
from countenance.service.import_gallery import Imported, import_gallery
from countenance.service.proofs_elsewhere import proof_of
from countenance.service.withdraw import Withdrew, withdraw
from countenance.terms.errors import Malformed, WrongDigest

PASSPHRASE = "six words that nobody would guess"
FIRST: dict[str, Any] = {
    "record": "gallery",
    "name": "g",
    "keep": "none",
    "ages": "mixed",
    "metadata": {"unit": "north"},
}
END = {"record": "end"}


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_stream, "_COST", 2**4)


def person(name: str, **other: Any) -> dict[str, Any]:
    said = {"record": "subject", "name": name, "metadata": {"k": name}, "minor": False, "basis": "consent"}
    return {**said, "retain_until": 4_000_000_000, **other}


def reference(house: House, name: str, **other: Any) -> dict[str, Any]:
    """Of a picture that nobody has, by the house's own recipe."""
    recipe, seed = house.rooms.vision().recipe, hashlib.sha256(name.encode()).digest()
    vector = np.random.default_rng(list(seed)).standard_normal(recipe.dimension).astype(np.float32)
    vector /= np.linalg.norm(vector)
    said: dict[str, Any] = {
        "record": "reference",
        "id": name,
        "sample": seed.hex(),
        "face": "0",
        "recipe": recipe.digest,
    }
    said |= {"quality": {"sharpness": 50}, "metadata": {}, "ids": [f"id of {name}"], "look": ["ab" * 32, "ff"]}
    templates = {recipe.digest: base64.b64encode(vector.tobytes()).decode()}
    return {**said, "kept": "none", "picture": None, "templates": templates, "proofs": [], **other}


def brought(house: House, *records: Any, purpose: str = "missing-person") -> Imported | Refused:
    recipe = house.rooms.vision().recipe
    known = {"record": "recipe", "digest": recipe.digest, "recipe": asdict(recipe)}
    lines = [json.dumps(each).encode() + b"\n" for each in (FIRST, known, *records)]
    file = io.BytesIO()
    write_stream(file, {"version": "1", "origin": "there"}, lines, PASSPHRASE, SigningKey.generate())
    asking = asks(house, purpose)
    return import_gallery(house.rooms, asking, gallery="g", file=file, passphrase=PASSPHRASE)


def shown(galleries: Galleries) -> dict[str, int]:
    return {each.name: each.references for each in galleries.subjects(galleries.find("g"))}


def test_each_record_has_its_end(house: House) -> None:
    """Adults and minors, each as what they are; somebody without a face; not who is past their date or withdrew."""
    told = brought(
        house,
        person("Ada"), reference(house, "one"), reference(house, "two"),
        person("Child", minor=True), reference(house, "three"),
        person("Late", retain_until=1), reference(house, "four"),
        person("Faceless", retain_until=None),
        person("Bob", retain_until=None), reference(house, "five"),
        END,
    )  # fmt: skip
    assert isinstance(told, Imported)
    assert (told.enrolled, told.expired, told.subjects, told.template_only) == (4, 1, 1, [])
    assert shown(house.galleries) == {"Faceless": 0}
    place = house.galleries.find("g")
    publish_batch(house.rooms, asks(house), gallery=place, batch=told.batch)
    assert shown(house.galleries) == {"Ada": 2, "Bob": 1, "Child": 1, "Faceless": 0}
    people = {each.name: each for each in house.galleries.subjects(place)}
    assert [name for name, each in people.items() if is_minor(each)] == ["Child"]
    assert (people["Ada"].metadata, people["Ada"].basis) == ({"k": "Ada"}, "consent")
    assert (people["Ada"].retain_until, people["Bob"].retain_until) == (4_000_000_000, None)
    kept = house.galleries.references(place, people["Bob"].id)[0]
    assert (kept.ids, kept.quality, kept.look and kept.look.form) == (("id of five",), {"sharpness": 50}, 255)
    assert place.metadata["unit"] == "north"
    assert isinstance(withdraw(house.rooms, asks(house), gallery="g", subject="Bob"), Withdrew)
    again = brought(house, person("Bob"), reference(house, "five"), person("Faceless"), END)
    assert isinstance(again, Imported)
    assert (again.enrolled, again.withdrawn, again.subjects) == (0, 1, 0)


@pytest.mark.parametrize(
    "records",
    [
        [],
        [person("Ada")],
        [{"record": "reference"}],
        [{"record": "charter"}, END],
        [{"no": "record"}, END],
        [["a list"], END],
        [END, END, person("Ada")],
        [person("Ada"), {"record": "withdrawal_key", "key": "00" * 32}, END],
        [{"record": "withdrawal_key", "key": "00"}, END],
        [{"record": "withdrawal", "id": "a b\nlifted c", "since": 1, "digests": ["00" * 32]}, END],
        [{"record": "withdrawal", "id": str(uuid.uuid4()), "since": 1, "digests": ["00" * 31]}, END],
        [{"record": "withdrawal", "id": str(uuid.uuid4()), "since": 1, "digests": []}, END],
    ],
)
def test_what_is_no_export_is_malformed(house: House, records: list[Any]) -> None:
    """Though it was sealed and signed: it is not believed more than it parses, and nobody is seen by it."""
    with pytest.raises(Malformed):
        brought(house, *records)
    assert shown(house.galleries) == {}


@pytest.mark.parametrize(
    "broken",
    [
        {"templates": {"of nothing": ""}},
        {"look": 7},
        {"picture": "no base64"},
        {"kept": "everything"},
        {"recipe": "unknown"},
        {"quality": {"sharpness": None}},
        {"proofs": [{"proof": "of no log"}]},
    ],
)
def test_a_reference_that_does_not_parse_is_malformed(house: House, broken: dict[str, Any]) -> None:
    """Whichever field it is."""
    with pytest.raises(Malformed):
        brought(house, person("Ada"), reference(house, "one") | broken, END)


def test_a_picture_that_is_another_is_refused(house: House) -> None:
    """Beside the digest of a sample lies that sample, or a template that is none of this recipe's length."""
    picture = base64.b64encode(b"other bytes").decode()
    with pytest.raises(Malformed, match="digest"):
        brought(house, person("Ada"), reference(house, "one", kept="image", picture=picture), END)
    short = {house.rooms.vision().recipe.digest: base64.b64encode(bytes(8)).decode()}
    with pytest.raises(Malformed, match="float32"):
        brought(house, person("Ada"), reference(house, "one", templates=short), END)


def test_a_minor_does_not_become_somebody_who_is_there_as_an_adult(house: House) -> None:
    """Nor an adult of the file a minor's second picture without being judged as one."""
    assert isinstance(brought(house, person("Ada"), reference(house, "one"), END), Imported)
    with pytest.raises(Malformed, match="adult"):
        brought(house, person("Ada", minor=True), reference(house, "two"), END)


def test_a_proof_that_does_not_hold_is_an_error_of_trust(house: House) -> None:
    """Though a house signed it: another path, entry, key or act, or nothing; with its place, and nobody comes in."""
    assert isinstance(brought(house, person("Ada"), reference(house, "one"), END), Imported)
    assert isinstance(house.ledger.close_epoch(early=True), Closed)
    (enrolled,) = (each for each in house.ledger.ids() if _act(house, each) == "enrol")
    other = next(each for each in house.ledger.ids() if _act(house, each) == "manage")
    good, another = proof_of(house.ledger, enrolled), proof_of(house.ledger, other)
    assert isinstance(good, ProofElsewhere)
    assert isinstance(another, ProofElsewhere)
    proof, name = parse_proof(good.proof.encode()), parse_vkey(good.log).name
    lies = {
        "path": good._replace(proof=str(proof._replace(hashes=(bytes(32), *proof.hashes[1:])))),
        "entry": good._replace(proof=str(proof._replace(extra=(proof.extra or b"").replace(b"allow", b"alloW")))),
        "no entry": good._replace(proof=str(proof._replace(extra=None))),
        "key": good._replace(log=str(VerifierKey(name, ED25519, SigningKey.generate().public))),
        "no key": good._replace(log="somebody"),
        "act": another,
        "nothing": good._replace(proof=""),
    }
    for lie in lies.values():
        with pytest.raises(WrongDigest, match="proof") as caught:
            brought(house, person("Bob"), reference(house, "two", proofs=[good._asdict(), lie._asdict()]), END)
        assert "reference two" in caught.value.where
    told = brought(house, person("Bob"), reference(house, "two", proofs=[good._asdict()]), END)
    assert isinstance(told, Imported)
    assert (told.enrolled, told.proofs, told.unproved) == (1, {good.log: 1}, 0)


def _act(house: House, entry: str) -> object:
    return parse(house.ledger.entry(entry)).fields.get("act")
