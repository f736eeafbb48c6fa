"""Reviews: candidates wait for distinct people who judge them unseen by each other; the log has the result alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.founded import founded_house
from tests.service.chartered import asks, principal, under

from countenance.assembly import House
from countenance.cases.review import Finding, Result
from countenance.ledger.outcome import OutcomeResult
from countenance.service.enrol import Enrolled, EnrolRequest, enrol, gallery_for
from countenance.service.erase import Erased, erase
from countenance.service.gate import Passage
from countenance.service.identify import Identification, identify
from countenance.service.reviews import Seen, decide_review, list_reviews, open_reviews, show_review
from countenance.terms.action import Action
from countenance.terms.candidate import Candidate
from countenance.terms.errors import BrokenInput, UnknownName, Unwritable
from countenance.terms.gallery import Gallery, Keep
from countenance.terms.sample import Sample, SampleRef

PEOPLE = ("reviewers = 1", "reviewers = 2")
PLACE = Gallery("1", "registry-quux", "pseudonym-1", Keep.NONE, 1)
FACE = SampleRef("ab" * 32)
FOUND = (Candidate("subject-quux-1", "reference-1", 0.91, 1), Candidate("subject-quux-2", "reference-2", 0.61, 2))
ONE = (Finding.CONFIRMED, 1)
OTHER = (Finding.CONFIRMED, 2)
NONE = (Finding.NONE, None)
UNSURE = (Finding.UNSURE, None)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[House]:
    """A house without models, whose searches two people review."""
    with founded_house(tmp_path / "data") as made:
        under(made, PEOPLE)
        yield made


def searched(house: House, found: tuple[Candidate, ...] = FOUND) -> str | None:
    """A search by Cid that found these; the case that it opened."""
    passage = house.rooms.gate.ask(asks(house), Action.SEARCH, gallery=None, samples=(FACE,), bound=1, most=5)
    assert isinstance(passage, Passage)
    passage.conclude(OutcomeResult.CANDIDATES if found else OutcomeResult.NONE, count=len(found))
    [case] = open_reviews(
        house.rooms.reviews, asks(house), passage.permit, passage.receipt, PLACE, [(FACE, found)], 1_800_000_000
    )
    return case


def case_of(house: House) -> str:
    case = searched(house)
    assert case is not None
    return case


def decides(house: House, name: str, case: str, verdict: tuple[Finding, int | None], reason: str = "") -> Seen:
    finding, rank = verdict
    return decide_review(house.rooms, house.charters, principal(house, name), case, finding, rank=rank, reason=reason)


def entries(house: House) -> list[dict[str, Any]]:
    """The review entries of the log."""
    return [said for _, data in house.ledger.entries() if (said := json.loads(data))["k"] == "review"]


RESULTS = [
    (ONE, ONE, Result.CONFIRMED),
    (ONE, OTHER, Result.INCONCLUSIVE),
    (ONE, NONE, Result.INCONCLUSIVE),
    (NONE, NONE, Result.REJECTED),
    (UNSURE, UNSURE, Result.INCONCLUSIVE),
    (NONE, UNSURE, Result.INCONCLUSIVE),
]


def test_two_people_judge_and_the_log_has_the_result_alone(plain: House, tmp_path: Path, countenance: Any) -> None:
    """Every pair of verdicts, in one house; the log verifies afterwards."""
    for number, (first, second, result) in enumerate(RESULTS):
        case = case_of(plain)
        assert decides(plain, "os:ann", case, first, "reason-quux").result is None
        assert len(entries(plain)) == number
        seen = decides(plain, "os:bob", case, second)
        assert seen.result is result
        [*_, said] = entries(plain)
        assert set(said) == {"v", "k", "ep", "id", "of", "res", "by", "c"}
        assert (said["id"], said["of"]) == (seen.review.closing, seen.review.entry)
        assert (said["res"], said["by"]) == (result.value, 2)
        detail = plain.ledger.detail(said["id"])
        assert detail is not None
        assert set(detail["reviewers"]) == {"os:ann", "os:bob"}  # type: ignore[arg-type]
        assert "quux" not in json.dumps(dict(detail))
    plain.close()
    assert countenance("--data", tmp_path / "data", "log", "verify", "--json").json["ok"]
    sealed = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("galleries.db*"))
    assert b"quux" not in sealed


def test_nobody_sees_a_verdict_before_having_given_one(plain: House) -> None:
    """Nor the asker, who is no reviewer of this case yet; how many have judged is no secret."""
    case = case_of(plain)
    mine = decides(plain, "os:ann", case, ONE)
    assert [each.reviewer for each in mine.review.verdicts] == ["os:ann"]
    for name in ("os:bob", "os:cid"):
        seen = show_review(plain.rooms, plain.charters, principal(plain, name), case)
        assert (seen.review.verdicts, seen.given, seen.result) == ((), 1, None)
        [listed] = list_reviews(plain.rooms, plain.charters, principal(plain, name))
        assert listed.review.verdicts == ()
    decides(plain, "os:bob", case, NONE)
    seen = show_review(plain.rooms, plain.charters, principal(plain, "os:cid"), case)
    assert (len(seen.review.verdicts), seen.result) == (2, Result.INCONCLUSIVE)


def test_a_verdict_is_given_once_by_whoever_may(plain: House) -> None:
    case = case_of(plain)
    for name, verdict, says in (
        ("os:eve", ONE, "no role that reviews"),
        ("os:ann", (Finding.CONFIRMED, 3), "no candidate of rank 3"),
        ("os:ann", (Finding.CONFIRMED, None), "by its rank"),
        ("os:ann", (Finding.NONE, 1), "none otherwise"),
    ):
        with pytest.raises(BrokenInput, match=says):
            decides(plain, name, case, verdict)
    with pytest.raises(BrokenInput, match="printable text"):
        decides(plain, "os:ann", case, ONE, "\x1b")
    decides(plain, "os:ann", case, ONE)
    with pytest.raises(BrokenInput, match="judged this review already"):
        decides(plain, "os:ann", case, NONE)
    decides(plain, "os:bob", case, ONE)
    with pytest.raises(BrokenInput, match="as many people as it asks for"):
        decides(plain, "os:cid", case, ONE)
    assert len(entries(plain)) == 1


def test_for_others_a_case_does_not_exist(plain: House) -> None:
    case, eve = case_of(plain), principal(plain, "os:eve")
    assert list_reviews(plain.rooms, plain.charters, eve) == ()
    for name in (case, "0" * 32):
        with pytest.raises(UnknownName):
            show_review(plain.rooms, plain.charters, eve, name)


def test_a_search_that_found_nobody_opens_no_case(plain: House) -> None:
    assert searched(plain, ()) is None


def test_a_result_that_did_not_reach_the_log_reaches_it_later(plain: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last verdict is on file and the log fails: it is not lost, and whoever looks next writes it, once."""
    case = case_of(plain)
    decides(plain, "os:ann", case, ONE)
    with monkeypatch.context() as broken:

        def fails(*_: object) -> str:
            raise Unwritable("the disk is full")

        broken.setattr(plain.ledger, "record", fails)
        with pytest.raises(Unwritable):
            decides(plain, "os:bob", case, ONE)
    assert entries(plain) == []
    for _ in range(2):
        assert show_review(plain.rooms, plain.charters, principal(plain, "os:ann"), case).result is Result.CONFIRMED
        assert len(entries(plain)) == 1


