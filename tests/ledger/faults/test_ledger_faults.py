"""The fault table: each write, sync, rename and commit × {lost, kept} × {goes on, dies, power lost}; then recovery."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.ledger.faults.failing_disk import FailingDisk, Fault, Step
from tests.ledger.loghouse import DAY, INTENT, LogHouse, closed, founded

from countenance.ledger.checkpoint import parse_checkpoint
from countenance.ledger.ledger import Closed, Ledger
from countenance.ledger.note import parse_note
from countenance.ledger.outcome import Outcome, OutcomeResult
from countenance.terms.errors import CountenanceError
from countenance.terms.receipt import Receipt


@dataclass
class Acknowledged:
    """What the log said was so, which must then be so for ever."""

    receipts: list[Receipt] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    epochs: list[Closed] = field(default_factory=list)
    published: list[tuple[int, bytes]] = field(default_factory=list)


def story(house: LogHouse, ledger: Ledger, said: Acknowledged) -> list[Callable[[], None]]:
    """A short life with everything in it, one step at a time."""

    def ask() -> None:
        said.receipts.append(ledger.intend(INTENT).result())

    def conclude() -> None:
        house.uses += 1
        ledger.conclude(said.receipts[-1], Outcome(OutcomeResult.NONE, 0, house.uses))
        said.outcomes.append(said.receipts[-1].entry)

    def batch() -> None:
        said.batches.append(
            ledger.record_many([("build", {"ver": f"0.{i}", "digest": "c" * 64}, {}) for i in range(3)])
        )

    def close() -> None:
        house.now += DAY
        found = ledger.close_epoch(early=True)
        if isinstance(found, Closed):
            said.epochs.append(found)

    def erase() -> None:
        ledger.erase([said.receipts[0].entry], basis="withdrawal", detail={"principal": "os:alice"})
        said.erased.append(said.receipts[0].entry)

    def many() -> None:
        said.batches.append(
            ledger.record_many([("build", {"ver": f"1.{i}", "digest": "d" * 64}, {}) for i in range(260)])
        )

    return [ask, conclude, ask, batch, close, ask, conclude, erase, many, ask, close, ask]


def run(house: LogHouse, ledger: Ledger, said: Acknowledged) -> None:
    """Tell the story; after an error go on as a stubborn caller would. What was published is watched all along."""
    for step in story(house, ledger, said):
        with contextlib.suppress(CountenanceError, IndexError):
            step()
        note = house.directory / "log" / "checkpoint"
        if note.exists():
            data = note.read_bytes()
            said.published.append((parse_checkpoint(parse_note(data).text).size, data))


def build(directory: Path) -> LogHouse:
    """A log that has lived for a day already."""
    house, ledger = founded(directory)
    house.busy_day(ledger)
    closed(ledger)
    ledger.close()
    return house


def rehearse(directory: Path) -> list[Step]:
    """The operations of the story where nothing fails."""
    house, disk = build(directory), FailingDisk()
    with house.open(disk=disk) as ledger:
        run(house, ledger, Acknowledged())
    return disk.steps


def suffer(directory: Path, fault: Fault) -> tuple[FailingDisk, Acknowledged, LogHouse]:
    """Tell the story on a failing disk, to the end of its process."""
    house, disk, said = build(directory), FailingDisk(fault), Acknowledged()
    with contextlib.suppress(CountenanceError):
        ledger = house.open(disk=disk)
        try:
            run(house, ledger, said)
        finally:
            ledger.close(wait=5.0)
    if fault.power:
        disk.lose_power()
    return disk, said, house


def recover(house: LogHouse, said: Acknowledged) -> None:
    """Open again on a healthy disk: what was acknowledged is there, and the log goes on and verifies."""
    with house.open() as ledger:
        house.check_receipts(ledger, said.receipts)
        for entry in said.outcomes:
            assert ledger.entry(f"{entry}.outcome")
        for batch in said.batches:
            assert all(ledger.entry(each) for each in batch)
        for receipt in said.receipts:
            if receipt.entry in said.erased:
                assert ledger.detail(receipt.entry) is None
            elif receipt is not said.receipts[0]:  # the first may have been erased without an acknowledgement
                detail = ledger.detail(receipt.entry)
                assert detail is not None
                assert detail["case"] == "case-4711"
        kept = {k.epoch: k for k in ledger.checkpoints()}
        assert all(kept[each.epoch].size == each.size for each in said.epochs)
        house.act(ledger)
        house.now += DAY
        assert closed(ledger, early=True).published
        for receipt in said.receipts:
            assert str(ledger.proof(receipt.entry)).startswith("c2sp.org/tlog-proof@v1")
    sizes = [size for size, _ in said.published]
    assert sizes == sorted(sizes)
    house.check(seen=said.published)


def first_and_last_of_each(steps: list[Step]) -> list[int]:
    """The short form of the table: of each kind of step its first and its last."""
    chosen = set()
    for step in set(steps):
        places = [i for i, each in enumerate(steps) if each == step]
        chosen |= {places[0], places[-1]}
    return sorted(chosen)


@pytest.fixture(scope="module")
def steps(quick_place: Callable[[], Path]) -> list[Step]:
    return rehearse(quick_place())


WAYS = [
    pytest.param(False, False, False, id="lost-goes-on"),
    pytest.param(True, False, False, id="kept-goes-on"),
    pytest.param(False, True, False, id="lost-dies"),
    pytest.param(True, True, False, id="kept-dies"),
    pytest.param(False, True, True, id="lost-power"),
    pytest.param(True, True, True, id="kept-power"),
]


def test_the_table_has_every_kind_of_step(steps: list[Step]) -> None:
    """The story goes through every write that the log knows, or else the table would prove less than it seems."""
    assert {
        Step("write", "segment"), Step("sync", "segment"), Step("unlink", "segment"),
        Step("write", "staged tile"), Step("sync", "staged bundle"), Step("rename", "staged tile"),
        Step("rename", "public tile"), Step("rename", "public bundle"), Step("rename", "public checkpoint"),
        Step("sync directory", "staged tile"), Step("sync directory", "public tile"),
        Step("commit", "private commit.sqlite"), Step("commit", "private vault.sqlite"),
    } <= set(steps)  # fmt: skip


@pytest.mark.parametrize(("kept", "dies", "power"), WAYS)
def test_no_fault_loses_what_was_acknowledged(
    quick_place: Callable[[], Path], steps: list[Step], *, kept: bool, dies: bool, power: bool
) -> None:
    """Whatever fails, once: the log recovers, verifies, holds everything acknowledged, and never goes backwards.

    The short form takes every third step of the table in each way, each step in two ways; the long form takes all.
    """
    way = 4 * kept + 2 * dies + power
    for at in first_and_last_of_each(steps)[way % 3 :: 3]:
        disk, said, house = suffer(quick_place(), Fault(at, kept, dies, power))
        assert disk.fired
        recover(house, said)


@pytest.mark.soak
@pytest.mark.parametrize(("kept", "dies", "power"), WAYS)
def test_no_fault_at_any_step_loses_what_was_acknowledged(
    quick_place: Callable[[], Path], steps: list[Step], *, kept: bool, dies: bool, power: bool
) -> None:
    """The long form: every single operation."""
    for at in range(len(steps)):
        _, said, house = suffer(quick_place(), Fault(at, kept, dies, power))
        recover(house, said)
