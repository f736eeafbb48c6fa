"""The account balances, whatever became of whom; and its rows are what the book holds."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countenance.migration.account import ORDER, account
from countenance.migration.book import Book, Line, Run, RunState
from countenance.migration.code import Code
from countenance.migration.digests import Digests, Marks
from countenance.migration.exits import Exit, Reached, exit_of
from countenance.migration.intake import Admissible, Barred, Intake, judge
from countenance.migration.legacy_record import LegacyImage, LegacyRecord
from countenance.migration.reader import Census
from countenance.storage.database import open_database
from countenance.storage.migrate import migrate

MIX = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5), st.sampled_from(list(Exit))), max_size=40)
"""Item, person, exit; an item's later lines are decisions about it."""
RECORD = LegacyRecord("s", "u", (("id", "1"),), "Ada", ())
IMAGE = LegacyImage("i", b"x")
NOW, LATER = 1_700_000_000, 1_900_000_000


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    database = open_database(tmp_path_factory.mktemp("book") / "book.db")
    migrate(database)
    return Book(database, bytes(32), lambda: 1.0)


def digest(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()[:16]


def begun(book: Book, census: Census) -> Run:
    return book.begin(Run("", "g", b"s", "folder", "1", "t", "m", census, {"path": "p"}, RunState.RUNNING, 0))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mix=MIX)
def test_the_account_balances_over_any_mix(book: Book, mix: list[tuple[int, int, Exit]]) -> None:
    """The last line of each item counts once at each grain; one picture more or less in the source and it does not."""
    owner: dict[int, int] = {}
    for item, person, _ in mix:
        owner.setdefault(item, person)
    run = begun(book, Census(len(owner), None, len(owner)))
    holding: dict[int, tuple[int, Exit]] = {}
    for item, _, exit_ in mix:
        marks = Marks(digest(item), digest(item), digest(item), digest("p", owner[item]), digest("u", item))
        book.add(run, [Line(marks, image=True, exit=exit_, reached=Reached.STAGED)])
        holding[item] = (owner[item], exit_)
    told = book.account(run)
    assert told.balanced
    assert told.images.exits == {each: n for each in Exit if (n := sum(e is each for _, e in holding.values()))}
    assert told.persons.discovered == len({person for person, _ in holding.values()})
    assert sum(told.units.exits.values()) == len(holding)
    shape = told.shape()
    assert shape["discovered"] == sum(shape[each.value] for each in ORDER)
    for census in (Census(len(owner) + 1, None, len(owner)), Census(len(owner), None, len(owner) + 1)):
        assert not book.account(replace(run, census=census)).balanced


def test_an_account_tells_every_exit_once() -> None:
    """The keys of the identity are all exits, in the order in which they are documented."""
    assert set(ORDER) == set(Exit)
    shape = account(Census(0, 0, 0), {}, {}, {}).shape()
    assert list(shape) == ["discovered", *(each.value for each in ORDER), "balanced", "units", "persons"]


def test_every_code_leads_somewhere() -> None:
    """No code is an entry."""
    assert {exit_of(each) for each in Code} <= set(Exit) - {Exit.ENROLLED, Exit.UPDATED, Exit.UNCHANGED}


@pytest.mark.parametrize(
    ("record", "image", "intake", "code"),
    [
        (RECORD, IMAGE, Intake("consent", LATER), None),
        (RECORD, IMAGE, Intake(None, LATER), Code.NO_LEGAL_BASIS),
        (RECORD, IMAGE, Intake("consent"), Code.NO_LEGAL_BASIS),
        (RECORD, IMAGE, Intake("consent", NOW), Code.RETENTION_EXPIRED),
        (replace(RECORD, basis="contract", retain_until="2031-01-01"), IMAGE, Intake(), None),
        (replace(RECORD, retain_until="1999-01-01"), IMAGE, Intake("consent", LATER), Code.RETENTION_EXPIRED),
        (replace(RECORD, minor=True), IMAGE, Intake("consent", LATER), Code.MINOR_WITHOUT_BASIS),
        (replace(RECORD, minor=True), IMAGE, Intake("consent", LATER, minors=True), None),
        (replace(RECORD, metadata={"consent": "No"}), IMAGE, Intake("consent", LATER), Code.CONSENT_MISSING),
        (replace(RECORD, person=None, native_ids=()), IMAGE, Intake("consent", LATER), Code.NO_NATIVE_ID),
        (replace(RECORD, person="a\nb"), IMAGE, Intake("consent", LATER), Code.UNACCEPTABLE),
        (replace(RECORD, tombstone=True), IMAGE, Intake("consent", LATER), Code.SOURCE_SOFT_DELETED),
        (replace(RECORD, verdict=Code.RECORD_TRUNCATED), IMAGE, Intake("consent", LATER), Code.RECORD_TRUNCATED),
        (RECORD, replace(IMAGE, declared={"pose": "L"}), Intake("consent", LATER), Code.POSE_OUT_OF_POLICY),
        (RECORD, replace(IMAGE, declared={"pose": "L"}), Intake("consent", LATER, poses=True), None),
        (RECORD, replace(IMAGE, declared={"pose": "F"}), Intake("consent", LATER), None),
        (RECORD, replace(IMAGE, data=None), Intake("consent", LATER), Code.TEMPLATE_ONLY_NO_IMAGE),
    ],
)
def test_the_policy_decides_by_what_is_said(
    record: LegacyRecord, image: LegacyImage, intake: Intake, code: Code | None
) -> None:
    """Each rule of docs/migrate.md, by itself."""
    verdict = judge(intake, record, image, NOW)
    assert (verdict.code if isinstance(verdict, Barred) else None) == code
    assert code is not None or isinstance(verdict, Admissible)


def test_digests_are_keyed_and_tell_places_apart(tmp_path: Path) -> None:
    """Another key, gallery, source, id, unit or picture is another digest; the folder it lies in is not."""
    one, other = Digests(bytes(32)), Digests(bytes(31) + b"\1")
    source = one.source("g", "folder", "people")
    marks = one.marks(source, RECORD, IMAGE, "Ada")
    assert marks == one.marks(source, RECORD, IMAGE, "Ada")
    assert other.marks(source, RECORD, IMAGE, "Ada").key != marks.key
    assert one.source("h", "folder", "people") != source
    changed = one.marks(source, RECORD, replace(IMAGE, data=b"y"), "Ada")
    assert (changed.key != marks.key, changed.place == marks.place, changed.person == marks.person) == (True,) * 3
    moved = one.marks(source, replace(RECORD, unit="v"), IMAGE, "Ada")
    assert (moved.key == marks.key, moved.place != marks.place, moved.item != marks.item) == (True,) * 3
    assert one.open(one.close({"unit": "u"}, "r"), "r") == {"unit": "u"}
