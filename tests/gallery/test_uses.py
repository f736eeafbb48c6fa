"""Use counts: without gaps in a run, without repetition over all runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.gallery.faults import Fault, faulty
from tests.gallery.house import House, probe_of, sample_of, vector_of

from countenance.gallery.uses import BLOCK, UseGap, Uses
from countenance.terms.action import Action
from countenance.terms.errors import Unwritable


def test_numbers_follow_each_other_over_orderly_ends(house: House) -> None:
    """From 1, for each gallery by itself, and on where the last run stopped."""
    for run in range(3):
        uses = Uses(house.database)
        assert [uses.take("a") for _ in range(BLOCK + 2)] == [run * (BLOCK + 2) + n for n in range(1, BLOCK + 3)]
        assert uses.take("") == run + 1
        assert uses.gaps == ()
        uses.close()
    assert Uses(house.database).gaps == ()


def test_a_process_that_dies_leaves_a_gap_and_never_a_repetition(house: House) -> None:
    """Whatever it had given; the next run says between which numbers the gap lies."""
    given = set()
    for _ in range(4):
        uses = Uses(house.database)  # and it is not closed
        some = [uses.take("a") for _ in range(7)]
        assert given.isdisjoint(some)
        assert some == list(range(some[0], some[0] + 7))
        given |= set(some)
    uses = Uses(house.database)
    assert uses.gaps == (UseGap("a", 3 * BLOCK, 4 * BLOCK),)
    assert uses.take("a") == 4 * BLOCK + 1


def test_threads_share_the_numbers(house: House) -> None:
    """Each number once, none left out."""
    uses = Uses(house.database)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: uses.take("a"), range(1_000)))
    assert sorted(taken) == list(range(1, 1_001))


@pytest.mark.parametrize("fault", list(Fault))
def test_no_number_without_a_sure_reservation(house: House, fault: Fault) -> None:
    """Where it cannot be made sure, nothing is compared; afterwards no number is given twice."""
    gallery = house.gallery()
    probe = probe_of(vector_of(1), sample_of(1)).template
    receipt = house.receipt(Action.SEARCH, [probe.sample], gallery=gallery, bound=1)
    with faulty(house.database, fault), pytest.raises(Unwritable):
        house.galleries.search(receipt, probe, 1, None)
    assert house.search(gallery, vector_of(1)).use == (BLOCK + 1 if fault is Fault.KEPT else 1)


def test_what_compares_counts_and_nothing_else(house: House) -> None:
    """Enrolling, erasing and managing take no number; a comparison without a gallery counts by itself."""
    gallery = house.gallery()
    house.enrol(gallery, "Ada", vector_of(1), sample_of(1))
    assert house.search(gallery, vector_of(1)).use == 1
    house.enrol(gallery, "Ada", vector_of(2), sample_of(2))
    house.erase(gallery, "Ada")
    other = house.gallery("other")
    assert house.search(other, vector_of(1)).use == 1
    a, b = probe_of(vector_of(1), sample_of(1)).template, probe_of(vector_of(2), sample_of(2)).template
    receipt = house.receipt(Action.VERIFY, [a.sample, b.sample], bound=1)
    assert house.galleries.compare(receipt, a, b).use == 1
    house.reopen()
    assert house.search(gallery, vector_of(1)).use == 2
    assert house.galleries.gaps == ()
