"""A charter that comes into force between judgement and intent judges anew; what was spent is not spent again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.founded import founded_house
from tests.service.chartered import WORDS, adopted, asks, charter_of, principal, under

from countenance.assembly import House
from countenance.cases.approval import Wanted
from countenance.ledger.outcome import OutcomeResult
from countenance.policy.judge import Judge
from countenance.service.approvals import give_approval
from countenance.service.asking import Refused
from countenance.service.gate import Gate, Passage
from countenance.terms.action import Action
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.errors import LogDamaged
from countenance.terms.sample import SampleRef

PICTURE = SampleRef("aa" * 32)
ONE = ("approvals = 0\nreviewers = 1", "approvals = 1\nreviewers = 1")
NO_SEARCH = ('"verify", "search", "group"]\nauthorities = ["consent"', '"verify"]\nauthorities = ["consent"')


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with founded_house(tmp_path / "data") as made:
        yield made


def gate_of(house: House, judge: Callable[[], Judge]) -> Gate:
    """The house's gate with another way of learning which charter is in force."""
    return Gate(judge, house.ledger, house.rooms.gate._files, lambda: house.galleries.session, time.time)


def overtaken(house: House) -> Gate:
    """A gate whose epoch ends right after its first look at the charter in force."""
    judged: list[str] = []

    def judge() -> Judge:
        found = house.charters.judge()
        judged.append(found.charter.digest)
        if len(judged) == 1:
            house.ledger.close_epoch(early=True)
        return found

    return gate_of(house, judge)


def search(house: House, gate: Gate) -> Passage | Refused:
    made = gate.ask(asks(house), Action.SEARCH, gallery=None, samples=(PICTURE,), bound=1, most=5)
    if isinstance(made, Passage):
        made.conclude(OutcomeResult.NONE)
    return made


def last_intent(house: House) -> dict[str, Any]:
    said = [json.loads(data) for _, data in house.ledger.entries()]
    return next(each for each in reversed(said) if each["k"] == "intent")


@pytest.mark.parametrize("stricter", [True, False])
def test_the_charter_of_the_epoch_judges(house: House, stricter: bool, tmp_path: Path, countenance: Any) -> None:
    """What the old one permits the new one refuses, and the other way round; the log is sound either way."""
    old, new = ((), (NO_SEARCH,)) if stricter else ((NO_SEARCH,), ())
    under(house, *old)
    before = house.ledger.epoch
    charter = adopted(house, charter_of(*new))
    made = search(house, overtaken(house))
    assert isinstance(made, Refused if stricter else Passage)
    said = last_intent(house)
    assert (said["pol"], said["ep"]) == (charter.digest, before + 1)
    assert said["dec"] == ("deny" if stricter else "allow")
    house.close()
    assert countenance("--data", tmp_path / "data", "log", "verify", "--json").json["ok"]


def test_nothing_is_spent_twice(house: House) -> None:
    """The one use of an authority and the one approval are there for the second judgement, and gone afterwards."""
    under(house, ONE)
    now = int(time.time())
    record = AuthorityRecord(
        id="", kind="guardian-request", reference="case-3", issuer="a guardian", document="", issued=now - 10,
        expires=now + 600, registrar="os:ann", registered=now, comparisons=1,
    )  # fmt: skip
    filed = house.authorities.register(record)
    give_approval(
        house.approvals, house.authorities, house.charters, principal(house, "os:ann"),
        Wanted(WORDS, "missing-person", Action.SEARCH, None), now=now, expires=now + 600,
    )  # fmt: skip
    charter = adopted(house, charter_of(ONE, ("candidate_cap = 20", "candidate_cap = 19")))
    made = search(house, overtaken(house))
    assert isinstance(made, Passage)
    assert (made.permit.charter, made.permit.candidate_cap) == (charter.digest, 5)
    assert house.authorities.get(filed.id).used == 1
    assert isinstance(search(house, house.rooms.gate), Refused)


def test_a_charter_that_the_log_does_not_know_judges_nothing(house: House) -> None:
    """A gate that is told of another charter than the log has in force writes nothing and raises."""
    entries = len(list(house.ledger.ids()))
    stranger = Judge(charter_of())
    gate = gate_of(house, lambda: stranger)
    with pytest.raises(LogDamaged, match="not the one that the log has in force"):
        search(house, gate)
    assert len(list(house.ledger.ids())) == entries
