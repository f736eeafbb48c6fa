"""The ledger's door: receipts, outcomes, epochs, proofs, statements, shards."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.ledger.loghouse import DAY, GALLERY, INTENT, ORIGIN, REFUSED, LogHouse, closed, founded, kinds

from countenance.keys.signing import verify_signature
from countenance.ledger import integrator
from countenance.ledger.checkpoint import open_checkpoint
from countenance.ledger.commitment import check_opening
from countenance.ledger.disk import Disk
from countenance.ledger.draft import new_id
from countenance.ledger.entry import KINDS, RESULTS, parse
from countenance.ledger.issue import Issued, NotStated
from countenance.ledger.ledger import Closed, NotYet
from countenance.ledger.merkle import Node, consistency_proof, leaf_hash
from countenance.ledger.note import VerifierKey, parse_note, parse_vkey
from countenance.ledger.outcome import Outcome, OutcomeResult
from countenance.ledger.proof import check_proof, parse_proof
from countenance.ledger.sequencer import Sequencer
from countenance.ledger.start import verifier_key
from countenance.ledger.statement import parse_statement
from countenance.ledger.verifier.check import Asked, check_log
from countenance.ledger.verifier.failure import FalseStatement
from countenance.ledger.verifier.source import Directory
from countenance.ledger.whole import check_whole
from countenance.terms.action import Action
from countenance.terms.errors import LogDamaged, Malformed, UnknownName, Unwritable
from countenance.terms.sample import digest_of_samples


def key_of(house: LogHouse, origin: str = ORIGIN) -> VerifierKey:
    return verifier_key(origin, house.signing)


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
    with pytest.raises(Malformed, match="digest"):
        ledger.record_many(
            [("build", {"ver": "1", "digest": "c" * 64}, {}), ("build", {"ver": "1", "digest": "no"}, {})]
        )
    assert kinds(ledger) == before
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


def test_an_epoch_closes_at_the_first_boundary_with_enough_requests(tmp_path: Path) -> None:
    """Not within its day, not with too few requests; then at the next entry after the boundary."""
    house, ledger = founded(tmp_path)
    house.act(ledger, 5)
    assert ledger.epoch == 1
    house.now += DAY
    house.act(ledger)
    assert ledger.epoch == 2
    house.now += DAY
    assert ledger.epoch == 2
    ledger.refuse(REFUSED)
    assert ledger.epoch == 2, "the second epoch has one request only"
    house.act(ledger)
    house.now += DAY
    house.act(ledger)
    assert ledger.epoch == 3
    ledger.close()
    assert house.check()["early"] == []


def test_an_epoch_closes_after_31_days_whatever_it_holds(tmp_path: Path) -> None:
    """The charter's minimum may be long in coming; 31 days are the longest, and that is not called early."""
    house, ledger = founded(tmp_path)
    ledger.refuse(REFUSED)
    house.now += 30 * DAY
    ledger.record("build", {"ver": "1", "digest": "c" * 64})
    assert ledger.epoch == 1
    house.now += DAY
    ledger.record("build", {"ver": "1", "digest": "c" * 64})
    assert ledger.epoch == 2
    ledger.close()
    assert house.check()["early"] == []


def test_closing_early_is_asked_for_and_said(tmp_path: Path) -> None:
    """Below the minimum a plain close is refused with the numbers; an early one says so for ever."""
    house, ledger = founded(tmp_path)
    ledger.refuse(REFUSED)
    refused = ledger.close_epoch()
    assert isinstance(refused, NotYet)
    assert "1 requests" in refused.reason
    assert closed(ledger, early=True, principal="os:grace", reason="the court asks today").early
    assert isinstance(ledger.close_epoch(early=True), NotYet), "nothing has happened since"
    entry = next(e for e in ledger.ids() if parse(ledger.entry(e)).kind == "epoch")
    detail = ledger.detail(entry)
    assert detail is not None
    assert detail["principal"] == "os:grace"
    ledger.close()
    assert house.check()["early"] == [1]


def test_a_clock_that_goes_backwards_closes_nothing(tmp_path: Path) -> None:
    """Epochs only rise; a close by hand takes the later of the two times, and notes it sealed."""
    house, ledger = founded(tmp_path)
    house.busy_day(ledger)
    house.act(ledger)
    assert ledger.epoch == 2
    house.now -= 5 * DAY
    house.act(ledger, 5)
    assert ledger.epoch == 2
    assert closed(ledger).epoch == 2
    house.act(ledger)
    ledger.close()
    house.check()


