"""Rates and intervals: the numbers of other people's libraries, and what the dependence between trials does to them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.evaluation.accuracy import accuracy, best_threshold, folds_without_a_shared_person
from countenance.evaluation.clopper_pearson import clopper_pearson
from countenance.evaluation.dependence import crossed_cells, listed_cells
from countenance.evaluation.threshold import Chosen, Unsupported, at_rate, choose, just_above
from countenance.evaluation.trial_set import listed_trials
from countenance.evaluation.wilson import wilson

ORACLE: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "oracle.json").read_text())
PERSONS, IMAGES = ORACLE["persons"], ORACLE["images"]
PERSON = np.repeat(np.arange(PERSONS), IMAGES)
A, B = (each.astype(np.int64) for each in np.triu_indices(PERSONS * IMAGES, 1))
SCORES = np.asarray(ORACLE["scores"])
TRIALS = listed_trials(SCORES, A, B, PERSON, PERSONS, PERSON[A] == PERSON[B])


@pytest.mark.parametrize("case", ORACLE["intervals"], ids=lambda c: f"{c['k']} of {c['n']}")
def test_intervals_of_independent_trials_are_those_of_scipy_and_statsmodels(case: dict[str, Any]) -> None:
    k, n = case["k"], case["n"]
    assert wilson(k / n, n) == pytest.approx(case["wilson"], abs=1e-12)
    assert wilson(k / n, n) == pytest.approx(case["statsmodels_wilson"], abs=1e-12)
    assert clopper_pearson(k, n) == pytest.approx(case["exact"], abs=1e-9)
    assert clopper_pearson(k, n) == pytest.approx(case["statsmodels_beta"], abs=1e-9)


@pytest.mark.parametrize("case", ORACLE["errors"], ids=lambda c: str(c["threshold"]))
def test_rates_and_person_level_variances_are_those_of_cimat(case: dict[str, Any]) -> None:
    """FMR, FNMR, both variances and the interval; from the list of trials and from the crossing of persons alike."""
    threshold = case["threshold"]
    fmr, fnmr = TRIALS.fmr(threshold), TRIALS.fnmr(threshold)
    assert (fmr.value, fnmr.value) == (pytest.approx(case["fmr"], abs=1e-12), pytest.approx(case["fnmr"], abs=1e-12))
    errors = TRIALS.above(threshold)
    i, j = PERSON[TRIALS.high_a[:errors]], PERSON[TRIALS.high_b[:errors]]
    for cells in (TRIALS.pairing.cells(i, j), crossed_cells(np.full(PERSONS, IMAGES, dtype=np.int64), i, j)):
        assert cells.variance(cells.k / cells.n) == pytest.approx(case["var_fmr"], rel=1e-9)
        assert cells.rate().effective == pytest.approx(case["fmr"] * (1 - case["fmr"]) / case["var_fmr"], rel=1e-9)
    who = PERSON[TRIALS.mated_a]
    missed = listed_cells((TRIALS.mated < threshold).astype(np.float64), who, who, PERSONS)
    assert missed.variance(case["fnmr"]) == pytest.approx(case["var_fnmr"], rel=1e-9)
    p = case["fnmr"]
    if p and p * (1 - p) / case["var_fnmr"] <= fnmr.n:
        assert (fnmr.low, fnmr.high) == pytest.approx(case["ci_fnmr"], abs=1e-9)
    elif p:  # never as more trials than there were, where cimat has no such limit
        assert (fnmr.low, fnmr.high) == pytest.approx(wilson(p, fnmr.n))
    else:  # as many trials as persons, where cimat counts every comparison
        assert (fnmr.low, fnmr.high) == pytest.approx(wilson(0, PERSONS))


@pytest.mark.parametrize("case", ORACLE["roc"], ids=lambda c: str(c["target"]))
def test_the_threshold_at_a_rate_lets_in_what_scikit_learn_lets_in(case: dict[str, Any]) -> None:
    """Counted, never interpolated: the same errors and the same hits, to the last one."""
    threshold = at_rate(TRIALS.high, TRIALS.pairing.count, case["target"])
    assert TRIALS.fmr(threshold).value == pytest.approx(case["fpr"], abs=1e-12)
    assert 1 - float(TRIALS.fnmr(threshold).value or 0) == pytest.approx(case["tpr"], abs=1e-12)
    assert threshold <= case["lowest_let_in"]


@pytest.mark.parametrize("case", ORACLE["bob"], ids=lambda c: str(c["target"]))
def test_rates_at_a_threshold_are_those_of_bob(case: dict[str, Any]) -> None:
    """FMR and FNMR where bob puts its threshold; ours for the same target is no stricter, and lets in no more."""
    threshold = case["threshold"]
    assert TRIALS.fmr(threshold).value == pytest.approx(case["far"], abs=1e-12)
    assert TRIALS.fnmr(threshold).value == pytest.approx(case["frr"], abs=1e-12)
    ours = at_rate(TRIALS.high, TRIALS.pairing.count, case["target"])
    assert ours <= threshold
    assert TRIALS.fmr(ours).value == pytest.approx(case["far"], abs=1e-12)


def test_trials_of_one_person_count_for_less_than_their_number() -> None:
    """Ten misses of one person among ten persons say as much as one miss would; independent trials give the plain n."""
    who = np.repeat(np.arange(10), 10)
    errors = (who == 3).astype(np.float64)
    rate = listed_cells(errors, who, who, 10).rate()
    assert (rate.k, rate.n, rate.value) == (10, 100, 0.1)
    assert rate.effective == pytest.approx(10)
    alone = np.arange(100)
    single = listed_cells(errors, alone, alone, 100).rate()
    assert single.effective == pytest.approx(100)
    assert single.high < rate.high


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), min_size=1, max_size=60))
def test_an_interval_holds_its_rate_and_is_never_of_more_trials_than_there_were(
    rows: list[tuple[int, int, bool]],
) -> None:
    a, b = (np.asarray([row[k] for row in rows], dtype=np.int64) for k in (0, 1))
    rate = listed_cells(np.asarray([row[2] for row in rows], dtype=np.float64), a, b, 6).rate()
    assert rate.value is not None
    assert 0 <= rate.low <= rate.value <= rate.high <= 1
    assert 0 < rate.effective <= rate.n == len(rows)


def test_no_trial_is_no_rate() -> None:
    nothing = np.empty(0, dtype=np.int64)
    rate = listed_cells(nothing.astype(np.float64), nothing, nothing, 3).rate()
    assert (rate.value, rate.low, rate.high) == (None, 0.0, 1.0)


@pytest.mark.parametrize("target", [0.3, 0.1, 0.05])
def test_a_chosen_threshold_keeps_the_upper_bound_under_the_target(target: float) -> None:
    """And one error more would not: the rule is met as closely as the data allow."""
    found = choose(TRIALS.high, TRIALS.pairing.count, TRIALS.fmr_of, target)
    assert isinstance(found, Chosen)
    assert found.rate.high <= target
    assert TRIALS.fmr(found.threshold).k == found.errors
    assert TRIALS.fmr_of(found.errors + 1).high > target


def test_a_target_that_the_data_cannot_carry_is_told_and_not_chosen() -> None:
    found = choose(TRIALS.high, TRIALS.pairing.count, TRIALS.fmr_of, 1e-4)
    assert isinstance(found, Unsupported)
    assert found.smallest == pytest.approx(wilson(0, PERSONS * (PERSONS - 1) / 2)[1])


def test_equal_scores_stand_on_one_side() -> None:
    """Where the score at the cut occurs twice, neither is let in."""
    high = np.asarray([0.9, 0.5, 0.5, 0.1])
    assert just_above(high, 1) == math.nextafter(0.5, 1)
    assert just_above(high, 2) == math.nextafter(0.5, 1)
    assert just_above(high, 4) == -1.0
    assert at_rate(high, 4, 0.5) == math.nextafter(0.5, 1)


def test_accuracy_is_decided_on_folds_that_did_not_choose_the_threshold() -> None:
    """Two folds whose scores differ: each is decided at the other's threshold."""
    scores = np.asarray([0.9, 0.2, 0.5, 0.1])
    same = np.asarray([True, False, True, False])
    a, b = np.asarray([0, 1, 2, 3]), np.asarray([0, 4, 2, 5])
    right, folds, warning = accuracy(scores, same, a, b, 6, ["1", "1", "2", "2"])
    assert (right.value, warning) == (0.75, "")  # the second fold's mate falls below the middle of 0.2 and 0.9
    assert [f["pairs"] for f in folds] == [2, 2]
    assert right.low < 0.75 < right.high
    _, _, told = accuracy(scores, same, a, b, 6, ["1"] * 4)
    assert "very pairs" in told


def test_the_best_threshold_lies_in_the_middle_of_those_that_are_equally_good() -> None:
    assert best_threshold(np.asarray([0.1, 0.3, 0.7]), np.asarray([False, False, True])) == pytest.approx(0.5)
    assert best_threshold(np.asarray([0.4, 0.4]), np.asarray([False, True])) != 0.4


def test_folds_made_here_share_nobody() -> None:
    a, b = ["x", "y", "p", "q"], ["y", "z", "q", "q"]
    folds = folds_without_a_shared_person(a, b)
    assert folds[0] == folds[1]
    assert folds[2] == folds[3]
