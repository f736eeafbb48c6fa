"""What crashes leave behind, after recovery, read by Go: every log of a kill, and of a fault of each way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.ledger.faults.failing_disk import Fault
from tests.ledger.faults.test_ledger_faults import WAYS, recover, rehearse, suffer
from tests.ledger.faults.test_ledger_kills import story
from tests.ledger.interop.conftest import Verdict, go_says
from tests.ledger.loghouse import ORIGIN, LogHouse

from countenance.ledger.start import verifier_key


def every_log(house: LogHouse) -> list[tuple[str, Path]]:
    """The published logs of a data directory, each with its key: the running one and those of past years."""
    places = [house.directory / "log", *sorted((house.directory / "shards").glob("*"))]
    found = []
    for place in places:
        origin = (place / "checkpoint").read_text("utf-8").split("\n")[0]
        assert origin.startswith(ORIGIN)
        found.append((str(verifier_key(origin, house.signing)), place))
    return found


def judged(go: Path, house: LogHouse, verdict: Verdict, what: str) -> None:
    for key, place in every_log(house):
        content, said = go_says(go, "verify", key, place)
        verdict("x/mod", f"{what}: {said}")
        assert content, said


@pytest.mark.parametrize(("kept", "dies", "power"), WAYS)
def test_go_accepts_what_a_fault_left(
    quick_place: Callable[[], Path], go: Path, verdict: Verdict, *, kept: bool, dies: bool, power: bool
) -> None:
    """One fault in each eighth of the story."""
    steps = rehearse(quick_place())
    for at in range(0, len(steps), len(steps) // 8):
        _, said, house = suffer(quick_place(), Fault(at, kept, dies, power))
        recover(house, said)
        judged(go, house, verdict, f"after {steps[at].operation} of {steps[at].role}")


@pytest.mark.parametrize("seed", [50, 51])
def test_go_accepts_what_kills_left(quick_place: Callable[[], Path], go: Path, verdict: Verdict, seed: int) -> None:
    """Three kills each, with a new year between some of them."""
    place = quick_place()
    story(place, seed, 3)
    judged(go, LogHouse(place), verdict, "after three kills")