def test_entries_made_while_an_epoch_ends_are_in_the_right_one(tmp_path: Path) -> None:
    """Many threads ask while epochs close under them: along the log epochs only rise."""
    house, ledger = founded(tmp_path)

    def ask() -> None:
        for _ in range(60):
            ledger.intend(INTENT).result()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        ledger.close_epoch(early=True)
    for thread in threads:
        thread.join()
    epochs = [parse(data).fields["ep"] for _, data in ledger.entries()]
    assert epochs == sorted(epochs)
    assert len(set(epochs)) > 2
    ledger.close()
    house.check()


def test_a_receipt_becomes_a_proof_when_its_epoch_is_published(tmp_path: Path) -> None:
    """Not before; then it verifies with the log's key alone, and still does many epochs later."""
    house, ledger = founded(tmp_path)
    (receipt,) = house.act(ledger)
    assert isinstance(ledger.proof(receipt.entry), NotYet)
    house.busy_day(ledger)
    closed(ledger)
    text = ledger.proof(receipt.entry)
    assert isinstance(text, str)
    proof = parse_proof(text.encode())
    assert proof.extra is not None
    assert leaf_hash(proof.extra).hex() == receipt.leaf
    check_proof(proof, proof.extra, key_of(house))
    for _ in range(3):
        house.busy_day(ledger, 100)
        closed(ledger)
    check_proof(proof, proof.extra, key_of(house))
    assert ledger.proof(receipt.entry) == text
    with pytest.raises(UnknownName):
        ledger.proof(new_id())
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
    check_proof(parse_proof(opening.proof.encode()), opening.entry.encode(), key_of(house))
    assert "Miller" not in repr(opening)
    with pytest.raises(UnknownName):
        ledger.open_fields(receipt.entry, ["colour"])
    ledger.close()


def test_nothing_of_an_open_epoch_is_public(tmp_path: Path) -> None:
    """Neither its entries nor its tiles lie in the public directory before it closes, however many there are."""
    house, ledger = founded(tmp_path)
    house.busy_day(ledger)
    closed(ledger)
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "log").rglob("*")}
    for promise in [ledger.intend(INTENT) for _ in range(600)]:
        promise.result()
    ledger.flush()
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "log").rglob("*")} == before
    ledger.close()
    house.check()


def test_the_times_of_public_files_tell_the_publication_alone(tmp_path: Path) -> None:
    """Tiles were staged while the epoch ran; a web server would tell that time of each."""
    house, ledger = founded(tmp_path)
    for promise in [ledger.intend(INTENT) for _ in range(600)]:
        promise.result()
    ledger.flush()
    staged = [p for p in (tmp_path / "ledger" / "staged").rglob("*") if p.is_file()]
    assert len(staged) >= 4
    for path in staged:
        os.utime(path, (house.now, house.now))
    begun = time.time()
    closed(ledger)
    files = [p for p in (tmp_path / "log").rglob("*") if p.is_file()]
    assert len(files) > len(staged)
    assert all(p.stat().st_mtime >= begun - 1 for p in files)
    ledger.close()


def test_every_checkpoint_is_kept_and_stays_true(tmp_path: Path) -> None:
    """All that were ever signed are kept, one to a size, and each is a beginning of the next."""
    house, ledger = founded(tmp_path)
    for _ in range(5):
        house.busy_day(ledger, 60)
        closed(ledger)
    kept = ledger.checkpoints()
    assert [k.epoch for k in kept] == [1, 2, 3, 4, 5]
    assert len({k.size for k in kept}) == 5
    ledger.close()
    house.check()


