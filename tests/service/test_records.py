"""Records that laws ask for: rows from the vault, totals that a stranger can check against the statement."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from countenance.ledger.issue import Issued
from countenance.ledger.recount import Count
from countenance.service.asking import Refused
from countenance.service.manage import create_gallery
from countenance.service.record_keeping import duty_of, keep_record, laws
from countenance.service.state import state_use
from countenance.terms.errors import BrokenInput, LogDamaged, UnknownName
from countenance.terms.principal import Principal

from .registry import OBAMA, Registry, filled

registry = pytest.fixture(filled)
NOW = datetime.now(UTC).date()
TODAY = NOW.isoformat()


def test_each_duty_has_its_rows_and_a_statement_that_the_verifier_accepts(
    registry: Registry, tmp_path: Path, countenance: Any
) -> None:
    """One search and one refusal: the AI Act's row, Maryland's counts, a row of the GDPR for every purpose."""
    with registry.opened() as house:
        asking = house.asking("protest-monitoring", "consent:none")
        assert isinstance(create_gallery(house.rooms, asking, name="x"), Refused)
        key, digest = house.ledger.verifier_key, (house.ledger.detail(registry.search) or {})["samples"][0][0]
    made = {}
    for number, law in enumerate(laws()):
        out = tmp_path / f"{law}.json"
        words = ("records", law, "--from", TODAY, "--to", TODAY, "--out", out, "--json")
        closing = () if number else ("--close-epoch",)
        done = countenance("--data", registry.data, *words, *closing)
        assert done.code == 0, done.out + done.err
        made[law] = json.loads(out.read_text())
        assert done.json["rows"] == len(made[law]["rows"])
        assert made[law]["statement"] == Path(done.json["statement"]).read_text()
    statement = tmp_path / f"{laws()[0]}.json.statement"
    assert countenance("check", statement, registry.data / "log", "--key", key).code == 0
    [use] = made["eu-ai-act-12-3"]["rows"]
    assert (use["entry"], use["purpose"], use["reference_database"]) == (registry.search, "missing-person", "r")
    assert (use["result"], use["input_that_led_to_a_match"], use["references_compared"]) == ("candidates", digest, 2)
    assert use["start"] <= use["end"]
    assert use["start"].startswith(TODAY[:4])
    [counted] = made["us-md-2-510"]["rows"]
    assert (counted["database"], counted["searches"], counted["with_candidates"], counted["refused"]) == ("r", 1, 1, 0)
    by_purpose = {row["purpose"]: row for row in made["gdpr-30"]["rows"]}
    assert list(by_purpose) == ["access-control", "evaluation", "missing-person"]
    assert by_purpose["missing-person"]["data_subjects"] == "r"
    assert by_purpose["missing-person"]["erased_after_days"] == 365
    assert made["gdpr-30"]["totals"] == {
        "missing-person": {"permitted": 4, "refused": 0},
        "protest-monitoring": {"permitted": 0, "refused": 1},
    }
    assert OBAMA not in json.dumps(made)
    table = tmp_path / "uses.csv"
    csv_words = ("records", "gdpr-30", "--from", TODAY, "--to", TODAY, "--out", table)
    assert countenance("--data", registry.data, *csv_words).code == 0
    with table.open(newline="") as file:
        assert [row["purpose"] for row in csv.DictReader(file)] == list(by_purpose)


def test_a_record_that_does_not_add_up_is_not_given(registry: Registry) -> None:
    """Held to the statement's counts, for a governor alone, of a duty that there is."""
    with registry.opened() as house:
        charter, who, data = house.charters.judge().charter, house.asking(None, None).principal, house.settings.data
        issued = state_use(
            house.ledger, house.statement_key, charter, who, first_day=NOW, last_day=NOW, close_epoch=True
        )
        assert isinstance(issued, Issued)
        lines = dict(issued.statement.lines)
        lines["missing-person"] = lines["missing-person"]._replace(counted=Count(other=1))
        false = Issued(issued.note, issued.statement._replace(lines=lines), issued.entry)
        rest = (house.ledger, house.galleries, charter)
        with pytest.raises(LogDamaged, match="add up"):
            keep_record(*rest, who, data, law="gdpr-30", issued=false)
        with pytest.raises(BrokenInput, match="governs"):
            keep_record(*rest, Principal("os:eve"), data, law="gdpr-30", issued=issued)
    with pytest.raises(UnknownName, match="no duty"):
        duty_of("recorded")
