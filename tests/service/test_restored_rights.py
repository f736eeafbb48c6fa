"""What was revoked, replaced or used up after a backup stays so when the backup comes back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.founded import founded

from countenance.access.api_key import ApiKey
from countenance.assembly import House, backup_of, restore_from
from countenance.cases.approval import Approval, Wanted
from countenance.settings import read_settings
from countenance.terms.action import Action
from countenance.terms.authority_record import AuthorityRecord

HOUR = 3600
NOW = 1_900_000_000


class Clock:
    """Stands still until it is told."""

    now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return founded(tmp_path / "data")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(data: Path, clock: Clock) -> House:
    return House.open(read_settings(data), clock)


def of(number: int, comparisons: int | None = None) -> AuthorityRecord:
    return AuthorityRecord(
        "", "consent", f"form {number}", "Ada", "", 1, None, "os:ada", 1, None, (), (), (), comparisons
    )


def made(house: House, name: str) -> tuple[ApiKey, str]:
    return house.api_keys.create(name=name, purposes=["missing-person"])


def test_a_key_that_was_revoked_since_the_backup_does_not_work(data: Path, clock: Clock, tmp_path: Path) -> None:
    """Nor does a secret that was replaced, but for its overlap; the keys that nobody touched go on working."""
    with opened(data, clock) as house:
        revoked, secret = made(house, "revoked")
        replaced, former = made(house, "replaced")
        overlapping, older = made(house, "overlapping")
        twice, first = made(house, "twice")
        _, second = house.api_keys.rotate(twice.id, overlap=9 * HOUR)
        _, untouched = made(house, "untouched")
        backup_of(house, tmp_path / "backup")
        house.api_keys.revoke(revoked.id)
        _, lost = house.api_keys.rotate(replaced.id)
        house.api_keys.rotate(overlapping.id, overlap=HOUR)
        house.api_keys.rotate(twice.id, overlap=HOUR)
    restore_from(read_settings(data), tmp_path / "backup", now=NOW)
    for _ in range(2):  # and at the next start too
        with opened(data, clock) as house:
            find = house.api_keys.find
            assert [find(each) for each in (secret, former, lost, first)] == [None] * 4
            assert all(find(each) is not None for each in (older, second, untouched))
            assert house.api_keys.get(revoked.id).revoked == NOW
    clock.now += HOUR
    with opened(data, clock) as house:
        assert [house.api_keys.find(each) for each in (older, second)] == [None] * 2
        _, fresh = house.api_keys.rotate(replaced.id)
        found = house.api_keys.find(fresh)
        assert found is not None
        assert found.name == "replaced"


def test_rights_of_authorities_and_approvals_do_not_come_back(data: Path, clock: Clock, tmp_path: Path) -> None:
    """A revoked authority is revoked; one that is counted, and an open approval, are void: nobody knows their uses."""
    wanted = Wanted("guardian-request:3", "missing-person", Action.SEARCH, None)
    with opened(data, clock) as house:
        gone, counted, whole = (house.authorities.register(of(*each)) for each in ((1,), (2, 5), (3,)))
        open_one = house.approvals.give(Approval("", wanted, "os:ann", (), given=NOW, expires=NOW + HOUR))
        backup_of(house, tmp_path / "backup")
        house.authorities.revoke(gone.id, NOW)
        assert house.approvals.use([open_one.id], NOW)
    restore_from(read_settings(data), tmp_path / "backup", now=NOW)
    with opened(data, clock) as house:
        assert house.authorities.get(gone.id).revoked == NOW
        assert house.authorities.get(counted.id).revoked == NOW
        assert house.authorities.get(whole.id).revoked is None
        assert house.approvals.open_for(wanted, NOW) == ()
        assert house.approvals.get(open_one.id).revoked == NOW
        given = house.approvals.give(replace(open_one, id=""))
    with opened(data, clock) as house:  # an ordinary start takes nothing back
        assert house.approvals.open_for(wanted, NOW) == (given,)


def test_data_put_back_by_hand_make_no_revoked_key_good(data: Path, clock: Clock, tmp_path: Path) -> None:
    """The list tells at every start, also where it is the first that knows of such lines."""
    with opened(data, clock) as house:
        key, secret = made(house, "a")
        house.database.scrub()
    shutil.copy(data / "galleries.db", tmp_path / "older.db")
    with opened(data, clock) as house:
        house.api_keys.revoke(key.id)
    listed = data / "erasures.erased"
    assert f"revoked api-key {key.id} {NOW}\n" in listed.read_text()
    listed.write_text("")  # an older version of this program did not list it
    opened(data, clock).close()
    shutil.copy(tmp_path / "older.db", data / "galleries.db")
    with opened(data, clock) as house:
        assert house.api_keys.find(secret) is None


def test_a_crash_between_list_and_store_is_completed_by_the_next_start(data: Path, clock: Clock) -> None:
    """The line is there and the act is not: it is done then."""
    with opened(data, clock) as house:
        key, secret = made(house, "a")
        other, kept = made(house, "b")
    with (data / "erasures.erased").open("a") as file:
        file.write(f"revoked api-key {key.id} {NOW}\nrevoked authority {other.id} {NOW}\n")
    with opened(data, clock) as house:
        assert house.api_keys.find(secret) is None
        assert house.api_keys.find(kept) is not None
