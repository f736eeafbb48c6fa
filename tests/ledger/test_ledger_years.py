"""A log a year: each cites the other, and what counts goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.ledger.loghouse import DAY, GALLERY, INTENT, ORIGIN, closed, founded, kinds

from countenance.ledger.entry import parse
from countenance.ledger.issue import Issued, NotStated
from countenance.ledger.note import parse_vkey
from countenance.ledger.outcome import Outcome, OutcomeResult
from countenance.ledger.sequencer import Sequencer
from countenance.ledger.whole import check_whole
from countenance.terms.action import Action
from countenance.terms.errors import Unwritable


def test_a_new_year_begins_a_new_log_that_cites_the_old_one(tmp_path: Path) -> None:
    """The last entry but the epoch's end names the next origin; the first of the next cites the last checkpoint."""
    house, ledger = founded(tmp_path)
    receipts = house.busy_day(ledger, 40)
    house.now += 40 * DAY
    receipts += house.act(ledger, 3)
    ledger.flush()
    assert ledger.shard_origin == f"{ORIGIN}/2026"
    assert kinds(ledger)[:6] == ["shard", "key", "key", "charter", "purpose", "purpose"]
    first = parse(next(ledger.entries())[1]).fields
    final = [k for k in ledger.checkpoints() if k.origin == ORIGIN][-1]
    assert (first["origin"], first["size"], first["root"]) == (ORIGIN, final.size, final.root.hex())
    house.now += DAY
    closed(ledger)
    assert parse_vkey(ledger.verifier_key).name == f"{ORIGIN}/2026"
    for receipt in receipts:
        assert isinstance(ledger.proof(receipt.entry), str)
    issued = house.state(ledger, "2025-11-24", "2025-12-31")
    assert isinstance(issued, Issued)
    assert issued.statement.origin == ORIGIN
    assert isinstance(house.state(ledger, "2025-11-24", "2026-01-04"), NotStated)
    ledger.close()
    found = house.check()
    assert found["origin"] == f"{ORIGIN}/2026"
    assert [each["size"] for each in found["past"]] == [final.size]
    old = house.check_published(f"shards/{ORIGIN.replace('/', '_')}")
    assert old["origin"] == ORIGIN
    with house.open() as again:
        assert again.shard_origin == f"{ORIGIN}/2026"
        assert again.last_use(GALLERY) == house.uses
        house.act(again)
    assert house.check()["unpaired"] == 0


def test_every_counter_goes_on_in_the_new_year(tmp_path: Path) -> None:
    """Those of galleries, and that of comparisons without one: nothing is missing at the beginning of a shard."""
    house, ledger = founded(tmp_path)
    alone = replace(INTENT, action=Action.VERIFY, gallery="", references=None)
    for use in range(1, 6):
        ledger.conclude(ledger.intend(alone).result(), Outcome(OutcomeResult.MATCH, None, use))
        if use == 3:
            house.act(ledger, 2)
            house.now += 40 * DAY
    assert ledger.shard_origin == f"{ORIGIN}/2026"
    house.act(ledger, 2)
    ledger.close()
    steps: list[str] = []
    check_whole(tmp_path, house.signing, lambda step, finding: steps.append(f"{step} {finding}"))
    assert "uses 0 missing, 0 twice, in 2 counters" in steps


@pytest.mark.parametrize("place", ["_follow_year", "_begin_shard", "_open_shard"])
def test_a_log_that_died_at_new_year_goes_on_in_the_new_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """The end of the old log was durable, the beginning of the new one was not: the next start writes it."""
    house, ledger = founded(tmp_path)
    house.busy_day(ledger)
    house.now += 40 * DAY

    def die(*_: object) -> None:
        raise Unwritable("died here")

    with monkeypatch.context() as crash:
        crash.setattr(Sequencer, place, die)
        with pytest.raises(Unwritable):
            ledger.intend(INTENT)
    ledger.close()
    with house.open() as again:
        assert again.shard_origin == f"{ORIGIN}/2026"
        assert kinds(again)[:6] == ["shard", "key", "key", "charter", "purpose", "purpose"]
        house.busy_day(again)
        closed(again)
    house.check()
