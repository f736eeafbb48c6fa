"""An intent lies in an epoch of the charter that judged it, or nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.loghouse import DAY, DIGEST, INTENT, REFUSED, LogHouse, _b64, founded

from countenance.ledger.draft import new_id
from countenance.ledger.entry import charter_message
from countenance.ledger.intent import Intent
from countenance.ledger.ledger import Ledger
from countenance.ledger.sequencer import Overtaken

NEXT = "c" * 64
WAYS: list[tuple[Intent, Callable[[Ledger], Callable[[Intent], Any]]]] = [
    (INTENT, lambda ledger: ledger.intend),
    (REFUSED, lambda ledger: ledger.refuse),
]


def adopt_next(house: LogHouse, ledger: Ledger) -> None:
    """Another charter, in force from the next epoch."""
    charter = new_id()
    public = {
        "id": charter, "digest": NEXT, "from": ledger.epoch + 1, "min": 1, "n": 1,
        "gov": [_b64(house.governor.public)], "sig": [_b64(house.governor.sign(charter_message(NEXT)))],
    }  # fmt: skip
    purpose = {"of": charter, "pur": "missing-person", "forbidden": False, "text": "Find people."}
    ledger.record_many([("charter", public, {}), ("purpose", purpose, {})])


@pytest.mark.parametrize(("intent", "way"), WAYS)
def test_what_the_old_charter_judged_is_not_taken_into_the_new_one_s_epoch(
    tmp_path: Path, intent: Intent, way: Callable[[Ledger], Callable[[Intent], Any]]
) -> None:
    """Nothing is written of it; the epoch ends by the clock at this very request, the first of the next day."""
    house, ledger = founded(tmp_path)
    adopt_next(house, ledger)
    house.act(ledger, 3)
    before = ledger.epoch
    assert not isinstance(way(ledger)(intent), Overtaken)
    entries = set(ledger.ids())
    house.now += DAY
    assert way(ledger)(intent) == Overtaken(NEXT)
    assert ledger.epoch == before + 1
    kinds = [ledger.entry(each) for each in set(ledger.ids()) - entries]
    assert not [data for data in kinds if b'"k":"intent"' in data]
    answer = way(ledger)(replace(intent, charter=NEXT, purpose="missing-person"))
    assert not isinstance(answer, Overtaken)
    assert way(ledger)(replace(intent, charter=DIGEST)) == Overtaken(NEXT)
    ledger.close()
    house.check()


def test_without_a_charter_nothing_overtakes(tmp_path: Path) -> None:
    """A log in which none was adopted yet takes what is judged by any."""
    house = LogHouse(tmp_path)
    with house.open() as ledger:
        assert not isinstance(ledger.intend(INTENT), Overtaken)
