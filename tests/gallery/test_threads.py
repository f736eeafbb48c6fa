"""Many at once: enrolments share transactions, searches see whole galleries, nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from sqlalchemy import Connection, event
from tests.gallery.faults import Fault, faulty
from tests.gallery.house import House, probe_of, sample_of, vector_of

from countenance.gallery.enrolment import EnrolItem, Enrolment, EnrolOutcome
from countenance.gallery.queue import Queue
from countenance.terms.action import Action
from countenance.terms.candidate import SearchResult
from countenance.terms.errors import Interrupted, RecipeMismatch, Unwritable
from countenance.terms.gallery import Gallery


def test_enrolments_at_the_same_time_share_transactions(house: House) -> None:
    """Two hundred threads' worth: each is kept, with far fewer commits than enrolments."""
    gallery = house.gallery()
    commits: list[Connection] = []
    event.listen(house.database.engine, "commit", commits.append)
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda n: house.enrol(gallery, f"s{n % 50}", vector_of(n), sample_of(n)), range(200)))
    assert all(isinstance(o, Enrolment) for o in outcomes)
    assert sum(o.new_subject for o in outcomes) == 50
    assert house.galleries.find("staff").references == 200
    assert len(commits) < 150
    assert house.galleries.examine(deep=True).findings == ()


def test_a_batch_is_seen_whole_or_not_at_all(house: House) -> None:
    """Pairs are enrolled while others search: nobody ever finds one without the other."""
    gallery = house.gallery()
    house.enrol_many(gallery, {f"s{n}": (vector_of(n), sample_of(n)) for n in range(20)})
    stop = threading.Event()
    counts: list[int] = []

    def look() -> None:
        while not stop.is_set():
            counts.append(len(house.search(gallery, vector_of(1_000), k=100, threshold=0.999).candidates))

    watchers = [threading.Thread(target=look) for _ in range(3)]
    for watcher in watchers:
        watcher.start()
    try:
        for turn in range(20):
            house.enrol_many(gallery, {t: (vector_of(1_000), sample_of(t)) for t in (f"a{turn}", f"b{turn}")})
            assert len(house.search(gallery, vector_of(1_000), k=100, threshold=0.999).candidates) == 2 * turn + 2
    finally:
        stop.set()
        for watcher in watchers:
            watcher.join()
    assert counts
    assert {count % 2 for count in counts} == {0}


def test_erased_means_erased_for_everybody(house: House) -> None:
    """After an erasure has returned nobody finds the subject, whoever else enrols and searches meanwhile."""
    gallery = house.gallery()
    house.enrol_many(gallery, {f"s{n}": (vector_of(n), sample_of(n)) for n in range(30)})
    gone: list[int] = []
    wrong: list[object] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            known = list(gone)
            for number in known[-2:]:
                if house.search(gallery, vector_of(number), threshold=0.999).candidates:
                    wrong.append(number)
            house.search(gallery, vector_of(29))

    watchers = [threading.Thread(target=look) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    try:
        for number in range(25):
            house.erase(gallery, f"s{number}")
            gone.append(number)
            house.enrol(gallery, f"new {number}", vector_of(100 + number), sample_of(100 + number))
    finally:
        stop.set()
        for watcher in watchers:
            watcher.join()
    assert wrong == []
    assert house.galleries.examine(deep=True).findings == ()


def test_a_failed_batch_is_told_to_all_who_wait(house: House) -> None:
    """A disk that fails: every thread gets the error, none is left waiting, and all can try again."""
    gallery = house.gallery()

    def enrol(number: int) -> str:
        try:
            house.enrol(gallery, f"s{number}", vector_of(number), sample_of(number))
        except Unwritable as error:
            return error.what
        return "enrolled"

    with faulty(house.database, Fault.LOST), ThreadPoolExecutor(8) as pool:
        assert "enrolled" not in set(pool.map(enrol, range(16)))
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(enrol, range(16))) == {"enrolled"}
    assert house.galleries.find("staff").references == 16


def test_an_interrupt_reaches_its_own_thread_alone(house: House) -> None:
    """Whoever writes for others and is interrupted: the others get an error of the program, not his interrupt."""
    gallery = house.gallery()
    first, second = threading.Event(), threading.Event()

    def write(_: str, items: Sequence[EnrolItem]) -> list[EnrolOutcome | RecipeMismatch]:
        first.set()
        second.wait(5)
        raise KeyboardInterrupt

    lock = threading.RLock()
    queue = Queue(lock, write)
    probe = probe_of(vector_of(1), sample_of(1))
    item = EnrolItem(
        house.receipt(Action.ENROL, [probe.template.sample], gallery=gallery), "s", probe, sample_of(1), "consent"
    )
    seen: list[BaseException] = []

    def enrol() -> None:
        try:
            queue.enrol("g", [item])
        except BaseException as error:
            seen.append(error)

    threads = [threading.Thread(target=enrol) for _ in range(2)]
    with lock:  # both are in the queue before anybody writes
        for thread in threads:
            thread.start()
        while len(queue._waiting) < 2:
            second.wait(0.01)
    second.set()
    for thread in threads:
        thread.join()
    assert first.is_set()
    assert {type(error) for error in seen} == {KeyboardInterrupt, Interrupted}


def test_a_load_beside_enrolments_misses_nothing(house: House) -> None:
    """The first search of a run, while others enrol: what was acknowledged before it is in its answer."""
    gallery = house.gallery()
    house.enrol_many(gallery, {f"s{n}": (vector_of(n), sample_of(n)) for n in range(300)})
    for turn in range(5):
        house.reopen()
        numbers = range(1_000 + turn * 20, 1_020 + turn * 20)
        with ThreadPoolExecutor(6) as pool:
            for number, found in pool.map(lambda n: (n, _enrol_and_find(house, gallery, n)), numbers):
                assert np.isclose(found.candidates[0].score, 1.0), number
        assert house.galleries.examine(deep=True).findings == ()


def _enrol_and_find(house: House, gallery: Gallery, number: int) -> SearchResult:
    house.enrol(gallery, f"s{number}", vector_of(number), sample_of(number))
    return house.search(gallery, vector_of(number), k=1, threshold=0.999)
