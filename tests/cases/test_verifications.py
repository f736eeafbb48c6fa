"""Verifications of one face are counted by principal and purpose within the hour, across restarts and threads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from countenance.cases.verifications import FRESH, WINDOW, Verifications
from countenance.keys.root import RootKey
from countenance.storage.database import Database, open_database
from countenance.storage.migrate import migrate

NOW = 1_800_000_000
ROOT = RootKey(bytes(range(32)))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = open_database(tmp_path / "store.db")
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def counts(database: Database) -> Verifications:
    return Verifications(database, ROOT)


def once(
    counts: Verifications, other: str, now: int = NOW, who: str = "a", purpose: str = "p", probe: str = "x"
) -> int:
    """Count one verification and note it; the count."""
    counted = counts.count(who, purpose, [(probe, other)], now)
    assert counts.note(who, purpose, [(probe, other)], now, counted)
    return counted


def test_different_others_are_counted_and_repeated_ones_are_not(counts: Verifications) -> None:
    assert [once(counts, other) for other in ("1", "2", "2", "1", "3")] == [1, 2, 2, 2, 3]


@pytest.mark.parametrize("change", [{"who": "b"}, {"purpose": "q"}, {"probe": "y"}])
def test_each_principal_purpose_and_probe_has_a_count_of_its_own(counts: Verifications, change: dict[str, str]) -> None:
    once(counts, "1")
    once(counts, "2")
    assert once(counts, "3", **change) == 1


def test_the_busiest_of_several_probes_counts(counts: Verifications) -> None:
    once(counts, "1")
    once(counts, "2")
    assert counts.count("a", "p", [("x", "3"), ("z", "1")], NOW) == 3
    assert counts.count("a", "p", [], NOW) == 0


def test_after_an_hour_it_is_forgotten(counts: Verifications, database: Database) -> None:
    """Also the rows: what is not needed for the count is not there."""
    once(counts, "1", NOW)
    once(counts, "2", NOW + WINDOW - 1)
    assert once(counts, "3", NOW + WINDOW) == 2
    with database.read() as connection:
        assert connection.exec_driver_sql("select count(*) from verification").scalar() == 2


def test_one_that_is_repeated_stays_counted(counts: Verifications) -> None:
    once(counts, "1", NOW)
    once(counts, "1", NOW + FRESH)
    assert once(counts, "2", NOW + WINDOW + FRESH - 1) == 2


def test_a_restart_forgets_nothing(counts: Verifications, database: Database) -> None:
    once(counts, "1")
    assert Verifications(database, ROOT).count("a", "p", [("x", "2")], NOW) == 2


def test_what_came_in_between_the_count_and_the_note_is_seen(counts: Verifications) -> None:
    """Then nothing is noted, and the request is to be judged with the new count."""
    counted = counts.count("a", "p", [("x", "1")], NOW)
    once(counts, "2")
    assert not counts.note("a", "p", [("x", "1")], NOW, counted)
    assert counts.count("a", "p", [("x", "1")], NOW) == counted + 1


def test_many_threads_never_pass_a_limit(counts: Verifications) -> None:
    def ask(other: int) -> bool:
        while (counted := counts.count("a", "p", [("x", str(other))], NOW)) <= 5:
            if counts.note("a", "p", [("x", str(other))], NOW, counted):
                return True
        return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(16))) == 5


def test_a_clock_that_goes_backwards_forgets_nothing(counts: Verifications) -> None:
    once(counts, "1", NOW)
    assert once(counts, "2", NOW - 10 * WINDOW) == 2
