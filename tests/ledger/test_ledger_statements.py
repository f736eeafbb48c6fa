"""Statements as the writer issues them: over closed and published epochs, and true to the log."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ledger.loghouse import DAY, ORIGIN, closed, founded

from countenance.keys.signing import verify_signature
from countenance.ledger.entry import parse
from countenance.ledger.issue import Issued, NotStated
from countenance.ledger.note import parse_note
from countenance.ledger.statement import parse_statement
from countenance.ledger.verifier.check import Asked, check_log
from countenance.ledger.verifier.failure import FalseStatement
from countenance.ledger.verifier.source import Directory


def test_a_statement_counts_closed_epochs_and_verifies(tmp_path: Path) -> None:
    """Its numbers are the log's, its zero line names the forbidden purpose, and anybody can check it."""
    house, ledger = founded(tmp_path)
    house.busy_day(ledger, 7)
    closed(ledger)
    issued = house.state(ledger, "2025-11-24", "2025-11-25")
    assert isinstance(issued, Issued)
    said = parse_statement(parse_note(issued.note, 1 << 20).text)
    assert said.lines["missing-person"].counted.comparing == 7
    assert said.zeros == ["family-separation"]
    assert said.lines["family-separation"].counted.refused == 1
    asked = Asked(key=ledger.verifier_key, statement=issued.note, check=verify_signature)
    check_log(Directory(str(tmp_path / "log")), asked, lambda *_: None)
    assert parse(ledger.entry(issued.entry)).fields["size"] == said.size
    house.busy_day(ledger)
    closed(ledger)
    ledger.close()
    house.check()


def test_a_changed_count_signed_again_with_the_true_key_is_found(tmp_path: Path) -> None:
    """The verifier recounts: a false number under the true signature is a false statement."""
    from countenance.ledger.note import note_bytes, sign
    from countenance.ledger.statement import statement_key

    house, ledger = founded(tmp_path)
    house.busy_day(ledger, 7)
    closed(ledger)
    issued = house.state(ledger, "2025-11-24", "2025-11-25")
    assert isinstance(issued, Issued)
    line = issued.statement.lines["missing-person"]
    false = issued.statement._replace(
        lines={**issued.statement.lines, "missing-person": line._replace(counted=line.counted._replace(comparing=6))}
    )
    signer = statement_key(ORIGIN, house.statements.public)
    note = note_bytes(false.text, [sign(false.text, signer, house.statements.sign)])
    asked = Asked(key=ledger.verifier_key, statement=note, check=verify_signature)
    with pytest.raises(FalseStatement):
        check_log(Directory(str(tmp_path / "log")), asked, lambda *_: None)
    ledger.close()


def test_no_statement_reaches_into_an_open_epoch(tmp_path: Path) -> None:
    """It says which epoch is open; an epoch that waits for its witnesses is not enough either."""
    house, ledger = founded(tmp_path)
    house.busy_day(ledger, 7)
    refused = house.state(ledger, "2025-11-24", "2025-11-25")
    assert isinstance(refused, NotStated)
    assert refused.open_epoch == 1
    closed(ledger)
    house.now += 3 * DAY
    house.act(ledger)
    refused = house.state(ledger, "2025-11-24", "2025-11-28")
    assert isinstance(refused, NotStated)
    assert refused.open_epoch == 2
    closed(ledger, early=True)
    assert isinstance(house.state(ledger, "2025-11-24", "2025-11-28"), Issued)
    ledger.close()
    house.check()


def test_a_quiet_month_can_be_stated(tmp_path: Path) -> None:
    """Where nothing happened for days the empty epoch can be closed early, and the statement says zero of all."""
    house, ledger = founded(tmp_path)
    house.busy_day(ledger)
    closed(ledger)
    house.now += 3 * DAY
    assert closed(ledger, early=True).early
    house.now += 0
    issued = house.state(ledger, "2025-11-26", "2025-11-28")
    assert isinstance(issued, Issued)
    ledger.close()
    house.check()
