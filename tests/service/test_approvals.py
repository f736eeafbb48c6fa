"""Approvals count distinct people, hold for one precise request and, unless the charter says otherwise, one search."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.founded import founded_house
from tests.service.chartered import WORDS, asks, principal, under

from countenance.assembly import House
from countenance.cases.approval import Approval, Wanted
from countenance.ledger.outcome import OutcomeResult
from countenance.service.approvals import LONGEST, give_approval, list_approvals, revoke_approval
from countenance.service.asking import Asking, Refused
from countenance.service.gate import Passage
from countenance.terms.action import Action
from countenance.terms.errors import BrokenInput
from countenance.terms.permit import RefusalReason
from countenance.terms.sample import SampleRef

TWO = ("approvals = 0\nreviewers = 1", "approvals = 2\nreviewers = 1")
HELD = ("approvals = 0\nreviewers = 1", "approvals = 1\napprove_each = false\nreviewers = 1")
PICTURE = SampleRef("aa" * 32)
SEARCH = Wanted(WORDS, "missing-person", Action.SEARCH, None)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with founded_house(tmp_path / "data") as made:
        yield made


def gives(house: House, name: str, wanted: Wanted = SEARCH, lasts: int = 600) -> Approval:
    now = int(time.time())
    return give_approval(
        house.approvals, house.authorities, house.charters, principal(house, name), wanted, now=now, expires=now + lasts
    )


def search(house: House, asking: Asking | None = None, sample: SampleRef = PICTURE) -> Passage | Refused:
    """Ask for a search, as identify does; a passage is ended at once."""
    made = house.rooms.gate.ask(asking or asks(house), Action.SEARCH, gallery=None, samples=(sample,), bound=1, most=5)
    if isinstance(made, Passage):
        made.conclude(OutcomeResult.NONE)
    return made


def refused(made: Passage | Refused) -> str:
    assert isinstance(made, Refused)
    assert made.refusal.reason is RefusalReason.FORBIDDEN
    [policy] = made.refusal.policies
    return policy


def test_a_search_takes_two_people_and_only_once(house: House) -> None:
    """Neither one person twice nor the one who asks is enough; the search after the approved one is refused again."""
    under(house, TWO)
    assert refused(search(house)) == "gate-approvals"
    for name in ("os:ann", "os:ann", "os:cid"):
        gives(house, name)
        assert refused(search(house)) == "gate-approvals"
    gives(house, "os:bob")
    made = search(house)
    assert isinstance(made, Passage)
    detail = house.ledger.detail(made.receipt.entry)
    assert detail is not None
    assert (detail["approvals"], set(detail["approvers"])) == (2, {"os:ann", "os:bob"})  # type: ignore[arg-type]
    assert refused(search(house)) == "gate-approvals"
    assert "ann" not in house.ledger.entry(made.receipt.entry).decode()


def test_an_approval_may_hold_until_it_expires(house: House) -> None:
    under(house, HELD)
    given = gives(house, "os:ann")
    assert all(isinstance(search(house), Passage) for _ in range(3))
    revoke_approval(house.approvals, house.charters, principal(house, "os:ann"), given.id, int(time.time()))
    assert refused(search(house)) == "gate-approvals"


OTHERS = [
    replace(SEARCH, authority="guardian-request:case-4"),
    replace(SEARCH, action=Action.GROUP),
    replace(SEARCH, gallery="registry"),
    replace(SEARCH, sample="bb" * 32),
]


@pytest.mark.parametrize("other", OTHERS)
def test_the_approval_of_another_request_does_not_count(house: House, other: Wanted) -> None:
    under(house, HELD)
    gives(house, "os:ann", other)
    assert refused(search(house)) == "gate-approvals"
    gives(house, "os:ann", replace(SEARCH, sample=PICTURE.digest))
    assert isinstance(search(house), Passage)


def test_of_many_who_ask_at_once_one_is_permitted(house: House) -> None:
    under(house, TWO)
    gives(house, "os:ann")
    gives(house, "os:bob")
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: search(house), range(6)))
    assert sum(isinstance(each, Passage) for each in made) == 1


def test_only_a_role_that_approves_approves_and_only_what_is_approved_beforehand(house: House) -> None:
    """And whoever has no such role any more counts no more."""
    under(house, TWO)
    wrong = [
        ("os:eve", SEARCH, 600, "no role that approves"),
        ("os:ann", replace(SEARCH, purpose="curiosity"), 600, "not in the charter's register"),
        ("os:ann", replace(SEARCH, action=Action.VERIFY), 600, "not approved beforehand"),
        ("os:ann", SEARCH, LONGEST + 1, "at most 30 days"),
        ("os:ann", SEARCH, 0, "at most 30 days"),
    ]
    for name, wanted, lasts, says in wrong:
        with pytest.raises(BrokenInput, match=says):
            gives(house, name, wanted, lasts)
    mine = gives(house, "os:ann")
    gives(house, "os:bob")
    assert list_approvals(house.approvals, house.charters, principal(house, "os:eve")) == ()
    assert len(list_approvals(house.approvals, house.charters, principal(house, "os:cid"))) == 2
    with pytest.raises(BrokenInput, match="no role that approves"):
        revoke_approval(house.approvals, house.charters, principal(house, "os:eve"), mine.id, 1)
    under(house, TWO, ("approves = true", "approves = false"))
    assert refused(search(house)) == "gate-approvals"
    revoke_approval(house.approvals, house.charters, principal(house, "os:ann"), mine.id, 1)  # one's own, always
