"""A gallery in parts, by actors of a real Ray cluster: one process's answers, or an error, never half an answer."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.gallery.house import ORIGIN, House, probe_of, sample_of, vector_of
from tests.storage.server import Server

from countenance.gallery.comparing import Comparing
from countenance.gallery.shards.question import Question
from countenance.gallery.shards.ray_shards import RayShards
from countenance.gallery.shards.shard import Means
from countenance.terms.action import Action
from countenance.terms.errors import MissingPart, ReceiptRefused, RecipeMismatch, UnknownName
from countenance.terms.gallery import Gallery

pytestmark = [pytest.mark.xdist_group("postgresql"), pytest.mark.cluster]

PARTS = 3


class Sharded:
    """Two doors to one store: ``whole`` searches in this process, ``split`` lets the actors search."""

    def __init__(self, folder: Path, url: str) -> None:
        import ray

        ray.init(num_cpus=PARTS, include_dashboard=False, log_to_driver=False, object_store_memory=100 * 2**20)
        self.whole = House(folder, url=url)
        means = Means(url, url, f"file:{self.whole.root_file}", self.whole.desk.key.public, ORIGIN)
        self.shards = RayShards("auto", ORIGIN, PARTS, 5.0)
        self.parts = self.shards.up(means)
        directory = folder / "split"
        directory.mkdir()
        shutil.copy(self.whole.root_file, directory / "root.key")
        self.split = House(directory, url=url, desk=self.whole.desk)
        self.split.galleries._shards = self.shards

    def same(self, gallery: Gallery, vector: np.ndarray, k: int = 7, threshold: float | None = None) -> None:
        here, there = (h.search(gallery, vector, k, threshold) for h in (self.whole, self.split))
        assert there.candidates == here.candidates
        assert there.compared == here.compared

    def question(self, gallery: Gallery, vector: np.ndarray) -> Question:
        probe = probe_of(vector, sample_of("probe")).template
        receipt = self.split.receipt(Action.SEARCH, [probe.sample], gallery=gallery, bound=1)
        return Question(receipt, None, (probe,), 5, None, None, frozenset())


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory, postgresql: Server) -> Iterator[Sharded]:
    """A cluster takes seconds to start: one for all."""
    import ray

    made = Sharded(tmp_path_factory.mktemp("sharded"), postgresql.make(postgresql.migrated()))
    yield made
    made.whole.close()
    made.split.close()
    made.shards.down()
    ray.shutdown()


def test_all_parts_are_up(sharded: Sharded) -> None:
    """Each in a process of its own."""
    assert [each.part for each in sharded.parts] == list(range(PARTS))
    assert len({each.pid for each in sharded.parts} | {os.getpid()}) == PARTS + 1


def test_the_parts_answer_as_one_process_does(sharded: Sharded) -> None:
    """Ids, order, scores and counts, bit for bit: ties across parts, several references a subject, erasures between."""
    gallery = sharded.whole.gallery("equal")
    sharded.same(gallery, vector_of(0))
    faces = {f"s{n}": (vector_of(n % 40), sample_of(n)) for n in range(120)}  # three subjects share each vector
    sharded.whole.enrol_many(gallery, faces)
    for n in range(120, 150):
        sharded.split.enrol(gallery, f"s{n % 9}", vector_of(n), sample_of(n))
    for probe in range(12):
        sharded.same(gallery, vector_of(probe), k=10)
        sharded.same(gallery, vector_of(1000 + probe), k=200, threshold=0.1)
    for n in range(0, 60, 7):
        (sharded.whole, sharded.split)[n % 2].erase(gallery, f"s{n}")
        sharded.same(gallery, vector_of(n), k=10)
    subject = sharded.whole.galleries.subject(gallery, "s1").id
    probe = probe_of(vector_of(1), sample_of("verify")).template
    scores = []
    for house in (sharded.whole, sharded.split):
        receipt = house.receipt(Action.VERIFY, [probe.sample], gallery=gallery, bound=1)
        scores.append(house.galleries.verify(receipt, probe, subject).score)
    assert scores[0] == scores[1]


def test_each_part_checks_the_receipt_itself(sharded: Sharded) -> None:
    """Whatever asks: forged, of another gallery, of another probe; used for one question, and for that one again."""
    gallery = sharded.whole.gallery("checked")
    sharded.whole.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    asked = sharded.question(gallery, vector_of(1))
    first = sharded.shards.ask(asked)
    assert sharded.shards.ask(asked) == first  # heard twice, or asked again by who did not hear: nothing new
    with pytest.raises(ReceiptRefused, match="used already"):
        sharded.shards.ask(replace(asked, k=50))
    other = probe_of(vector_of(2), sample_of("another")).template
    fresh = sharded.question(gallery, vector_of(1))
    for wrong in (
        replace(fresh, receipt=replace(fresh.receipt, entry="entry-of-nobody")),
        replace(fresh, receipt=replace(fresh.receipt, gallery="0" * 16)),
        replace(fresh, probes=(other,)),
    ):
        with pytest.raises(ReceiptRefused):
            sharded.shards.ask(wrong)
    lonely = sharded.split.gallery("other recipe")
    sharded.split.enrol(lonely, "Ada", vector_of(1, 8), sample_of(1))
    with pytest.raises(RecipeMismatch):
        sharded.split.search(lonely, vector_of(1))
    sharded.whole.galleries.delete(sharded.whole.receipt(Action.DELETE, gallery=lonely), "other recipe")
    with pytest.raises(UnknownName):
        sharded.split.search(lonely, vector_of(1, 8))


def test_a_part_that_is_killed_is_an_error_until_it_is_back(sharded: Sharded) -> None:
    """Never a silent miss; whole again by itself, with who was enrolled and without who was erased meanwhile."""
    gallery = sharded.whole.gallery("killed")
    sharded.whole.enrol_many(gallery, {f"s{n}": (vector_of(n), sample_of(n)) for n in range(30)})
    sharded.same(gallery, vector_of(1), k=30)
    victim = sharded.shards.status()[1]
    os.kill(victim.pid, signal.SIGKILL)
    sharded.whole.enrol(gallery, "new", vector_of(50), sample_of(50))
    gone = sharded.whole.erase(gallery, "s3").id
    errors, until = 0, time.monotonic() + 60
    while time.monotonic() < until:
        expected = sharded.whole.search(gallery, vector_of(50), 40).candidates
        try:
            found = sharded.split.search(gallery, vector_of(50), 40).candidates
        except MissingPart as error:
            assert error.where == "parts 1"  # noqa: PT017  the loop goes on
            errors += 1
            time.sleep(0.2)
            continue
        assert found == expected
        if errors:
            break
    assert errors
    assert gone not in {c.subject for c in found}
    assert len(found) == 30
    assert sharded.shards.status()[1].pid not in (0, victim.pid)


def test_a_part_that_is_late_is_missing_and_its_answer_is_nobody_s(sharded: Sharded) -> None:
    """Stopped, it does not answer in time: an error, or less where that was asked for; later it answers as ever."""
    gallery = sharded.whole.gallery("late")
    sharded.whole.enrol_many(gallery, {f"s{n}": (vector_of(n), sample_of(n)) for n in range(20)})
    sharded.same(gallery, vector_of(1))
    slow = sharded.shards.status()[2]
    hasty = RayShards("auto", ORIGIN, PARTS, 0.5)
    os.kill(slow.pid, signal.SIGSTOP)
    try:
        with pytest.raises(MissingPart, match="1 of 3 parts"):
            hasty.ask(sharded.question(gallery, vector_of(2)))
        partial = hasty.ask(sharded.question(gallery, vector_of(2)), partial=True)
        assert sorted(partial) == [0, 1]
    finally:
        os.kill(slow.pid, signal.SIGCONT)
    for probe in range(5):
        sharded.same(gallery, vector_of(probe))


def test_what_is_not_up_is_said(sharded: Sharded) -> None:
    """Parts of another log are not these."""
    with pytest.raises(MissingPart, match="not up"):
        RayShards("auto", "another.example/log", PARTS, 1.0).status()
    assert isinstance(sharded.split.galleries, Comparing)
