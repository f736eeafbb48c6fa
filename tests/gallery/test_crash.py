"""A killed process: what was acknowledged is there, what was erased is gone, nothing is half there."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from tests.gallery.house import MEMORY, House, sample_of, vector_of
from tests.gallery.test_erase import found, sealed

from countenance.terms.action import Action
from countenance.terms.gallery import Gallery, Keep

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that need not wait for a disk."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        yield Path(name)


def killed_after(directory: Path, seed: int, seconds: float) -> dict[str, set[int]]:
    """What a process said that was killed so long after it began."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.gallery.killed", str(directory), str(seed)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(seconds)
        process.kill()
        said: dict[str, set[int]] = defaultdict(set)
        for line in process.stdout:
            word, *numbers = line.split()
            if line.endswith("\n"):
                said[word] |= {int(n) for n in numbers}
    return said


def test_kill_under_load(place: Path) -> None:
    """Killed in the middle of everything: no acknowledged enrolment or erasure is lost."""
    kill_again_and_again(place, 5, 1809)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_kill_under_load_for_long(tmp_path: Path, seed: int) -> None:
    """The long form: a hundred kills, on the real disk."""
    kill_again_and_again(tmp_path, 10, seed)


def kill_again_and_again(place: Path, runs: int, chance: int) -> None:
    """On one data directory; after each kill a new process must find everything in order."""
    house = House(place)
    gallery = house.gallery()
    house.close()
    there: set[int] = set()
    last_use = 0
    dice = random.Random(chance)
    for seed in range(1, runs + 1):
        said = killed_after(place, seed, dice.uniform(0.02, 0.4))
        must = (there | said["enrolled"]) - said["erasing"]
        may = said["enrolling"] - said["enrolled"] | (said["erasing"] - said["erased"])
        house.open()
        names = {int(s.name[1:]) for s in house.galleries.subjects(gallery)}
        assert must <= names <= must | may
        assert house.galleries.examine(deep=True).findings == ()
        for number in dice.sample(sorted(names), min(5, len(names))):
            found = house.search(gallery, vector_of(number), threshold=0.999)
            assert [house.galleries.subject(gallery, c.subject).name for c in found.candidates] == [f"s{number}"]
        use = house.search(gallery, vector_of(0)).use
        assert use > max(said["used"], default=last_use), "no number is given twice"
        assert use > last_use
        last_use = use
        assert house.search(gallery, vector_of(0)).use == use + 1
        last_use += 1
        there = names
        house.close()


Act = Callable[[House, Gallery], object]


def _erase_reference(house: House, gallery: Gallery) -> None:
    ada = house.galleries.subject(gallery, "Ada")
    first = house.galleries.references(gallery, ada.id)[0]
    house.galleries.erase_reference(house.receipt(Action.DELETE, gallery=gallery), gallery, first.id)


ACTS: dict[str, Act] = {
    "enrol a new subject": lambda h, g: h.enrol(g, "New", vector_of(9), sample_of(9)),
    "enrol another picture": lambda h, g: h.enrol(g, "Ada", vector_of(9), sample_of(9)),
    "enrol a batch": lambda h, g: h.enrol_many(g, {f"n{n}": (vector_of(n), sample_of(n)) for n in (9, 10, 11)}),
    "erase": lambda h, g: h.erase(g, "Ada"),
    "erase a reference": _erase_reference,
    "create": lambda h, g: h.gallery("new"),
    "delete": lambda h, g: h.galleries.delete(h.receipt(Action.DELETE, gallery=g), "staff"),
}


FORGETTING = {"erase", "erase a reference", "delete"}


def state(house: House) -> object:
    """What somebody who looks can see."""
    seen = {}
    for gallery in house.galleries.list():
        subjects = house.galleries.subjects(gallery)
        found = house.search(gallery, vector_of(1), k=100).candidates
        assert {c.subject for c in found} == {s.id for s in subjects}
        seen[gallery.name] = {s.name: s.references for s in subjects}
    return seen


def dies(directory: Path, act: Act, at: int, *, after: bool) -> bool:
    """Whether a process that does ``act`` reached its ``at``-th commit, before or after which it was killed."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            house = House(directory)
            gallery = house.galleries.find("staff")
            house.search(gallery, vector_of(1))
            commits = 0

            def die(connection: Connection) -> None:
                nonlocal commits
                commits += 1
                if commits == at:
                    if after:
                        connection.connection.commit()
                    os.kill(os.getpid(), signal.SIGKILL)

            event.listen(house.database.engine, "commit", die)
            event.listen(house.keys._database.engine, "commit", die)
            act(house, gallery)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL)
    return status != 0


@pytest.mark.parametrize("name", ACTS)
def test_death_at_every_commit(place: Path, name: str) -> None:
    """Killed before or after each commit of an act: all of it happened or nothing, and the rest follows by itself."""
    first = place / "first"
    first.mkdir()
    house = House(first)
    gallery = house.gallery("staff", Keep.CROP)
    for number, subject in ((1, "Ada"), (2, "Ada"), (3, "Grace")):
        house.enrol(gallery, subject, vector_of(number), sample_of(number))
    before = state(house)
    secrets = sealed(house, house.galleries.subject(gallery, "Ada").id)
    house.close()
    shutil.copytree(first, place / "whole")
    house = House(place / "whole", house.desk)
    ACTS[name](house, gallery)
    after = state(house)
    house.close()
    assert before != after
    deaths = 0
    for late in (False, True):
        for at in range(1, 100):
            here = place / f"{late}-{at}"
            shutil.copytree(first, here)
            died = dies(here, ACTS[name], at, after=late)
            house = House(here, house.desk)
            seen = state(house)
            assert seen in (before, after), f"killed {'after' if late else 'before'} commit {at}"
            assert house.galleries.examine(deep=True).findings == ()
            if name in FORGETTING and seen == after:
                assert found(house, secrets) == set(), "in no file, whoever was killed while erasing"
            if died and seen == before:  # and then it can simply be done again
                ACTS[name](house, gallery)
                assert state(house) == after
            house.close()
            if not died:
                assert seen == after
                break
            deaths += 1
    assert deaths >= 2
