"""kill -9 under load: nothing that was acknowledged is lost, nothing is there by half, and the log verifies."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.ledger.loghouse import DAY, START, LogHouse, closed

from countenance.ledger.entry import parse
from countenance.ledger.ledger import Ledger
from countenance.ledger.merkle import leaf_hash

ROOT = Path(__file__).parents[3]


def kill_under_load(directory: Path, now: float, seconds: float) -> list[list[str]]:
    """Run the load for a while, kill it, and give what it had acknowledged."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.faults.load", str(directory), str(now)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    rest, wrong = process.communicate()
    assert first.startswith(b"open"), wrong.decode()
    lines = (first + rest).split(b"\n")[:-1]  # the last may be torn
    return [line.decode().split(" ") for line in lines]


def check_acknowledged(ledger: Ledger, said: list[list[str]]) -> int:
    """Everything that was acknowledged is there; how many acknowledgements."""
    for kind, *words in said:
        match kind:
            case "intent" | "erased":
                assert leaf_hash(ledger.entry(words[0])).hex() == words[1]
                assert (ledger.detail(words[0]) is None) == (kind == "erased")
            case "outcome":
                assert parse(ledger.entry(f"{words[0]}.outcome")).kind == "outcome"
            case "batch":
                assert all(ledger.entry(each) for each in words)
            case "closed" if words[0] != "0":
                assert any((k.epoch, k.size) == (int(words[0]), int(words[1])) for k in ledger.checkpoints())
    return len(said)


def check_whole_batches(ledger: Ledger) -> None:
    """Batches of three are there whole: builds stand in threes, one right after the other."""
    run = 0
    for kind in [*(parse(data).kind for _, data in ledger.entries()), "end"]:
        if kind == "build":
            run += 1
        else:
            assert run % 3 == 0
            run = 0


def story(directory: Path, seed: int, kills: int) -> int:
    chance = random.Random(seed)
    said: list[list[str]] = []
    now = START
    for _ in range(kills):
        said += kill_under_load(directory, now, chance.uniform(0.0, 0.25))
        now += 200 * DAY
        house = LogHouse(directory, now=now)
        with house.open(wait=10.0) as ledger:
            total = check_acknowledged(ledger, said)
            check_whole_batches(ledger)
            house.now += DAY
            house.act(ledger, 1)
            assert closed(ledger, early=True).published
        house.check()
        for past in (directory / "shards").glob("*"):
            house.check_published(f"shards/{past.name}")
    return total


@pytest.mark.parametrize("seed", range(5))
def test_killed_four_times_nothing_is_lost(quick_place: Callable[[], Path], seed: int) -> None:
    """Twenty kills at random moments, four on each log, with a new year between some of them."""
    assert story(quick_place(), seed, 4) > 8


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1020))
def test_killed_ten_times_nothing_is_lost(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """The long form: two hundred kills, on the real disk."""
    assert story(tmp_path_factory.mktemp("kills") / "data", seed, 10) > 20
