"""Approvals on file: for one precise request, used once, never by two, sealed at rest."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from countenance.cases.approval import Approval, Wanted
from countenance.cases.approvals import Approvals, by_distinct_people
from countenance.keys.root import RootKey
from countenance.storage.database import Database, open_database
from countenance.storage.migrate import migrate
from countenance.terms.action import Action
from countenance.terms.errors import UnknownName

NOW = 1_800_000_000
WANTED = Wanted("record-quux", "missing-person", Action.SEARCH, "gallery-quux")
GIVEN = Approval("", WANTED, "os:boss-quux", ("owner",), NOW, NOW + 600, "reason-quux")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = open_database(tmp_path / "store.db")
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def approvals(database: Database) -> Approvals:
    return Approvals(database, RootKey(bytes(range(32))))


def test_an_approval_comes_back_as_it_was_given(approvals: Approvals) -> None:
    given = approvals.give(GIVEN)
    assert given == replace(GIVEN, id=given.id)
    assert approvals.list() == (given,)
    assert approvals.get(given.id) == given
    with pytest.raises(UnknownName, match="no approval"):
        approvals.get("nobody")


OTHER_REQUESTS = [
    {"authority": "another"},
    {"purpose": "another"},
    {"action": Action.GROUP},
    {"gallery": "another"},
    {"gallery": None},
]


@pytest.mark.parametrize("change", OTHER_REQUESTS)
def test_an_approval_holds_for_its_request_alone(approvals: Approvals, change: dict[str, object]) -> None:
    """Another authority, purpose, act or gallery is another request."""
    given = approvals.give(GIVEN)
    assert approvals.open_for(WANTED, NOW) == (given,)
    assert approvals.open_for(replace(WANTED, **change), NOW) == ()  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("approved", "brought", "holds"),
    [("", "", True), ("", "aa", True), ("aa", "aa", True), ("aa", "bb", False), ("aa", "", False)],
)
def test_an_approval_may_be_for_one_sample(approvals: Approvals, approved: str, brought: str, holds: bool) -> None:
    """One without a sample holds for all; one with a sample for a request that brings that sample and no other."""
    approvals.give(replace(GIVEN, wanted=replace(WANTED, sample=approved)))
    assert bool(approvals.open_for(replace(WANTED, sample=brought), NOW)) is holds


@pytest.mark.parametrize(("at", "holds"), [(-1, False), (0, True), (599, True), (600, False)])
def test_an_approval_holds_from_when_it_was_given_until_it_expires(approvals: Approvals, at: int, holds: bool) -> None:
    approvals.give(GIVEN)
    assert bool(approvals.open_for(WANTED, NOW + at)) is holds


def test_what_was_used_or_taken_back_holds_no_more(approvals: Approvals) -> None:
    """And stays what it became first."""
    used, gone = approvals.give(GIVEN), approvals.give(GIVEN)
    assert approvals.use([used.id], NOW + 1)
    assert approvals.revoke(gone.id, NOW + 2).revoked == NOW + 2
    assert approvals.open_for(WANTED, NOW + 3) == ()
    assert not approvals.use([used.id], NOW + 4)
    assert not approvals.use([gone.id], NOW + 4)
    assert approvals.revoke(used.id, NOW + 5).revoked is None
    assert (approvals.get(used.id).used, approvals.get(gone.id).used) == (NOW + 1, None)


def test_all_are_used_or_none(approvals: Approvals) -> None:
    first, second = approvals.give(GIVEN), approvals.give(GIVEN)
    approvals.revoke(second.id, NOW)
    assert not approvals.use([first.id, second.id], NOW)
    assert approvals.get(first.id).used is None


def test_of_many_callers_one_gets_an_approval(approvals: Approvals) -> None:
    given = approvals.give(GIVEN)
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: approvals.use([given.id], NOW), range(16)))
    assert sum(got) == 1


def test_people_are_counted_and_not_approvals(approvals: Approvals) -> None:
    """Of one approver's several the first to expire counts."""
    late = approvals.give(replace(GIVEN, expires=NOW + 900))
    early, other = approvals.give(GIVEN), approvals.give(replace(GIVEN, approver="os:other", expires=NOW + 700))
    found = approvals.open_for(WANTED, NOW)
    assert set(found) == {late, early, other}
    assert by_distinct_people(found) == (early, other)


def test_nothing_of_it_can_be_read_at_rest(approvals: Approvals, database: Database, tmp_path: Path) -> None:
    approvals.give(GIVEN)
    database.scrub()
    assert b"quux" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