def test_a_flood_is_slowed_down_to_what_can_be_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever appends faster than the tree is built waits: memory does not grow with the flood."""
    monkeypatch.setattr(integrator, "STRETCH", 50)
    monkeypatch.setattr(integrator, "MOST_PENDING", 200)
    house, ledger = founded(tmp_path)
    most = 0
    for _ in range(40):
        ledger.record_many([("build", {"ver": "1", "digest": "c" * 64}, {})] * 50)
        most = max(most, len(ledger._parts.integrator.snapshot()[1]))
    assert most <= 250
    ledger.close()
    assert house.check()["size"] > 2000


def test_no_checkpoint_is_signed_over_what_reads_back_wrong(tmp_path: Path) -> None:
    """A bit that a disk flipped after the sync ends the writer; on a sound disk the next start makes it right."""

    class Flipping(Disk):
        def rename(self, source: Path, target: Path) -> None:
            super().rename(source, target)
            if "entries" in target.parts and "staged" in target.parts:
                data = bytearray(target.read_bytes())
                data[40] ^= 1
                target.write_bytes(bytes(data))

    house, ledger = founded(tmp_path)
    receipts = house.act(ledger, 3)
    ledger.close()
    with house.open(disk=Flipping()) as broken:
        with pytest.raises(LogDamaged, match="reads back"):
            broken.close_epoch(early=True)
        with pytest.raises(LogDamaged):
            broken.intend(INTENT)
        assert broken.checkpoints() == []
    assert not (tmp_path / "log").exists()
    with house.open() as again:
        house.check_receipts(again, receipts)
        house.act(again)
    assert house.check()["epochs"] == 1


def test_the_whole_log_is_verified_beside_its_writer(tmp_path: Path) -> None:
    """Without the lock, while entries are written and epochs close: every reading is a sound log."""
    house, ledger = founded(tmp_path)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            house.act(ledger, 20)
            ledger.close_epoch(early=True)

    writing = threading.Thread(target=write)
    writing.start()
    sizes = [check_whole(tmp_path, house.signing, lambda *_: None)["size"] for _ in range(6)]
    stop.set()
    writing.join()
    ledger.close()
    assert sizes == sorted(sizes)
    assert house.check()["size"] >= sizes[-1]


def test_publication_waits_for_witnesses_and_the_service_does_not(tmp_path: Path) -> None:
    """Without a quorum nothing is public and requests go on; once it is met the epochs follow in order."""
    asked: list[int] = []
    willing = threading.Event()

    def collect(note: bytes, node: Node) -> bytes | None:
        size = open_checkpoint(note, key_of(house)).checkpoint.size
        asked.append(size)
        if len(asked) > 1:
            assert len(consistency_proof(asked[0], size, node)) > 0 or size == asked[0]
        return note if willing.is_set() else None

    house = LogHouse(tmp_path)
    ledger = house.open(collect=collect)
    house.adopt(ledger)
    receipts = house.busy_day(ledger)
    first = ledger.close_epoch(wait=5.0)
    assert isinstance(first, Closed)
    assert not first.published
    assert isinstance(ledger.proof(receipts[0].entry), NotYet)
    assert not (tmp_path / "log" / "checkpoint").exists()
    house.busy_day(ledger)
    willing.set()
    assert closed(ledger, wait=5.0).published
    assert [k.published is not None for k in ledger.checkpoints()] == [True, True]
    assert isinstance(ledger.proof(receipts[0].entry), str)
    ledger.close()
    house.check()


def test_a_witness_that_breaks_does_not_break_the_log(tmp_path: Path) -> None:
    """An error while asking is one more reason to wait, and nothing else."""

    def collect(_note: bytes, _node: Node) -> bytes | None:
        raise OSError("the network is down")

    house = LogHouse(tmp_path)
    ledger = house.open(collect=collect)
    house.adopt(ledger)
    house.busy_day(ledger)
    ledger.close_epoch(wait=5.0)
    house.act(ledger)
    ledger.close()
    with house.open() as again:
        house.busy_day(again)
        assert closed(again).published
    house.check()


def statement_over(house: LogHouse, ledger: object, start: str, end: str) -> Issued | NotStated:
    return ledger.state(start, end, key=house.statements)  # type: ignore[attr-defined,no-any-return]  # a Ledger


def test_a_statement_counts_closed_epochs_and_verifies(tmp_path: Path) -> None:
    """Its numbers are the log's, its zero line names the forbidden purpose, and anybody can check it."""
    house, ledger = founded(tmp_path)
    house.busy_day(ledger, 7)
    closed(ledger)
    issued = statement_over(house, ledger, "2025-11-24", "2025-11-25")
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
    issued = statement_over(house, ledger, "2025-11-24", "2025-11-25")
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
    refused = statement_over(house, ledger, "2025-11-24", "2025-11-25")
    assert isinstance(refused, NotStated)
    assert refused.open_epoch == 1
    closed(ledger)
    house.now += 3 * DAY
    house.act(ledger)
    refused = statement_over(house, ledger, "2025-11-24", "2025-11-28")
    assert isinstance(refused, NotStated)
    assert refused.open_epoch == 2
    closed(ledger, early=True)
    assert isinstance(statement_over(house, ledger, "2025-11-24", "2025-11-28"), Issued)
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
    issued = statement_over(house, ledger, "2025-11-26", "2025-11-28")
    assert isinstance(issued, Issued)
    ledger.close()
    house.check()


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
    issued = statement_over(house, ledger, "2025-11-24", "2025-12-31")
    assert isinstance(issued, Issued)
    assert issued.statement.origin == ORIGIN
    assert isinstance(statement_over(house, ledger, "2025-11-24", "2026-01-04"), NotStated)
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
