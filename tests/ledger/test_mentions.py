"""Mentions: whoever is forgotten is found at the cost of what is found, and nobody else can see who is mentioned."""

from __future__ import annotations

import random
import sqlite3
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countenance.ledger.disk import Disk
from countenance.ledger.draft import draft, new_id
from countenance.ledger.epochs import month_of
from countenance.ledger.erasure import owed_entry
from countenance.ledger.mentions import spelled, words_of
from countenance.ledger.sealed_detail import SealedDetail
from countenance.ledger.vault import Owed, Row, Vault
from countenance.terms.errors import Unwritable

MONTH = month_of(1_764_000_000.0)
PEOPLE = [f"Somebody {number}" for number in range(12)]


class Failing(Disk):
    """A disk of which the next commit fails, where it is told so."""

    fails = False

    def commit(self, connection: sqlite3.Connection) -> None:
        if self.fails:
            self.fails = False
            raise OSError(28, "No space left on device")
        super().commit(connection)


class House:
    """A vault whose entries are made up; ``month`` is the running one."""

    def __init__(self, path: Path) -> None:
        self.path, self.disk, self.month = path, Failing(), MONTH
        self.ids: list[str] = []
        self.open()

    def open(self) -> None:
        self.vault = Vault(self.path, bytes(32), self.disk)

    def rows(self, *details: tuple[str, dict[str, Any]]) -> list[Row]:
        """Every other one says its words, as an entry of this run does; the others are an earlier run's."""
        made = []
        for kind, values in details:
            self.ids.append(new_id())
            detail, number = SealedDetail.make(kind, values), len(self.ids) - 1
            sealed = self.vault.seal(self.ids[-1], self.month, detail)
            made.append(Row(number, self.ids[-1], sealed, words_of(detail) if number % 2 else None))
        return made

    def keep(self, *details: tuple[str, dict[str, Any]]) -> None:
        self.vault.store(self.rows(*details))

    def owed(self) -> Owed:
        return owed_entry(self.vault, draft("erasure", {"basis": "order", "n": "1"}, {"entries": []}), self.month)

    def forget(self, entries: list[str], *fields: str) -> None:
        self.vault.forget(entries, fields, self.owed())

    def found(self, word: str) -> list[str]:
        return list(self.vault.mentioning([word]))

    def read(self, word: str) -> list[str]:
        """The same by reading everything."""
        details = ((entry, self.vault.read(entry)) for entry in self.ids)
        return [entry for entry, detail in details if detail is not None and spelled(word) in words_of(detail)]

    def count(self) -> int:
        """Rows of the index."""
        return int(self.vault._connection.execute("SELECT count(*) FROM mention").fetchone()[0])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "vault.sqlite")
    yield made
    made.vault.close()


def intent(*subjects: str, sample: str = "") -> tuple[str, dict[str, Any]]:
    return "intent", {"subject": list(subjects) or None, "samples": [[sample, "0"]]}


def outcome(*candidates: str) -> tuple[str, dict[str, Any]]:
    return "outcome", {"candidates": [[each, 0.5] for each in candidates], "count": len(candidates)}


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_the_index_says_what_reading_everything_says(house: House, seed: int) -> None:
    """Stored, erased whole or by field, months expired, holds, restarts, failed commits, an older version's rows."""
    dice = random.Random(seed)

    def some() -> list[str]:
        return dice.sample(house.ids, min(len(house.ids), dice.randint(1, 5)))

    def stores() -> None:
        details = [
            dice.choice([intent(*dice.sample(PEOPLE, 2), sample="ab"), outcome(*dice.sample(PEOPLE, 3)), intent()])
            for _ in range(dice.randint(1, 6))
        ]
        rows = house.rows(*details)
        if dice.random() < 0.2:
            house.disk.fails = True
            with pytest.raises(Unwritable):
                house.vault.store(rows)
        house.vault.store(rows)
        if dice.random() < 0.2:
            house.vault.store(rows)

    def forgets() -> None:
        held = set(house.vault.held(house.ids))
        chosen = [each for each in some() if each not in held]
        if dice.random() < 0.2:
            house.disk.fails = True
            with pytest.raises(Unwritable):
                house.forget(chosen)
        house.forget(chosen, *dice.choice([(), ("candidates",), ("samples", "subject"), ("subject",)]))

    def restarts() -> None:
        house.vault.close()
        house.open()

    def expires() -> None:
        house.month += 1
        house.vault.forget_months_before(house.month, house.owed())

    def upgrades() -> None:
        house.vault._connection.executescript("DELETE FROM mention; DELETE FROM indexed;")
        restarts()

    stores()
    for _ in range(60):
        dice.choices(
            [stores, forgets, restarts, expires, lambda: house.vault.hold(some()), upgrades], [9, 5, 2, 1, 1, 1]
        )[0]()
        for word in (*dice.sample(PEOPLE, 3), "ab", "nobody"):
            assert house.found(word) == house.read(word)


