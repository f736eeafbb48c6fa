"""Two nodes over one PostgreSQL database: what one of them does holds on the other, before it answers."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.gallery import test_other_templates as other_templates
from tests.gallery.house import House, sample_of, vector_of
from tests.gallery.oracle import brute_force
from tests.gallery.test_other_templates import NEW, OLD, give, stocked, switch
from tests.storage.server import Server, running_server

from countenance.gallery.enrolment import AlreadyEnrolled, Enrolment
from countenance.gallery.load import load
from countenance.gallery.uses import BLOCK, UseGap, Uses
from countenance.keys.erasure_list import ErasureList
from countenance.terms.action import Action
from countenance.terms.errors import InUse, RecipeMismatch, UnknownName, Unwritable
from countenance.terms.gallery import Gallery

pytestmark = pytest.mark.xdist_group("postgresql")


class Nodes:
    """Nodes of one house: each has its directory, its log and its list of erasures; all have the root key."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder, self.server = folder, server
        self.url = server.make(server.migrated())
        self.all: list[House] = []

    def add(self) -> House:
        directory = self.folder / f"node{len(self.all)}"
        directory.mkdir()
        if self.all:
            shutil.copy(self.all[0].root_file, directory / "root.key")
        node = House(directory, url=self.url, erasures=ErasureList(directory / "anchor.erased"))
        self.all.append(node)
        return node


@pytest.fixture
def nodes(tmp_path: Path, postgresql: Server) -> Iterator[Nodes]:
    made = Nodes(tmp_path, postgresql)
    made.add()
    made.add()
    yield made
    for node in made.all:
        node.close()


def subjects_found(node: House, gallery: Gallery, vector: np.ndarray, k: int = 1000) -> list[str]:
    return [candidate.subject for candidate in node.search(gallery, vector, k).candidates]


def whole(node: House, gallery: Gallery) -> bool:
    """Whether the node's copy in memory is what the store holds, bit for bit."""
    return node.galleries.examine(deep=True).findings == ()


def test_what_one_enrols_the_other_finds_at_once(nodes: Nodes) -> None:
    """Alternately, each searching right after the other enrolled: nobody is missing, on neither node."""
    a, b = nodes.all
    gallery = a.gallery()
    known = []
    for n in range(12):
        here, there = (a, b) if n % 2 else (b, a)
        known.append(here.enrol(gallery, f"s{n}", vector_of(n), sample_of(n)).reference.subject)
        assert sorted(subjects_found(there, gallery, vector_of(n))) == sorted(known)
        assert subjects_found(there, gallery, vector_of(n))[0] == known[-1]
    assert whole(a, gallery)
    assert whole(b, gallery)


def test_who_is_erased_on_one_is_in_no_later_answer_of_the_other(nodes: Nodes) -> None:
    """One searches without end while the other erases one after the other: no answer given after that has them."""
    a, b = nodes.all
    gallery = a.gallery()
    made = a.enrol_many(gallery, {f"s{n}": (vector_of(n), sample_of(n)) for n in range(40)})
    left = [each.reference.subject for each in made]
    gone: set[str] = set()
    wrong: list[set[str]] = []
    answers = 0
    ended = threading.Event()

    def search() -> None:
        nonlocal answers
        while not ended.is_set():
            before = set(gone)
            wrong.append(before & set(subjects_found(b, gallery, vector_of(0))))
            answers += 1

    searching = threading.Thread(target=search)
    searching.start()
    for subject in left:
        a.erase(gallery, subject)
        gone.add(subject)
    ended.set()
    searching.join()
    assert answers > 5
    assert not any(wrong)
    assert subjects_found(b, gallery, vector_of(0)) == []


def test_both_answer_as_brute_force_does(nodes: Nodes) -> None:
    """After enrolments, erasures of subjects and of single references on both: ids, order and scores."""
    a, b = nodes.all
    gallery = b.gallery()
    assert subjects_found(a, gallery, vector_of(0)) == subjects_found(b, gallery, vector_of(0)) == []  # both follow
    for n in range(30):
        (a, b)[n % 2].enrol(gallery, f"s{n % 12}", vector_of(n), sample_of(n))
        if n % 7 == 6:
            (b, a)[n % 2].erase(gallery, f"s{n % 12}")
    first = a.galleries.subjects(gallery)[0]
    one = a.galleries.references(gallery, first.id)[0]
    b.galleries.erase_reference(b.receipt(Action.DELETE, gallery=gallery), gallery, one.id)
    stored = list(load(a.database, a.keyring(), gallery.id).rows())
    for probe in range(100, 105):
        for node in (a, b):
            assert node.search(gallery, vector_of(probe), 6).candidates == brute_force(
                stored, vector_of(probe), 6, None
            )
    assert whole(a, gallery)
    assert whole(b, gallery)


