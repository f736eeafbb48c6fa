"""What was stated is on file in the data directory, whoever stated it, and comes back from a backup."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from countenance.assembly import House, backup_of, open_house, restore_from
from countenance.service.manage import create_gallery
from countenance.service.statements import FOLDER, filed_statements
from countenance.settings import read_settings

TODAY = datetime.now(UTC).date().isoformat()


@pytest.fixture
def closed(data: Path) -> Path:
    """A directory whose first epoch has closed."""
    with open_house(data) as house:
        create_gallery(house.rooms, house.asking("missing-person", "guardian-request:case"), name="registry")
        house.ledger.close_epoch(early=True)
    return data


def state(countenance: Any, data: Path, out: Path) -> Any:
    return countenance("--data", data, "state", "--from", TODAY, "--to", TODAY, "--out", out, "--json")


def test_a_statement_of_the_command_line_is_listed(closed: Path, tmp_path: Path, countenance: Any) -> None:
    """With the very bytes that it wrote; also where its file could not be written, for the log knows of it."""
    done = state(countenance, closed, tmp_path / "statement")
    [filed] = filed_statements(closed, "", 100)
    assert (filed.entry, filed.note) == (done.json["entry"], (tmp_path / "statement").read_bytes())
    assert state(countenance, closed, tmp_path / "statement" / "below").code == 13
    assert len(filed_statements(closed, "", 100)) == 2


def test_statements_come_back_from_a_backup(closed: Path, tmp_path: Path, countenance: Any) -> None:
    """They are in the copy, and what is restored lists them."""
    state(countenance, closed, tmp_path / "statement")
    before = filed_statements(closed, "", 100)
    with open_house(closed) as house:
        copied = backup_of(house, tmp_path / "copy")
    assert f"{FOLDER}/{before[0].entry}.txt" in copied.digests
    (closed / FOLDER / f"{before[0].entry}.txt").unlink()
    restore_from(read_settings(closed), tmp_path / "copy")
    with House.open(read_settings(closed)):
        assert filed_statements(closed, "", 100) == before