def test_a_story_of_a_search_its_review_and_an_erasure(house: House, samples: Mapping[str, Sample]) -> None:
    """Identify answers with the case; its candidate has a name until erased, and then the lead is gone."""
    place = gallery_for(house.rooms, house.asking("missing-person", "guardian-request:case-3"), "registry")
    asking = house.asking("missing-person", "guardian-request:case-3")
    assert isinstance(place, Gallery)
    for name in ("obama", "biden"):
        made = enrol(house.rooms, asking, gallery=place, request=EnrolRequest(samples[f"{name}.jpg"], name))
        assert isinstance(made, Enrolled)
    answer = identify(house.rooms, asking, gallery="registry", sample=samples["obama2.jpg"])
    assert isinstance(answer, Identification)
    assert answer.reviewers == 1
    assert answer.case is not None
    me = asking.principal
    seen = show_review(house.rooms, house.charters, me, answer.case)
    [lead] = seen.review.leads
    assert (seen.names, lead.rank) == ({lead.subject: "obama"}, 1)
    assert seen.review.entry == answer.receipt.entry
    assert seen.review.sample == samples["obama2.jpg"].digest
    done = decide_review(house.rooms, house.charters, me, answer.case, Finding.CONFIRMED, rank=1)
    assert done.result is Result.CONFIRMED
    assert isinstance(erase(house.rooms, asking, gallery="registry", subject="obama"), Erased)
    seen = show_review(house.rooms, house.charters, me, answer.case)
    assert (seen.review.leads, seen.names, seen.result) == ((), {}, Result.CONFIRMED)
    stranger = identify(house.rooms, asking, gallery="registry", sample=samples["obama2.jpg"])
    assert isinstance(stranger, Identification)
    assert stranger.case is None