def test_a_sample_counts_where_it_came_with_a_subject(house: House) -> None:
    """A set's thousand pictures are nobody's; what can be asked for is an enrolment's."""
    house.keep(intent("Ada", sample="aa"), intent(sample="bb"), ("authority", {"subjects": ["Ada"]}))
    assert house.found("aa") == house.ids[:1]
    assert house.found("bb") == []
    assert list(house.vault.mentioning(["Ada", "aa"], start=1)) == house.ids[2:]


def test_a_name_is_found_however_it_is_spelled(house: House) -> None:
    composed = unicodedata.normalize("NFC", "Zoë")
    house.keep(intent(unicodedata.normalize("NFD", composed)), outcome(composed))
    assert house.found(composed) == house.found(unicodedata.normalize("NFD", composed)) == house.ids


def test_the_file_tells_neither_whom_nor_which_belong_together(house: House) -> None:
    """No word lies open, all rows are of one size, and none of them is like another; what is forgotten has none."""
    house.keep(*[intent("Quuxalinda", sample="ab" * 32)] * 20, outcome("Quuxalinda", "Zed"))
    rows = house.vault._connection.execute("SELECT token, sealed FROM mention").fetchall()
    assert len(rows) == 42
    assert len({token for token, _ in rows}) == len({sealed for _, sealed in rows}) == 42
    assert len({(len(token), len(sealed)) for token, sealed in rows}) == 1
    house.forget(house.ids[:20])
    assert house.count() == 2
    house.forget(house.ids[20:], "candidates")
    assert house.count() == 0
    on_disk = b"".join(path.read_bytes() for path in house.path.parent.iterdir())
    assert b"Quuxalinda" not in on_disk
    assert not [token for token, _ in rows if token in on_disk], "the rows themselves are overwritten"


def test_finding_costs_what_is_found(house: House) -> None:
    """Among three thousand entries four are found by a dozen questions to the store, not by reading all."""
    house.keep(*(outcome(f"{number}", f"{number + 1}") for number in range(3000)), intent("Ada"), intent("Ada"))
    asked: list[str] = []
    house.vault._connection.set_trace_callback(asked.append)
    assert len(house.found("Ada")) == len(house.found("17")) == 2
    house.vault._connection.set_trace_callback(None)
    assert len(asked) < 40


def test_what_is_said_at_sealing_is_noted_without_opening_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only rows that do not say their words are opened; what was forgotten is not noted, whatever is said of it."""
    opened: list[str] = []
    real = house.vault.unseal
    monkeypatch.setattr(house.vault, "unseal", lambda entry, sealed: opened.append(entry) or real(entry, sealed))
    rows = house.rows(intent("Ada"), intent("Ada"), outcome("Ada"), outcome("Ada"))
    house.vault.store(rows)
    assert house.found("Ada") == house.ids
    assert opened == house.ids[::2]
    house.forget(house.ids)
    house.vault.store(rows)
    assert house.found("Ada") == []
