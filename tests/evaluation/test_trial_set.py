"""A set of trials: a crossing in blocks holds what listing every pair holds, in little memory."""

from __future__ import annotations

import numpy as np
import pytest
from tests.evaluation.drawn import blocks, vectors

from countenance.evaluation.bootstrap import draws, taking_part, tmr_at
from countenance.evaluation.tail import EDGES, Tail, binned
from countenance.evaluation.trial_set import Crossed, TrialSet, crossed_trials, listed_trials
from countenance.gallery.trials import Block
from countenance.terms.errors import Malformed

MATRIX, PERSON = vectors(12, 3, seed=5)


def listed() -> TrialSet:
    a, b = (each.astype(np.int64) for each in np.triu_indices(len(MATRIX), 1))
    scores = np.asarray([(MATRIX[i : i + 1] @ MATRIX[j : j + 1].T)[0, 0] for i, j in zip(a, b, strict=True)])
    return listed_trials(scores.astype(np.float64), a, b, PERSON, 12, PERSON[a] == PERSON[b])


@pytest.mark.parametrize("step", [1, 7, 36])
def test_a_crossing_says_what_a_list_of_all_pairs_says(step: int) -> None:
    """Counts, mated scores, the order of the others, rates and their intervals, also of some persons only."""
    crossed, one_by_one = crossed_trials(blocks(MATRIX, step), PERSON, 12), listed()
    assert crossed.pairing.count == one_by_one.pairing.count == len(one_by_one.high)
    assert np.allclose(np.sort(crossed.mated), np.sort(one_by_one.mated), atol=1e-6)
    assert np.allclose(crossed.high, one_by_one.high, atol=1e-6)
    assert crossed.histogram.sum() == len(one_by_one.high)
    some = np.arange(12) % 2 == 0
    threshold = float(one_by_one.high[40]) + 1e-5
    for first, second in ((crossed, one_by_one), (crossed.of_persons(some), one_by_one.of_persons(some))):
        for rate in ("fmr", "fnmr"):
            mine, theirs = getattr(first, rate)(threshold), getattr(second, rate)(threshold)
            assert (mine.k, mine.n) == (theirs.k, theirs.n)
            assert (mine.low, mine.high) == pytest.approx((theirs.low, theirs.high))


def test_a_short_tail_keeps_the_highest_exactly_and_says_where_it_ends() -> None:
    """Above the floor every score is there; below it a rate is refused, not guessed; the histogram has them all."""
    whole = crossed_trials(blocks(MATRIX, 5), PERSON, 12)
    short = crossed_trials(blocks(MATRIX, 5), PERSON, 12, most=50)
    assert 40 <= len(short.high) <= 50
    assert np.array_equal(short.high, whole.high[: len(short.high)])
    assert short.floor > whole.high[50]
    assert short.fmr(float(short.high[-1])) == whole.fmr(float(short.high[-1]))
    assert np.array_equal(short.histogram, whole.histogram)
    with pytest.raises(Malformed, match="only counted"):
        short.fmr(-0.5)


def test_a_score_that_is_no_number_is_refused() -> None:
    """In a list, in a block, in a histogram."""
    broken = MATRIX[:4] @ MATRIX[:4].T
    broken[0, 3] = np.nan
    with pytest.raises(Malformed, match="not a number"):
        crossed_trials([Block(0, 0, broken)], PERSON[:4], 12)
    with pytest.raises(Malformed, match="not a number"):
        binned(np.asarray([0.1, np.nan]))
    none = np.asarray([0], dtype=np.int64)
    with pytest.raises(Malformed, match="not numbers"):
        listed_trials(np.asarray([np.inf]), none, none, PERSON, 12, np.asarray([True]))


def test_the_histogram_holds_every_score_once_at_its_place() -> None:
    scores = np.asarray([-1.0, -0.9995, 0.0, 0.99999, 1.0, 1.0000002], dtype=np.float32)
    counts = binned(scores)
    assert counts.sum() == len(scores)
    assert counts[-1] == 3
    assert counts[np.searchsorted(EDGES, 0.0, side="right") - 1] == 1


def test_equal_scores_at_the_cut_are_dropped_together() -> None:
    """The tail never keeps some of the scores of one value and not others."""
    tail = Tail(2)
    place = np.arange(8, dtype=np.int32)
    tail.add(np.asarray([0.5, 0.9, 0.5, 0.5, 0.1, 0.2, 0.3, 0.5], dtype=np.float32), place, place)
    scores, a, _ = tail.sorted()
    assert (scores.tolist(), a.tolist()) == ([pytest.approx(0.9)], [1])
    assert tail.floor > 0.5


def test_a_crossing_weighs_what_its_pairs_weigh() -> None:
    images = np.asarray([3, 0, 2, 1])
    weights = np.asarray([2.0, 5.0, 0.0, 1.0])
    assert Crossed(images).count == 3 * 2 + 3 * 1 + 2 * 1
    assert Crossed(images).weight(weights) == 2 * 3 * 1 * 1


def test_the_bootstrap_draws_persons_and_repeats_under_its_seed() -> None:
    """As many as there are; the same seed the same; without weights it gives the counted rate."""
    trials = listed()
    who = taking_part(trials)
    first, again = (list(draws(who, 12, 7, 20)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert {w.sum() for w in first} == {12.0}
    of = tmr_at(trials, 0.05)
    errors = int(0.05 * trials.pairing.count)
    assert of(None) == pytest.approx(float(np.mean(trials.mated > trials.high[errors])))
    assert of(np.ones(12)) == of(None)
    assert of(np.zeros(12)) is None
    alone = np.zeros(12)
    alone[4] = 12.0
    assert of(alone) is None  # one person drawn twelve times has nobody to be mistaken for
