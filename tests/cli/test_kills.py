"""A process that is killed at any moment, or interrupted, loses nothing acknowledged and leaves nothing half."""

from __future__ import annotations

import hashlib
import io
import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.cli.conftest import PROGRAM, SEARCH

from countenance.assembly import open_house

CLI = Callable[..., Any]
PEOPLE = {"obama.jpg": 14, "biden.jpg": 14}
"""How many samples of each picture: the same photograph with other bytes after its end."""
ENROLLING = Path(__file__).with_name("enrolling.py")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, pictures: Mapping[str, Path]) -> Path:
    """A folder per subject; small pictures, so that most of the time is spent on writing."""
    made = tmp_path_factory.mktemp("folder") / "people"
    for name, copies in PEOPLE.items():
        small = io.BytesIO()
        with Image.open(pictures[name]) as image:
            image.thumbnail((400, 400))
            image.convert("RGB").save(small, "JPEG", quality=90)
        person = made / Path(name).stem
        person.mkdir(parents=True)
        for number in range(copies):
            (person / f"{number}.jpg").write_bytes(small.getvalue() + number.to_bytes(4, "big"))
    return made


def killed_while_enrolling(data: Path, folder: Path, after: float) -> set[str]:
    """Run the enrolling process, kill it ``after`` seconds from its readiness; the samples that it acknowledged."""
    with subprocess.Popen(
        [sys.executable, str(ENROLLING), str(data), str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        ready = process.stdout.readline()
        assert ready == b"ready\n", process.stderr.read()
        time.sleep(after)
        process.kill()
        said = process.stdout.read().decode()
    whole = [line.split(" ", 1) for line in said.split("\n")[:-1]]
    assert {word for word, _ in whole} <= {"Enrolled", "Known"}
    return {hashlib.sha256(Path(name).read_bytes()).hexdigest() for _, name in whole}


def sound(data: Path, acknowledged: set[str], countenance: CLI) -> int:
    """Open again and look: how many references there are, each acknowledged one, each with its intent."""
    with open_house(data) as house:
        galleries = [g for g in house.galleries.list() if g.name == "people"]
        kept = [
            (reference.sample_digest, reference.face)
            for gallery in galleries
            for subject in house.galleries.subjects(gallery)
            for reference in house.galleries.references(gallery, subject.id)
        ]
        asked: set[str] = set()
        for identity in house.ledger.ids():
            public = json.loads(house.ledger.entry(identity))
            if public["k"] == "intent" and (public["act"], public["dec"]) == ("enrol", "allow"):
                asked |= {digest for digest, _ in house.ledger.detail(identity)["samples"]}  # type: ignore[index,union-attr]
    assert len(kept) == len(set(kept)), "a sample was enrolled twice"
    digests = {digest for digest, _ in kept}
    assert acknowledged <= digests, "an acknowledged enrolment is lost"
    assert digests <= asked, "an enrolment has no intent"
    verified = countenance("--data", data, "log", "verify", "--json")
    assert (verified.code, verified.json["ok"]) == (0, True), verified.out
    return len(kept)


def finished(data: Path, folder: Path, countenance: CLI, before: int) -> None:
    """Run the same command again: it completes what is missing and adds nothing twice."""
    total = sum(PEOPLE.values())
    done = countenance("--data", data, "enrol", folder, "-g", "people", *SEARCH, "--json")
    assert done.code == 0, done.err
    counts = {"enrolled": total - before, "already enrolled": before}
    assert done.json["counts"] == {word: count for word, count in counts.items() if count}
    listed = countenance("--data", data, "subjects", "list", "-g", "people", "--json").json["subjects"]
    assert {s["subject"]: s["references"] for s in listed} == {Path(n).stem: c for n, c in PEOPLE.items()}
    looked = countenance("--data", data, "doctor", "--deep", "--json")
    assert [f for f in looked.json["findings"] if f["level"] == "wrong"] == []


def test_four_kills_in_a_row_lose_nothing(countenance: CLI, data: Path, folder: Path) -> None:
    """The same enrolment, killed at four seeded moments one after the other, and then run to its end."""
    acknowledged: set[str] = set()
    kept = 0
    for seed in range(4):
        acknowledged |= killed_while_enrolling(data, folder, random.Random(seed).uniform(0, 0.35))
        now = sound(data, acknowledged, countenance)
        assert now >= kept
        kept = now
    finished(data, folder, countenance, kept)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_a_kill_at_any_moment_loses_nothing(countenance: CLI, data: Path, folder: Path, seed: int) -> None:
    """Twenty seeded moments over the whole length of the enrolment, each in a data directory of its own."""
    acknowledged = killed_while_enrolling(data, folder, random.Random(seed).uniform(0, 2.0))
    finished(data, folder, countenance, sound(data, acknowledged, countenance))


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_init_is_gone_on_with(countenance: CLI, tmp_path: Path, seed: int) -> None:
    """Killed while it founds, ``init`` ends well when it is run again, or says that it was done already."""
    data = tmp_path / "data"
    process = subprocess.Popen(
        [PROGRAM, "--data", str(data), "init", "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 20
    while not data.exists() and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(random.Random(seed).uniform(0, 0.25))
    process.kill()
    process.wait()
    done = countenance("--data", data, "init", "--json")
    assert done.code == 0 or done.json["error"]["kind"] == "NameTaken", done.err
    made = countenance("--data", data, "galleries", "create", "x", *SEARCH, "--json")
    assert made.code == 0, made.err
    verified = countenance("--data", data, "log", "verify", "--json")
    assert (verified.code, verified.json["ok"]) == (0, True), verified.out


def test_an_interruption_ends_with_130_and_nothing_half_done(countenance: CLI, data: Path, folder: Path) -> None:
    """Ctrl-C: it says so on both streams, what was acknowledged is kept, and no request is left without outcome."""
    words = [PROGRAM, "--data", data, "enrol", folder, "-g", "people", *SEARCH, "--json"]
    process = subprocess.Popen(
        [str(w) for w in words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # What runs in a shell's background is started deaf to interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  it does nothing else
    )
    until = time.monotonic() + 60
    while references(data) == 0 and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "Traceback" not in err
    assert "interrupted" in err
    error = json.loads(out.splitlines()[-1])["error"]
    assert error["kind"] == "Interrupted"
    assert error["remedy"]
    kept = sound(data, set(), countenance)
    assert 0 < kept < sum(PEOPLE.values())
    assert countenance("--data", data, "log", "verify", "--json").json["unpaired"] == 0
    finished(data, folder, countenance, kept)


def references(data: Path) -> int:
    """How many references the store holds, seen by a reader from outside."""
    try:
        with closing(sqlite3.connect(f"file:{data / 'galleries.db'}?mode=ro", uri=True)) as store:
            return int(store.execute("SELECT count(*) FROM reference").fetchone()[0])
    except sqlite3.Error:
        return 0
