"""Epochs: when they close, what is public of them, and the proofs that they bring."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from tests.ledger.loghouse import DAY, INTENT, REFUSED, LogHouse, closed, founded

from countenance.ledger import integrator
from countenance.ledger.checkpoint import open_checkpoint
from countenance.ledger.disk import Disk
from countenance.ledger.draft import new_id
from countenance.ledger.entry import parse
from countenance.ledger.issue import Issued
from countenance.ledger.ledger import Closed, NotYet
from countenance.ledger.merkle import leaf_hash
from countenance.ledger.merkle_proofs import Node, consistency_proof
from countenance.ledger.proof import check_proof, parse_proof
from countenance.ledger.whole import check_whole
from countenance.terms.errors import LogDamaged, UnknownName


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


def test_an_idle_log_is_closed_by_the_clock(tmp_path: Path) -> None:
    """Nobody writes any more, and yet the day is over: at a look, or at the next start, the epoch closes."""
    house, ledger = founded(tmp_path)
    house.busy_day(ledger)
    ledger.close_if_due()
    assert ledger.epoch == 2
    house.busy_day(ledger)
    ledger.close()
    with house.open() as again:
        assert again.epoch == 3
        assert isinstance(house.state(again, "2025-11-24", "2025-11-26"), Issued)
    house.check()


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
    check_proof(proof, proof.extra, house.key)
    for _ in range(3):
        house.busy_day(ledger, 100)
        closed(ledger)
    check_proof(proof, proof.extra, house.key)
    assert ledger.proof(receipt.entry) == text
    with pytest.raises(UnknownName):
        ledger.proof(new_id())
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
        size = open_checkpoint(note, house.key).checkpoint.size
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
