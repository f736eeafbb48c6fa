"""Drift: rates of what the log says in public, by purpose and epoch, and whether they moved."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.assembly import open_house
from countenance.evaluation.drift import Epoch, difference, fisher, holm, measure_drift, read_epochs
from countenance.evaluation.rate import Rate
from countenance.evaluation.wilson import wilson
from countenance.ledger.draft import new_id
from countenance.ledger.entry import Entry
from countenance.ledger.intent import Intent
from countenance.ledger.ledger import Ledger
from countenance.ledger.outcome import Outcome, OutcomeResult
from countenance.terms.action import Action
from countenance.terms.errors import Malformed
from countenance.terms.permit import AuthorityKind

ORACLE: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "oracle.json").read_text())
SEARCHES = ("search candidates", "search none")


def rate(k: int, n: int) -> Rate:
    return Rate(k, n, k / n, *wilson(k / n, n), n, "wilson")


@pytest.mark.parametrize("case", ORACLE["changes"], ids=lambda c: str(c["table"]))
def test_the_test_and_the_interval_are_those_of_scipy_and_statsmodels(case: dict[str, Any]) -> None:
    k1, n1, k2, n2 = case["table"]
    assert fisher(k1, n1, k2, n2) == pytest.approx(case["p"], rel=1e-6)
    assert difference(rate(k1, n1), rate(k2, n2)) == pytest.approx(case["difference"], abs=1e-9)


def test_the_correction_is_that_of_statsmodels_and_leaves_out_what_was_not_tested() -> None:
    case = ORACLE["holm"]
    assert holm([None, *case["p"], None]) == [None, *map(pytest.approx, case["corrected"]), None]


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 30), st.integers(1, 30))
def test_the_order_of_the_sides_does_not_matter(a: int, b: int, n1: int, n2: int) -> None:
    k1, k2 = min(a, n1), min(b, n2)
    p = fisher(k1, n1, k2, n2)
    assert 0 < p <= 1
    assert p == pytest.approx(fisher(k2, n2, k1, n1), rel=1e-9)


def epoch(number: int, found: int, searches: int) -> Epoch:
    counts = Counter({"search candidates": found, "search none": searches - found})
    return Epoch(number, "2026-01-01", "2026-01-02", [], {"missing-person": counts})


def test_a_rate_that_moved_is_named_and_one_that_did_not_is_not() -> None:
    """Against all epochs before, with the counts of both sides; the side is where it was asked for."""
    calm = [epoch(number, 20 + number % 3, 200) for number in range(6)]
    assert not any(row["changed"] for row in measure_drift(calm)["rates"])
    moved = measure_drift([*calm, epoch(6, 45, 200)])
    (row,) = moved["rates"]
    assert (row["before"]["n"], row["after"]["n"], row["after"]["k"], row["changed"]) == (1200, 200, 45, True)
    low, high = row["difference"]["ci95"]
    assert 0 < low < 45 / 200 - row["before"]["value"] < high
    assert not measure_drift([*calm, epoch(6, 45, 200)], since=2)["rates"][0]["p_corrected"] < 1e-4
    assert measure_drift([*calm, epoch(6, 45, 200)], since=2)["rates"][0]["before"]["n"] == 400
    json.dumps(moved, allow_nan=False)


def test_what_cannot_be_told_is_said() -> None:
    """One epoch alone has nothing before it; no epoch, or a side that is none, is refused."""
    (row,) = measure_drift([epoch(0, 1, 5)])["rates"]
    assert (row["p"], row["changed"], row["note"]) == (None, False, "not resolvable: one side has no trial")
    with pytest.raises(Malformed, match="no epoch is closed"):
        measure_drift([])
    for since in (0, 3):
        with pytest.raises(Malformed, match="--since"):
            measure_drift([epoch(0, 1, 5), epoch(1, 1, 5), epoch(2, 1, 5)], since)


def test_what_was_refused_or_went_wrong_is_no_trial() -> None:
    """Nor what has no outcome, and nothing of an epoch that still runs; a review counts where its search was asked."""
    intent = {"dec": "allow", "act": "search", "pur": "p", "ep": 1}
    entries = [
        Entry("intent", {**intent, "id": "denied", "dec": "deny"}),
        Entry("intent", {**intent, "id": "a"}),
        Entry("intent", {**intent, "id": "b"}),
        Entry("intent", {**intent, "id": "c"}),
        Entry("intent", {**intent, "id": "open"}),
        Entry("outcome", {"of": "a", "res": "candidates"}),
        Entry("outcome", {"of": "b", "res": "error"}),
        Entry("outcome", {"of": "c", "res": "failure"}),
        Entry("point", {"ep": 1, "of": "fpir"}),
        Entry("epoch", {"ep": 1, "start": "2026-01-01", "end": "2026-01-01"}),
        Entry("intent", {**intent, "id": "d", "ep": 2}),
        Entry("outcome", {"of": "d", "res": "none"}),
        Entry("review", {"of": "a", "res": "confirmed"}),
    ]
    (told,) = read_epochs(entries)
    assert dict(told.counts["p"]) == {"acquired": 1, "search candidates": 1, "failure": 1, "review confirmed": 1}
    assert told.changes == ["operating point adopted (fpir)"]


def ask(ledger: Ledger, charter: str, result: OutcomeResult, review: str = "") -> None:
    """One search with its outcome and its review."""
    promise = ledger.intend(
        Intent(
            Action.SEARCH, "missing-person", "guardian-request", AuthorityKind.SELF_DECLARED, "k2J9xQ_a", 13, 5,
            allowed=True, policies=("permit",), charter=charter, detail={"principal": "os:alice", "case": "case-4711"},
        )
    )  # fmt: skip
    receipt = promise.result()  # type: ignore[union-attr]  # nobody adopts a charter meanwhile
    ledger.conclude(receipt, Outcome(result, 1, None, {"candidates": [["subject-1", 0.7]]}))
    if review:
        ledger.record("review", {"id": new_id(), "of": receipt.entry, "res": review, "by": 2}, {"at": 1})


def test_drift_is_told_from_the_log(data: Path, tmp_path: Path, countenance: Callable[..., Any]) -> None:
    """By the verb: rates by purpose, before and since, in JSON and on a page that asks nobody for anything."""
    out = tmp_path / "out"
    with open_house(data) as house:
        charter = house.charters.judge().charter.digest
        for found, none, confirmed in ((2, 8, 1), (9, 1, 0)):
            for at in range(found):
                review = "confirmed" if at < confirmed else "rejected"
                ask(house.ledger, charter, OutcomeResult.CANDIDATES, review)
            for _ in range(none):
                ask(house.ledger, charter, OutcomeResult.NONE)
            house.ledger.close_epoch(early=True, principal="os:alice", reason="test")
        ask(house.ledger, charter, OutcomeResult.NONE)
        size = sum(1 for _ in house.ledger.entries())
    done = countenance("--data", data, "evaluate", "drift", "--out", out, "--json")
    assert done.code == 0, done.err
    rows = {row["rate"]: row for row in done.json["rates"] if row["purpose"] == "missing-person"}
    found = rows["searches with candidates"]
    assert [(row["k"], row["n"]) for row in (found["before"], found["after"])] == [(2, 10), (9, 10)]
    assert found["changed"]
    assert (rows["leads confirmed"]["before"]["k"], rows["leads rejected"]["after"]["k"]) == (1, 9)
    assert any("adopted" in " ".join(each["changes"]) for each in done.json["epochs"])
    page = (out / "drift.html").read_text()
    assert "no change is shown" in page
    assert "What the data cannot tell" in page
    assert re.findall(r'(?:src|href)="(?!#)([^"]*)"|url\((?!#)([^)]*)\)|@import|<script', page) == []
    held = page + (out / "drift.json").read_text()
    assert not any(word in held for word in ("os:alice", "case-4711", "subject-1"))
    with open_house(data) as house:
        assert sum(1 for _ in house.ledger.entries()) == size
    assert countenance("--data", data, "evaluate", "drift", "--since", "99", "--json").code == 12
    told = countenance("--data", data, "evaluate", "drift")
    assert (told.code, "missing-person: searches with candidates: 0.200" in told.out) == (0, True)
