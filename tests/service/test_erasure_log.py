"""Erasing a subject reaches the log: what lies behind commitments goes, and every proof stays valid."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from countenance.assembly import House
from countenance.gallery.galleries import Galleries
from countenance.ledger.commitment import check_opening, opening_text, parse_opening
from countenance.service.authorities import register_authority
from countenance.service.enrol import gallery_for
from countenance.service.erase import Erased, erase
from countenance.service.manage import Managed, delete_gallery
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.errors import Malformed, UnknownName, Unwritable
from countenance.terms.gallery import Gallery

from .registry import BIDEN, OBAMA, Registry, asking, filled, put

registry = pytest.fixture(filled)


def details(house: House) -> dict[str, Mapping[str, Any]]:
    return {entry: house.ledger.detail(entry) or {} for entry in house.ledger.ids()}


def naming(house: House, *names: str) -> list[str]:
    """The entries whose sealed detail has one of these names anywhere."""
    return [entry for entry, detail in details(house).items() if any(name in json.dumps(detail) for name in names)]


def test_nothing_behind_the_log_names_an_erased_subject_and_others_keep_all(registry: Registry) -> None:
    """Every sealed detail is read: the name is in several before, and in none after; the neighbour's stays."""
    outcome = f"{registry.search}.outcome"
    with registry.opened() as house:
        identity = house.galleries.subject(house.galleries.find("r"), OBAMA).id
        assert {registry.enrolments[OBAMA], outcome} <= {*naming(house, OBAMA, identity)}
        assert isinstance(erase(house.rooms, asking(house, f"consent:{OBAMA}"), gallery="r", subject=OBAMA), Erased)
        assert naming(house, OBAMA) == []
        assert naming(house, BIDEN) == [registry.enrolments[BIDEN]]
        after = details(house)
        # Of another's search the candidate list alone is gone; of the subject's own enrolment everything.
        assert after[outcome].keys() >= {"compared", "threshold", "ended"}
        assert "candidates" not in after[outcome]
        assert after[registry.search]["authority_reference"] == "case-3"
        assert after[registry.enrolments[OBAMA]] == {}
        erasures = [d for d in after.values() if d.get("subject") == identity]
        assert [d["entries"] for d in erasures if d["fields"] == ["candidates"]] == [[outcome]]
    for file in registry.data.rglob("*"):
        assert not file.is_file() or OBAMA.encode() not in file.read_bytes(), file


def test_papers_given_before_still_check_and_nothing_can_be_opened_again(
    registry: Registry, tmp_path: Path, countenance: Any
) -> None:
    """The verifier accepts what was handed out before the erasure; the operator can open nothing any more."""
    mine = registry.enrolments[OBAMA]
    proof, opening = tmp_path / "before.tlog-proof", tmp_path / "before.json"
    with registry.opened() as house:
        house.ledger.close_epoch(early=True)
        proof.write_text(str(house.ledger.proof(mine)))
        opening.write_text(opening_text(house.ledger.open_fields(mine, ["subject"])[0]))
        assert check_opening(parse_opening(opening.read_bytes())) == [OBAMA]
        erase(house.rooms, asking(house), gallery="r", subject=OBAMA)
        assert house.ledger.proof(mine) == proof.read_text()
        with pytest.raises(UnknownName, match="erased"):
            house.ledger.open_fields(mine, ["subject"])
        key = house.ledger.verifier_key
    for paper in (proof, opening):
        assert countenance("check", paper, "--key", key).code == 0
    assert countenance("--data", registry.data, "log", "verify", "--json").json["ok"]


def test_a_legal_hold_keeps_the_subject(registry: Registry) -> None:
    """The hold beats erasure: neither vault nor gallery has forgotten the enrolment."""
    with registry.opened() as house:
        house.ledger.hold([registry.enrolments[OBAMA]], detail={})
        with pytest.raises(Malformed, match="legal hold"):
            erase(house.rooms, asking(house), gallery="r", subject=OBAMA)
        assert (house.ledger.detail(registry.enrolments[OBAMA]) or {})["subject"] == [OBAMA]
        assert house.galleries.subject(house.galleries.find("r"), OBAMA).name == OBAMA


def test_deleting_a_gallery_forgets_everybody_in_it_and_nobody_elsewhere(
    registry: Registry, pictures: Mapping[str, Path]
) -> None:
    """A person of the same name in another gallery keeps their entries."""
    with registry.opened() as house:
        other = gallery_for(house.rooms, asking(house), "s")
        assert isinstance(other, Gallery)
        kept = put(house, other, BIDEN, pictures["biden.jpg"])
        assert isinstance(delete_gallery(house.rooms, asking(house), name="r"), Managed)
        assert naming(house, OBAMA, BIDEN) == [kept]


def test_an_erasure_that_was_cut_short_goes_on_when_it_is_asked_again(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The vault comes first: where the gallery then fails, the subject is still known by name."""

    def full(*_: object, **__: object) -> None:
        raise Unwritable("the disk is full")

    with registry.opened() as house:
        with monkeypatch.context() as broken:
            broken.setattr(Galleries, "erase", full)
            with pytest.raises(Unwritable):
                erase(house.rooms, asking(house), gallery="r", subject=OBAMA)
        assert naming(house, OBAMA) == []
        assert isinstance(erase(house.rooms, asking(house), gallery="r", subject=OBAMA), Erased)
        assert naming(house, OBAMA) == []
        assert [s.name for s in house.galleries.subjects(house.galleries.find("r"))] == [BIDEN]


def test_the_log_forgets_to_whom_an_authority_was_limited(registry: Registry) -> None:
    """Of the authority's entry the list of subjects alone is gone; one for another gallery keeps its list."""
    with registry.opened() as house:
        who = house.asking(None, None).principal
        for gallery in ("r", "elsewhere"):
            record = AuthorityRecord(
                "", "consent", f"form {gallery}", "Ada", "", 1, None, who.id, 1, None, (), (gallery,), (OBAMA,), None
            )
            register_authority(house.rooms, house.authorities, house.charters, who, record)
        assert isinstance(erase(house.rooms, asking(house), gallery="r", subject=OBAMA), Erased)
        scopes = {d["reference"]: d.get("subjects") for d in details(house).values() if d.get("issuer") == "Ada"}
    assert scopes == {"form r": None, "form elsewhere": [OBAMA]}


def test_erasures_at_the_same_time_each_get_their_entry_once(registry: Registry) -> None:
    """Several threads destroy details of different entries: no debt is paid twice, none is left, the log verifies."""
    with registry.opened() as house:
        ids = [entry for entry in house.ledger.ids() if house.ledger.detail(entry)]
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda one: house.ledger.erase([one], basis="order", detail={}), ids))
        written = [json.loads(data) for _, data in house.ledger.entries()]
        assert sorted(e["id"] for e in written if e["k"] == "erasure") == sorted(made)
        assert not any(house.ledger.detail(entry) for entry in ids)
