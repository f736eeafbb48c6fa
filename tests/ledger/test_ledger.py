"""The ledger's door: receipts, outcomes, batches, openings, counters."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.ledger.loghouse import DAY, GALLERY, INTENT, ORIGIN, REFUSED, closed, founded, kinds

from countenance.keys.signing import verify_signature
from countenance.ledger.commitment import check_opening
from countenance.ledger.draft import new_id
from countenance.ledger.entry import KINDS, RESULTS, parse
from countenance.ledger.merkle import leaf_hash
from countenance.ledger.outcome import Outcome, OutcomeResult
from countenance.ledger.proof import check_proof, parse_proof
from countenance.terms.errors import Malformed, UnknownName, Unwritable
from countenance.terms.sample import digest_of_samples


def test_a_receipt_promises_the_entry_that_is_in_the_log(tmp_path: Path) -> None:
    """The log signs it over leaf, gallery, samples, bound and session; it carries no index and no size."""
    house, ledger = founded(tmp_path)
    receipt = ledger.intend(INTENT).result()
    assert verify_signature(ledger.public_key, receipt.signed_bytes(), bytes.fromhex(receipt.signature))
    assert leaf_hash(ledger.entry(receipt.entry)).hex() == receipt.leaf
    assert (receipt.log, receipt.epoch, receipt.gallery, receipt.bound) == (ORIGIN, 1, GALLERY, 1)
    assert receipt.samples == digest_of_samples(INTENT.samples)
    assert receipt.session == INTENT.session
    assert not {"index", "size"} & set(receipt.to_json())
    ledger.close()
    house.check()


def test_a_promise_gives_the_same_receipt_to_every_thread(tmp_path: Path) -> None:
    """``result`` may be called by several threads and again."""
    _, ledger = founded(tmp_path)
    promise = ledger.intend(INTENT)
    found = []
    threads = [threading.Thread(target=lambda: found.append(promise.result())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({r.signature for r in found}) == 1
    assert found[0] == promise.result()
    ledger.close()


def test_a_refusals_receipt_permits_nothing(tmp_path: Path) -> None:
    """It proves the entry; its bound is zero and its session is nobody's."""
    house, ledger = founded(tmp_path)
    receipt = ledger.refuse(REFUSED)
    assert (receipt.bound, receipt.session) == (0, "")
    assert parse(ledger.entry(receipt.entry)).fields["dec"] == "deny"
    with pytest.raises(Malformed):
        ledger.conclude(receipt, Outcome(OutcomeResult.NONE))
    ledger.close()
    house.check()


def test_permits_and_refusals_have_a_door_each(tmp_path: Path) -> None:
    """A refused request cannot get a receipt to compare with, nor a permitted one be written as refused."""
    _, ledger = founded(tmp_path)
    with pytest.raises(Malformed):
        ledger.intend(REFUSED)
    with pytest.raises(Malformed):
        ledger.refuse(INTENT)
    ledger.close()


