"""Asking about oneself: every entry that concerns a subject, as papers that a stranger can check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.service.chartered import principal, under

from countenance.assembly import House
from countenance.cases.review import Finding
from countenance.ledger.entry import parse
from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Refused
from countenance.service.erase import Erased, erase
from countenance.service.gate import Passage
from countenance.service.papers import papers
from countenance.service.report import Report, report
from countenance.service.reviews import decide_review, open_reviews
from countenance.terms.action import Action
from countenance.terms.candidate import Candidate
from countenance.terms.sample import SampleRef

from .registry import BIDEN, OBAMA, Registry, asking, filled, look

registry = pytest.fixture(filled)

FIND = ("--purpose", "missing-person", "--authority", "consent:own-request")


def report_of(house: House, subject: str) -> Report:
    told = report(house.rooms, asking(house), gallery="r", subject=subject)
    assert isinstance(told, Report)
    return told


def test_the_papers_check_with_the_verifier_and_say_what_they_mean(
    registry: Registry, tmp_path: Path, countenance: Any
) -> None:
    """Enrolment, the search and its outcome are proven; the report's own request is not yet, for its epoch runs."""
    with registry.opened() as house:
        house.ledger.close_epoch(early=True)
        key, identity = house.ledger.verifier_key, house.galleries.subject(house.galleries.find("r"), OBAMA).id
    out = tmp_path / "papers"
    done = countenance("--data", registry.data, "subjects", "report", OBAMA, "-g", "r", "--out", out, *FIND, "--json")
    assert done.code == 0, done.out + done.err
    told = [each["entry"] for each in done.json["entries"]]
    enrolment, search = registry.enrolments[OBAMA], registry.search
    itself = done.json["receipt"]["entry"]
    assert told == [enrolment, f"{enrolment}.outcome", search, f"{search}.outcome", itself]
    assert done.json["waiting"] == [itself]
    proofs, openings = sorted(out.rglob("*.tlog-proof")), sorted(out.rglob("opening-*.json"))
    assert len(proofs) == 4
    for paper in (*proofs, *openings):
        checked = countenance("check", paper, "--key", key, "--json")
        assert checked.code == 0, paper
    opened = {o.parent.name[4:] + "/" + o.stem: json.loads(json.loads(o.read_text())["value"]) for o in openings}
    assert opened[f"{enrolment}/opening-subject"] == [OBAMA]
    [[listed, score]] = opened[f"{search}.outcome/opening-candidates"]
    assert listed in {OBAMA, identity}
    assert score == pytest.approx(0.73, abs=0.03)
    assert f"{search}/opening-authority_reference" not in opened
    summary = (out / "summary.txt").read_text()
    assert "place 1 of 1" in summary
    assert "not yet, epoch 2" in summary
    assert key in summary
    for entry in out.rglob("entry.json"):
        parse(entry.read_bytes())
    assert countenance("--data", registry.data, "subjects", "report", OBAMA, "-g", "r", "--out", out, *FIND).code == 12


def test_the_review_of_a_search_is_told_after_it(registry: Registry) -> None:
    """That people judged its candidates, how many and with what result; who they are and whom they meant is not."""
    with registry.opened() as house:
        under(house)
        place, asked = house.galleries.find("r"), asking(house)
        one = house.galleries.subject(place, OBAMA)
        passage = house.rooms.gate.ask(
            asked, Action.SEARCH, gallery=place, samples=(SampleRef("ab" * 32),), bound=1, most=5
        )
        assert isinstance(passage, Passage)
        passage.conclude(OutcomeResult.CANDIDATES, count=1, candidates=[[one.id, 0.7]], threshold=0.5)
        found = [(SampleRef("ab" * 32), [Candidate(one.id, "a reference", 0.7, 1)])]
        [case] = open_reviews(house.rooms.reviews, asked, passage.permit, passage.receipt, place, found, 1_800_000_000)
        assert case is not None

        def told() -> dict[str, tuple[str, set[str]]]:
            made = report(house.rooms, asking(house), gallery="r", subject=OBAMA)
            assert isinstance(made, Report)
            return {each.entry: (each.meaning, {o.field for o in each.openings}) for each in made.entries}

        closing = house.rooms.reviews.get(case).closing
        assert closing not in told()
        decide_review(house.rooms, house.charters, principal(house, "os:ann"), case, Finding.CONFIRMED, rank=1)
        after = told()
        assert list(after).index(closing) == list(after).index(f"{passage.receipt.entry}.outcome") + 1
        meaning, opened = after[closing]
        assert "by one person: confirmed." in meaning
        assert opened == {"at"}


def test_a_list_with_others_is_told_and_not_opened(registry: Registry, pictures: Mapping[str, Path]) -> None:
    """Where two people were candidates, neither is given the other's name."""
    with registry.opened() as house:
        both = look(house, house.galleries.find("r"), pictures["obama2.jpg"], most=2)
        told = report_of(house, BIDEN)
        other = house.galleries.subject(house.galleries.find("r"), OBAMA)
    [of_list] = [each for each in told.entries if each.entry == f"{both}.outcome"]
    assert "place 2 of 2" in of_list.meaning
    assert "candidates" not in {o.field for o in of_list.openings}
    handed_out = b"".join(papers(told).values()).decode()
    assert OBAMA not in handed_out
    assert other.id not in handed_out


def test_of_an_erased_subject_the_erasures_can_be_told(registry: Registry) -> None:
    """By the id that the erasure's answer gave; nothing else is left to tell."""
    with registry.opened() as house:
        gone = erase(house.rooms, asking(house), gallery="r", subject=OBAMA)
        assert isinstance(gone, Erased)
        told = report_of(house, gone.subject.id)
    assert [each.entry for each in told.entries] == list(gone.erasures)
    assert OBAMA not in b"".join(papers(told).values()).decode()


def test_a_report_needs_a_purpose_that_may_tell(registry: Registry) -> None:
    """It is an act of the gate: refused without one, and the refusal is in the log."""
    with registry.opened() as house:
        refused = report(house.rooms, house.asking("evaluation", "dataset:lfw"), gallery="r", subject=OBAMA)
        assert isinstance(refused, Refused)
        said = parse(house.ledger.entry(refused.receipt.entry)).fields
    assert (said["act"], said["dec"]) == ("export", "deny")
