"""What a killed process took with it stands in the log from the next start on, once, and the verifier takes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from countenance.assembly import House, open_house
from countenance.gallery.uses import BLOCK

ROOT = Path(__file__).parents[2]
KILLED = Path(__file__).with_name("killed_after_search.py")


def killed(data: Path, pictures: Mapping[str, Path]) -> str:
    """A process enrols and searches and is killed; the gallery's pseudonym."""
    words = [sys.executable, str(KILLED), str(data), str(pictures["obama.jpg"]), str(pictures["obama2.jpg"])]
    done = subprocess.run(
        words,
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=f"{ROOT}:{ROOT / 'src'}"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stdout.strip()


def gaps(house: House) -> list[tuple[Any, Any]]:
    found = [json.loads(data) for _, data in house.ledger.entries()]
    return [(entry, house.ledger.detail(entry["id"])) for entry in found if entry["k"] == "gap"]


def test_lost_use_numbers_are_told_once_and_verify(data: Path, pictures: Mapping[str, Path], countenance: Any) -> None:
    """The number that was given and told is not among them; the next number follows the gap."""
    pseudonym = killed(data, pictures)
    for _ in range(2):  # the second start has nothing to tell
        with open_house(data) as house:
            ((entry, detail),) = gaps(house)
            epoch = house.ledger.epoch
    assert (entry["why"], entry["first"], entry["last"]) == ("crash", epoch, epoch)
    assert detail["reason"] == f"use numbers lost when the process ended: {pseudonym} 2-{BLOCK}"
    words = ("--purpose", "missing-person", "--authority", "guardian-request:case-3", "--json")
    assert countenance("--data", data, "identify", pictures["obama2.jpg"], "-g", "g", *words).code == 0
    verified = countenance("--data", data, "log", "verify", "--json")
    assert verified.code == 0, verified.err
    assert verified.json["gaps"] == []
    said = json.dumps(verified.json["steps"])
    assert f"{BLOCK - 1} missing, 0 twice" in said
    assert "1, in epochs" in said


def test_a_second_crash_is_told_by_itself(data: Path, pictures: Mapping[str, Path]) -> None:
    """Each start tells what was lost since the one before."""
    pseudonym = killed(data, pictures)
    killed(data, pictures)
    with open_house(data) as house:
        reasons = [detail["reason"].rpartition(": ")[2] for _, detail in gaps(house)]
    assert reasons == [f"{pseudonym} 2-{BLOCK}", f"{pseudonym} {BLOCK + 2}-{2 * BLOCK}"]


def test_an_orderly_end_tells_nothing(data: Path, pictures: Mapping[str, Path], countenance: Any) -> None:
    """Numbers that were reserved and not used are given back."""
    words = ("--purpose", "missing-person", "--authority", "guardian-request:case-3")
    countenance("--data", data, "enrol", pictures["obama.jpg"], "-g", "g", "-s", "Obama", *words)
    assert countenance("--data", data, "identify", pictures["obama2.jpg"], "-g", "g", *words).code == 0
    with open_house(data) as house:
        assert gaps(house) == []