def test_an_intent_has_at_most_one_outcome(tmp_path: Path) -> None:
    """The second is refused, also where two threads try at once; so is one for an intent of an earlier run."""
    house, ledger = founded(tmp_path)
    receipt = ledger.intend(INTENT).result()
    done: list[str] = []

    def conclude() -> None:
        try:
            ledger.conclude(receipt, Outcome(OutcomeResult.NONE))
            done.append("done")
        except Malformed:
            done.append("refused")

    threads = [threading.Thread(target=conclude) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["done"] + ["refused"] * 5
    left = ledger.intend(INTENT).result()
    ledger.close()
    with house.open() as again, pytest.raises(Malformed):
        again.conclude(left, Outcome(OutcomeResult.NONE))
    assert house.check()["unpaired"] == 1


def test_requests_and_outcomes_of_a_batch_each_stand_for_themselves(tmp_path: Path) -> None:
    """Permitted and refused ones together: an entry and a receipt each; outcomes are all or none, and one each."""
    house, ledger = founded(tmp_path)
    first, denied, second = (promise.result() for promise in ledger.request_many([INTENT, REFUSED, INTENT]))
    assert [parse(ledger.entry(r.entry)).fields["dec"] for r in (first, denied, second)] == ["allow", "deny", "allow"]
    assert (denied.bound, denied.session) == (0, "")
    none, before = Outcome(OutcomeResult.NONE), kinds(ledger)
    for wrong in ([first, denied], [first, second, first]):
        with pytest.raises(Malformed):
            ledger.conclude_many([(receipt, none) for receipt in wrong])
    assert kinds(ledger) == before
    ledger.conclude_many([(first, none), (second, none)])
    with pytest.raises(Malformed):
        ledger.conclude_many([(second, none)])
    ledger.close()
    assert house.check()["unpaired"] == 0


def test_an_outcome_is_found_by_its_intent(tmp_path: Path) -> None:
    """Its public part is coarse, its sealed part exact."""
    house, ledger = founded(tmp_path)
    (receipt,) = house.act(ledger)
    said = parse(ledger.entry(f"{receipt.entry}.outcome")).fields
    assert (said["res"], said["n"], said["ctr"]) == ("candidates", "2-5", 1)
    detail = ledger.detail(f"{receipt.entry}.outcome")
    assert detail is not None
    assert detail["candidates"] == [["subject-1", 0.71]]
    assert detail["count"] == 2
    ledger.close()


def test_the_words_for_results_are_the_schemas(tmp_path: Path) -> None:
    """What the writing side can say is what the formats know."""
    assert {each.value for each in OutcomeResult} == set(RESULTS)


def test_a_batch_is_all_or_none(tmp_path: Path) -> None:
    """One bad entry keeps the others of its batch out."""
    _, ledger = founded(tmp_path)
    before = kinds(ledger)
    with pytest.raises(Malformed, match="pur"):
        ledger.request_many([INTENT, replace(INTENT, purpose="not registered")])
    with pytest.raises(Malformed, match="digest"):
        ledger.record_many(
            [("build", {"ver": "1", "digest": "c" * 64}, {}), ("build", {"ver": "1", "digest": "no"}, {})]
        )
    assert kinds(ledger) == before
    ledger.close()


def test_an_id_is_given_once(tmp_path: Path) -> None:
    """A second entry of an id could never be found, so it is refused."""
    _, ledger = founded(tmp_path)
    name = ledger.record("build", {"id": new_id(), "ver": "1", "digest": "c" * 64})
    with pytest.raises(Malformed, match="already"):
        ledger.record("build", {"id": name, "ver": "1", "digest": "c" * 64})
    ledger.close()


@pytest.mark.parametrize("kind", ["intent", "outcome", "epoch", "shard", "tally", "erasure", "hold", "nonsense"])
def test_the_ledgers_own_kinds_have_no_back_door(tmp_path: Path, kind: str) -> None:
    """What the ledger writes itself cannot be written as if by somebody else, and unknown kinds not at all."""
    _, ledger = founded(tmp_path)
    with pytest.raises(Malformed):
        ledger.record(kind, {})
    ledger.close()


def test_no_callers_words_get_into_public_fields(tmp_path: Path) -> None:
    """Text where an id of the register belongs is refused, and nothing is written."""
    _, ledger = founded(tmp_path)
    before = kinds(ledger)
    for wrong in (
        replace(INTENT, purpose="find Mrs Miller"),
        replace(INTENT, authority_class="Case 4711"),
        replace(INTENT, gallery="Shelter North"),
        replace(INTENT, policies=("because I say so",)),
        replace(INTENT, detail={"colour": "red"}),
    ):
        with pytest.raises(Malformed):
            ledger.intend(wrong)
    assert kinds(ledger) == before
    ledger.close()


def test_one_field_is_opened_and_no_other(tmp_path: Path) -> None:
    """An opening shows its field, verifies against the commitment, and has no other value or salt in it."""
    house, ledger = founded(tmp_path)
    (receipt,) = house.act(ledger)
    (opening,) = ledger.open_fields(receipt.entry, ["authority_reference"])
    assert check_opening(opening) == "guardian-request of Mrs Miller"
    assert not opening.proof
    closed(ledger, early=True)
    (opening,) = ledger.open_fields(receipt.entry, ["case"])
    assert check_opening(opening) == "case-4711"
    check_proof(parse_proof(opening.proof.encode()), opening.entry.encode(), house.key)
    assert "Miller" not in repr(opening)
    with pytest.raises(UnknownName):
        ledger.open_fields(receipt.entry, ["colour"])
    ledger.close()


def test_use_counters_continue(tmp_path: Path) -> None:
    """The last counter of each gallery is known after a start, from the journal and from the commit point alike."""
    house, ledger = founded(tmp_path)
    house.act(ledger, 3)
    assert ledger.last_use(GALLERY) == 3
    ledger.close()
    with house.open() as again:
        assert again.last_use(GALLERY) == 3
        again.flush()
    with house.open() as again:
        assert again.last_use(GALLERY) == 3
        assert again.last_use("another1") == 0
        house.act(again)
    assert house.check()["unpaired"] == 0


def test_a_forked_process_promises_nothing(quick_place: Callable[[], Path]) -> None:
    """The child of a fork has the memory of a log and not its threads nor its lock: it is refused."""
    _, ledger = founded(quick_place())
    child = os.fork()
    if child == 0:
        try:
            ledger.intend(INTENT)
        except Unwritable:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    ledger.close()


def test_every_kind_is_written_by_somebody(tmp_path: Path) -> None:
    """The kinds that the ledger writes by itself appear; the others go through ``record``."""
    house, ledger = founded(tmp_path)
    (receipt,) = house.act(ledger)
    ledger.hold([receipt.entry], detail={"reason": "the court"})
    ledger.hold([receipt.entry], lift=True, detail={})
    ledger.erase([receipt.entry], basis="withdrawal", detail={})
    house.now += 40 * DAY
    house.act(ledger)
    assert {"epoch", "tally", "shard", "erasure", "hold", "intent", "outcome"} <= {
        parse(ledger.entry(e)).kind for e in ledger.ids()
    }
    assert {"epoch", "tally", "shard", "erasure", "hold", "intent", "outcome"} <= set(KINDS)
    ledger.close()
