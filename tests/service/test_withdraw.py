"""Withdrawing and letting in again, through the gate: entries, dates, two principals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from countenance.gallery.withdrawals import Lifted, Proposed
from countenance.ledger.entry import parse
from countenance.service.asking import Asking, Refused
from countenance.service.enrol import Enrolled, EnrolRequest, Withdrawn, enrol
from countenance.service.erase import Erased, erase
from countenance.service.withdraw import LiftAnswer, Withdrew, lift_withdrawal, withdraw
from countenance.terms.errors import NameTaken, UnknownName

from .registry import OBAMA, Registry, asking, filled, sample_of

registry = pytest.fixture(filled)


def as_another(who: Asking) -> Asking:
    """The same request of another principal."""
    return replace(who, principal=replace(who.principal, id="key:another"))


def kinds_of(house: Any, kind: str) -> list[Mapping[str, Any]]:
    return [said.fields for data in house.ledger.entries() if (said := parse(data[1])).kind == kind]


def test_a_withdrawal_erases_for_real_and_is_met_before_a_template_is_made(
    registry: Registry, pictures: Mapping[str, Path]
) -> None:
    """The erasures say withdrawal; an enrolment that meets it names the date, and nothing was decoded for it."""
    with registry.opened() as house:
        done = withdraw(house.rooms, asking(house, f"consent:{OBAMA}"), gallery="r", subject=OBAMA)
        assert isinstance(done, Withdrew)
        assert {e["basis"] for e in kinds_of(house, "erasure")} == {"withdrawal"}
        assert OBAMA not in json.dumps([dict(house.ledger.detail(e) or {}) for e in house.ledger.ids()])
        place = house.galleries.find("r")

        def no_models() -> Any:
            raise AssertionError("a template was to be made of somebody who withdrew")

        blind = replace(house.rooms, vision=no_models)
        for name, picture in ((OBAMA, "obama3.jpg"), ("Somebody", "obama.jpg")):
            request = EnrolRequest(sample_of(pictures[picture]), name)
            answer = enrol(blind, asking(house), gallery=place, request=request)
            assert isinstance(answer, Withdrawn)
            assert answer.since == done.withdrawal.since
        with pytest.raises(UnknownName, match=f"withdrew on {datetime.now(UTC):%Y-%m-%d}"):
            withdraw(house.rooms, asking(house), gallery="r", subject=OBAMA)
        with pytest.raises(UnknownName, match="no subject"):
            withdraw(house.rooms, asking(house), gallery="r", subject="Nobody")


def test_after_erasing_the_same_photograph_is_enrolled_again(registry: Registry, pictures: Mapping[str, Path]) -> None:
    """Erasing keeps nobody out, and its entries say deletion."""
    with registry.opened() as house:
        assert isinstance(erase(house.rooms, asking(house), gallery="r", subject=OBAMA), Erased)
        assert {e["basis"] for e in kinds_of(house, "erasure")} == {"deletion"}
        request = EnrolRequest(sample_of(pictures["obama.jpg"]), OBAMA)
        again = enrol(house.rooms, asking(house), gallery=house.galleries.find("r"), request=request)
        assert isinstance(again, Enrolled)


def test_two_principals_let_somebody_in_again(registry: Registry, pictures: Mapping[str, Path]) -> None:
    """Proposed by one, lifted by another, each an entry whose sealed detail says who; one alone cannot."""
    with registry.opened() as house:
        who = asking(house)
        withdraw(house.rooms, who, gallery="r", subject=OBAMA)
        first = lift_withdrawal(house.rooms, replace(who, reason="consent of today"), gallery="r", withdrawal=OBAMA)
        assert isinstance(first, LiftAnswer)
        assert isinstance(first.outcome, Proposed)
        with pytest.raises(NameTaken):
            lift_withdrawal(house.rooms, who, gallery="r", withdrawal=OBAMA)
        request = EnrolRequest(sample_of(pictures["obama.jpg"]), OBAMA)
        place = house.galleries.find("r")
        assert isinstance(enrol(house.rooms, who, gallery=place, request=request), Withdrawn)
        second = lift_withdrawal(house.rooms, as_another(who), gallery="r", withdrawal=first.outcome.withdrawal.id)
        assert isinstance(second, LiftAnswer)
        assert isinstance(second.outcome, Lifted)
        assert [e["ev"] for e in kinds_of(house, "withdrawal")] == ["proposed", "lifted"]
        told = [house.ledger.detail(entry) or {} for entry in (first.entry, second.entry)]
        assert [d["principal"] for d in told] == [who.principal.id, "key:another"]
        assert {d["withdrawal"] for d in told} == {first.outcome.withdrawal.id}
        assert told[0]["reason"] == "consent of today"
        assert isinstance(enrol(house.rooms, who, gallery=place, request=request), Enrolled)


def test_a_refused_lift_lifts_nothing(registry: Registry) -> None:
    """Lifting is an act under a purpose; a forbidden one is refused, and the withdrawal stands unproposed."""
    with registry.opened() as house:
        withdraw(house.rooms, asking(house), gallery="r", subject=OBAMA)
        wrong = replace(asking(house), purpose="family-separation")
        assert isinstance(lift_withdrawal(house.rooms, wrong, gallery="r", withdrawal=OBAMA), Refused)
        assert house.galleries.withdrawals.find("r", OBAMA).proposed is None


def test_the_verbs_say_what_json_md_says(registry: Registry, countenance: Any) -> None:
    """Withdraw, propose to lift; the same user again is told that somebody else must."""
    mine = ("--data", registry.data, "subjects")
    last = ("-g", "r", "-p", "missing-person", "-a", "guardian-request:case-3", "--json")
    done = countenance(*mine, "withdraw", OBAMA, *last)
    assert (done.code, set(done.json)) == (0, {"version", "withdrawn", "withdrawal", "erasures", "receipt"})
    proposed = countenance(*mine, "lift-withdrawal", OBAMA, *last)
    assert set(proposed.json) == {"version", "withdrawal", "lifted", "entry", "receipt"}
    assert proposed.json["lifted"] is False
    again = countenance(*mine, "lift-withdrawal", done.json["withdrawal"]["id"], *last)
    assert (again.code, again.json["error"]["kind"]) == (12, "NameTaken")
    assert countenance("--data", registry.data, "log", "verify", "--json").json["ok"]
