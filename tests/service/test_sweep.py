"""The retention sweep: who is overdue is erased as an act of the gate, and nobody else."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from countenance.ledger.entry import parse
from countenance.service.enrol import Enrolled, EnrolRequest, enrol
from countenance.service.sweep import sweep

from .registry import BIDEN, OBAMA, Registry, asking, filled, sample_of

registry = pytest.fixture(filled)
LATE = "Late"


def overdue(house: Any, pictures: Mapping[str, Path], name: str = LATE, picture: str = "astronaut.png") -> str:
    """Enrol somebody whose date is past tomorrow's clock; the entry's id."""
    request = EnrolRequest(sample_of(pictures[picture]), name, retain_until=int(time.time()) + 60)
    made = enrol(house.rooms, asking(house), gallery=house.galleries.find("r"), request=request)
    assert isinstance(made, Enrolled)
    return made.receipt.entry


def later(house: Any) -> Any:
    """The same rooms two minutes later."""
    house.galleries._clock = lambda: time.time() + 120
    return replace(house.rooms, clock=house.galleries._clock)


def test_who_is_overdue_is_erased_and_the_log_says_why(registry: Registry, pictures: Mapping[str, Path]) -> None:
    """Before the date nothing happens; after it one is gone, by an entry with the basis retention; again: nothing."""
    with registry.opened() as house:
        overdue(house, pictures)
        assert sweep(house.rooms, asking(house)).erased == ()
        rooms = later(house)
        swept = sweep(rooms, asking(house))
        assert [e.subject.name for e in swept.erased] == [LATE]
        assert (swept.kept, swept.refused) == ((), ())
        bases = {said.fields["basis"] for _, d in house.ledger.entries() if (said := parse(d)).kind == "erasure"}
        assert bases == {"retention"}
        assert {s.name for s in house.galleries.subjects(house.galleries.find("r"))} == {OBAMA, BIDEN}
        assert sweep(rooms, asking(house)).erased == ()


def test_a_hold_keeps_and_a_refusal_stops(registry: Registry, pictures: Mapping[str, Path]) -> None:
    """A legal hold is told by id and keeps no other; a sweep that the charter refuses erases nobody and is recorded."""
    with registry.opened() as house:
        entry = overdue(house, pictures)
        overdue(house, pictures, "Later", "obama3.jpg")
        house.ledger.hold([entry], detail={})
        rooms = later(house)
        refused = sweep(rooms, replace(asking(house), purpose="family-separation"))
        assert (len(refused.refused), refused.erased) == (1, ())
        swept = sweep(rooms, asking(house))
        assert [e.subject.name for e in swept.erased] == ["Later"]
        (kept,) = swept.kept
        assert kept.subject == house.galleries.subject(house.galleries.find("r"), LATE).id
        assert "hold" in kept.reason


def test_the_verb(registry: Registry, countenance: Any) -> None:
    """Nobody is overdue: an empty answer, and no entry."""
    last = ("-p", "missing-person", "-a", "guardian-request:case-3", "--json")
    done = countenance("--data", registry.data, "subjects", "sweep", *last)
    assert (done.code, done.json) == (0, {"version": 1, "erased": [], "kept": [], "refused": []})
