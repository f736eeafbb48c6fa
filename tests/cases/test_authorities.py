"""Authorities on file: found by their words, counted one by one, revoked for good, sealed at rest."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from countenance.cases.authorities import Authorities
from countenance.keys.root import RootKey
from countenance.storage.database import Database, open_database
from countenance.storage.migrate import migrate
from countenance.terms.authority import Authority
from countenance.terms.authority_record import AuthorityRecord
from countenance.terms.errors import Malformed, NameTaken, SealBroken, UnknownName

DAY = 86_400
NOW = 1_800_000_000
ROOT = RootKey(bytes(range(32)))
WARRANT = AuthorityRecord(
    id="",
    kind="warrant",
    reference="Az. 12 Gs 34/56 Zacharias",
    issuer="Amtsgericht Quuxhausen",
    document="ab" * 32,
    issued=NOW - DAY,
    expires=NOW + DAY,
    registrar="os:rita-quux",
    registered=NOW,
    galleries=("gallery-quux",),
    subjects=("subject-quux",),
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = open_database(tmp_path / "store.db")
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def authorities(database: Database) -> Authorities:
    return Authorities(database, ROOT)


def test_what_is_put_on_file_is_found_by_its_words(authorities: Authorities, database: Database) -> None:
    """Also by another process that opens the same store; every field as it was."""
    filed = authorities.register(WARRANT)
    assert filed == replace(WARRANT, id=filed.id)
    for room in (authorities, Authorities(database, ROOT)):
        assert room.find(WARRANT.authority) == filed
        assert room.get(filed.id) == filed
        assert room.list() == (filed,)
    assert authorities.find(Authority("warrant", "another")) is None
    assert authorities.find(Authority("consent", WARRANT.reference)) is None


def test_one_reference_is_one_authority_at_a_time(authorities: Authorities) -> None:
    """A second may be filed once the first is revoked or over; the latest that holds is found."""
    first = authorities.register(WARRANT)
    with pytest.raises(NameTaken):
        authorities.register(WARRANT)
    authorities.revoke(first.id, NOW + 1)
    second = authorities.register(replace(WARRANT, registered=NOW + 1))
    assert authorities.find(WARRANT.authority) == second
    later = replace(WARRANT, registered=NOW + DAY, issued=NOW, expires=NOW + 9 * DAY)
    third = authorities.register(later)
    assert authorities.find(WARRANT.authority) == third
    assert [each.id for each in authorities.list()][-1] == third.id


def test_revoking_is_for_good_and_once(authorities: Authorities) -> None:
    filed = authorities.register(WARRANT)
    assert authorities.revoke(filed.id, NOW + 5).revoked == NOW + 5
    assert authorities.revoke(filed.id, NOW + 9).revoked == NOW + 5
    with pytest.raises(UnknownName):
        authorities.revoke("nothing", NOW)
    with pytest.raises(UnknownName):
        authorities.get("nothing")


def test_a_standing_authority_is_found_by_its_principal(authorities: Authorities) -> None:
    bound = replace(WARRANT, principal="key:3f", purposes=("access-control",))
    filed = authorities.register(bound)
    authorities.register(replace(WARRANT, reference="2"))
    assert authorities.standing("key:3f") == (filed,)
    assert authorities.standing("key:4f") == ()


def test_uses_are_counted_up_to_the_limit(authorities: Authorities) -> None:
    """Without a limit nothing is counted, and nothing is written."""
    filed = authorities.register(replace(WARRANT, comparisons=2))
    assert [authorities.count_use(filed) for _ in range(4)] == [True, True, False, False]
    assert authorities.get(filed.id).used == 2
    endless = authorities.register(replace(WARRANT, reference="2"))
    assert all(authorities.count_use(endless) for _ in range(3))
    assert authorities.get(endless.id).used == 0


def test_a_revoked_authority_has_no_use_left(authorities: Authorities) -> None:
    """Though the record in the caller's hand was read before it was revoked."""
    filed = authorities.register(replace(WARRANT, comparisons=2))
    authorities.revoke(filed.id, NOW)
    assert not authorities.count_use(filed)


def test_of_many_callers_at_once_only_as_many_pass_as_there_are_uses(authorities: Authorities) -> None:
    filed = authorities.register(replace(WARRANT, comparisons=5))
    with ThreadPoolExecutor(8) as pool:
        passed = list(pool.map(lambda _: authorities.count_use(filed), range(24)))
    assert sum(passed) == 5
    assert authorities.get(filed.id).used == 5


def test_nothing_that_tells_of_people_is_readable_in_the_store(
    authorities: Authorities, database: Database, tmp_path: Path
) -> None:
    """Reference, issuer, people and scope: not in the database, not in its log, not under another root key."""
    authorities.register(replace(WARRANT, principal="key:quux", purposes=("access-control",)))
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"warrant" in stored
    for word in (b"quux", b"Zacharias", b"Quuxhausen", b"12 Gs", b"abababab", b"access-control"):
        assert word not in stored
    other = Authorities(database, RootKey(bytes(32)))
    assert other.find(WARRANT.authority) is None
    with pytest.raises(SealBroken):
        other.list()


def test_rows_cannot_change_places(authorities: Authorities, database: Database) -> None:
    """Sealed bytes are bound to their record: one warrant's scope cannot be put under another's id."""
    first = authorities.register(WARRANT)
    second = authorities.register(replace(WARRANT, reference="2"))
    with database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE authority SET about = (SELECT about FROM authority WHERE id = ?) WHERE id = ?",
            (first.id, second.id),
        )
    with pytest.raises(SealBroken):
        authorities.get(second.id)


BROKEN = [
    ({"kind": "Warrant"}, "class:reference"),
    ({"reference": " "}, "class:reference"),
    ({"reference": "x" * 513}, "at most 512"),
    ({"reference": "a\nb"}, "printable"),
    ({"issuer": ""}, "names who issued it"),
    ({"issuer": "x" * 513}, "at most 512"),
    ({"registrar": ""}, "who put it on file"),
    ({"document": "AB" * 32}, "SHA-256"),
    ({"document": "ab"}, "SHA-256"),
    ({"issued": -1}, "between the years"),
    ({"expires": 10**12}, "between the years"),
    ({"expires": NOW - DAY}, "expires after it was issued"),
    ({"comparisons": 0}, "at least 1"),
    ({"principal": "key:1"}, "must expire and name its purposes"),
    ({"principal": "key:1", "purposes": ("p",), "expires": None}, "must expire and name its purposes"),
    ({"galleries": tuple(map(str, range(1001)))}, "at most 1000"),
]


@pytest.mark.parametrize(("change", "says"), BROKEN)
def test_a_record_that_makes_no_sense_cannot_be_made(change: dict[str, object], says: str) -> None:
    with pytest.raises(Malformed, match=says):
        replace(WARRANT, **change)  # type: ignore[arg-type]  # fields by name