def test_a_copy_follows_without_a_search(nodes: Nodes) -> None:
    """By what the database tells, so that the next search has nothing to fetch."""
    a, b = nodes.all
    gallery = a.gallery()
    a.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    assert len(subjects_found(b, gallery, vector_of(1))) == 1
    index = b.galleries._memory.open(gallery.pseudonym).index
    a.enrol(gallery, "Grace", vector_of(2), sample_of(2))
    assert _within(5, lambda: len(index.snapshot) == 2)


def test_two_nodes_race_on_one_subject(nodes: Nodes) -> None:
    """The same names and the same pictures at the same time: each subject once, each picture once, nothing lost."""
    a, b = nodes.all
    gallery = a.gallery()

    def enrol(node: House, n: int) -> Enrolment | AlreadyEnrolled:
        outcome = node.enrol(gallery, f"s{n % 3}", vector_of(n), sample_of(n))
        assert isinstance(outcome, Enrolment | AlreadyEnrolled)
        return outcome

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(enrol, [a, b] * 12, [n // 2 for n in range(24)]))
    made = [each.reference.id for each in done if isinstance(each, Enrolment)]
    again = [each.reference for each in done if isinstance(each, AlreadyEnrolled)]
    assert len(made) == len(set(made)) == 12
    assert sorted(again) == sorted(made)
    assert [s.references for s in a.galleries.subjects(gallery)] == [4, 4, 4]
    assert b.galleries.subjects(gallery) == a.galleries.subjects(gallery)
    assert len(subjects_found(b, gallery, vector_of(1))) == 3


def test_enrolment_and_erasure_of_one_subject_race(nodes: Nodes) -> None:
    """Whoever comes last wins: no reference without its subject, none that does not open, the copies as the store."""
    a, b = nodes.all
    gallery = a.gallery()

    def enrol(n: int) -> None:
        try:
            a.enrol(gallery, "Ada", vector_of(n), sample_of(n))
        except UnknownName as error:
            if "erased" not in error.what:  # the key was destroyed, the rows are still to go
                raise

    def erase(_: int) -> None:
        with contextlib.suppress(UnknownName):
            b.erase(gallery, "Ada")

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit((enrol, erase)[n % 2], n) for n in range(30)]:
            each.result()
    assert whole(a, gallery)
    assert whole(b, gallery)
    erase(0)
    assert subjects_found(a, gallery, vector_of(0)) == subjects_found(b, gallery, vector_of(0)) == []


def test_a_gallery_that_one_deletes_is_gone_on_the_other(nodes: Nodes) -> None:
    """No search, no enrolment; its key is in nobody's memory soon; a new one of the same name is another one."""
    a, b = nodes.all
    gallery = a.gallery()
    a.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    assert len(subjects_found(b, gallery, vector_of(1))) == 1
    a.galleries.delete(a.receipt(Action.DELETE, gallery=gallery), "staff")
    with pytest.raises(UnknownName):
        b.search(gallery, vector_of(1))
    with pytest.raises(UnknownName):
        b.enrol(gallery, "Grace", vector_of(2), sample_of(2))
    assert _within(5, lambda: gallery.id not in b.galleries._keyring._open)
    again = b.gallery()
    assert again.pseudonym != gallery.pseudonym
    assert subjects_found(a, again, vector_of(1)) == []


def test_each_counts_for_its_own_log(tmp_path: Path, postgresql: Server) -> None:
    """Without gaps from 1, whatever the other does; an end in disorder is a gap of one's own alone."""
    house = House(tmp_path, url=postgresql.make(postgresql.migrated()))
    database = house.database
    a, b = Uses(database, "a.example/log"), Uses(database, "b.example/log")
    taken = [(a.take("g"), b.take("g")) for _ in range(BLOCK + 3)]
    assert taken == [(n, n) for n in range(1, BLOCK + 4)]
    a.close()
    assert Uses(database, "a.example/log").gaps == ()
    assert Uses(database, "b.example/log").gaps == (UseGap("g", BLOCK, 2 * BLOCK),)
    house.close()


def test_an_erasure_that_one_began_the_other_completes(nodes: Nodes) -> None:
    """Killed between the key and the rows: the next write anywhere does the rest, and no search has them before it."""
    a, b = nodes.all
    gallery = a.gallery()
    a.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    assert len(subjects_found(b, gallery, vector_of(1))) == 1
    key = a.galleries._register.key_of(a.galleries.subject(gallery, "Ada").id)
    a.keys.destroy(key)  # and it dies here
    b.enrol(gallery, "Grace", vector_of(2), sample_of(2))
    assert [s.name for s in b.galleries.subjects(gallery)] == ["Grace"]
    assert len(subjects_found(a, gallery, vector_of(1))) == 1
    assert whole(b, gallery)


def test_a_withdrawal_that_is_lifted_stays_lifted(nodes: Nodes) -> None:
    """On a node, too, whose own list of erasures knows the withdrawal and not that it was lifted."""
    a, b = nodes.all
    gallery = a.gallery()
    a.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    a.erase(gallery, "Ada", withdraw=True)
    b.reopen()
    for principal in ("one", "two"):
        which = a.galleries.withdrawals.find(gallery.name, "Ada")
        receipt = a.receipt(Action.MANAGE, gallery=gallery)
        a.galleries.withdrawals.lift(receipt, gallery, which, principal, 1, record=lambda event: event)
    b.reopen()
    assert b.galleries.examine().withdrawals == 0
    assert isinstance(b.enrol(gallery, "Ada", vector_of(1), sample_of(1)), Enrolment)


def test_the_database_is_gone_and_comes_back(tmp_path: Path) -> None:
    """Mid-search and mid-write: an error that says so, nothing half-written, and then it goes on by itself."""
    with running_server() as server:
        nodes = Nodes(tmp_path, server)
        a, b = nodes.add(), nodes.add()
        gallery = a.gallery()
        for n in range(4):
            a.enrol(gallery, f"s{n}", vector_of(n), sample_of(n))
        assert len(subjects_found(b, gallery, vector_of(1))) == 4
        acknowledged: list[str] = []
        failed: list[str] = []
        done = threading.Event()

        def search(node: House) -> None:
            assert len(subjects_found(node, gallery, vector_of(1))) >= 4

        def enrol(node: House) -> None:
            name = f"{node.directory.name}-{time.monotonic_ns()}"
            assert isinstance(node.enrol(gallery, name, vector_of(5), sample_of(name)), Enrolment)
            acknowledged.append(name)

        def work(act: Callable[[House], None], node: House) -> None:
            while not done.is_set():
                try:
                    act(node)
                except (Unwritable, InUse) as error:
                    failed.append(error.what)
                    time.sleep(0.01)

        with ThreadPoolExecutor(4) as pool:
            workers = [pool.submit(work, act, node) for act in (search, enrol) for node in (a, b)]
            assert _within(10, lambda: len(acknowledged) > 4)
            server.stop()
            assert _within(10, lambda: len(failed) > 8)
            server.start()
            so_far = len(acknowledged)
            assert _within(20, lambda: len(acknowledged) > so_far + 4)
            done.set()
            for each in workers:
                each.result()
        assert {s.name for s in a.galleries.subjects(gallery)} >= {"s0", "s1", "s2", "s3", *acknowledged}
        assert whole(a, gallery)
        assert whole(b, gallery)
        assert sorted(subjects_found(a, gallery, vector_of(1))) == sorted(subjects_found(b, gallery, vector_of(1)))
        a.enrol(gallery, "last", vector_of(6), sample_of("last"))
        index = b.galleries._memory._opened[gallery.pseudonym, ""].index
        assert _within(10, lambda: len(index.snapshot) == len(subjects_found(a, gallery, vector_of(1))))
        a.close()
        b.close()


def _within(seconds: float, true: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.02)
    return False


def test_a_switch_holds_on_every_node(nodes: Nodes) -> None:
    """What one node gives and switches, the other searches by from its next search on; and back."""
    a, b = nodes.all
    gallery = stocked(a)
    assert other_templates.find(b, gallery, 1, OLD) == ["s1"]
    assert give(a, gallery) == 4
    for recipe, other, node in ((NEW, OLD, a), (OLD, NEW, b), (NEW, OLD, b)):
        switch(node, gallery, recipe)
        for each in nodes.all:
            assert other_templates.find(each, gallery, 2, recipe) == ["s2"]
            with pytest.raises(RecipeMismatch):
                other_templates.find(each, gallery, 2, other)
            assert whole(each, gallery)
    a.erase(gallery, "s2")
    assert other_templates.find(b, gallery, 2) == []
