"""Evidence: likelihood ratios held to other people's programs, to their persons, and to what the data can carry."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.evaluation.drawn import blocks, vectors

from countenance.evaluation.evidence import Evidence, NoEvidence, measure_evidence
from countenance.evaluation.evidence_file import ONE, TWO, Calibration, evidence_file, in_words, read_evidence
from countenance.evaluation.likelihood import Ratios, best_monotone, bounds, cllr, cross_entropy
from countenance.evaluation.logistic import Line, fit
from countenance.evaluation.trial_set import TrialSet, crossed_trials
from countenance.evaluation.weighed import Weighed, weighed
from countenance.terms.errors import Malformed, RecipeMismatch
from countenance.terms.recipe import Recipe

ORACLE: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "evidence.json").read_text())
MATED, OTHERS = (np.asarray(ORACLE[name]) for name in ("mated", "nonmated"))
RECIPE = Recipe("drawn", "d", "0", "a", "r", "1", "p", 16, "numpy", "f32")
LINE = Line(ORACLE["slope"], ORACLE["intercept"], np.zeros((2, 2)))
RATIOS = Ratios(LINE.llr(MATED), LINE.llr(OTHERS), np.ones(len(OTHERS)))


def alone() -> Weighed:
    """The oracle's scores, every comparison of persons of its own."""
    a, b = np.arange(len(MATED)), len(MATED) + np.arange(2 * len(OTHERS))
    high = np.sort(OTHERS)[::-1]
    none = np.empty(0)
    trials = np.concatenate([np.zeros(len(a)), np.ones(len(b))])
    return Weighed(MATED, a, high, b[::2], b[1::2], none, none, trials, len(OTHERS))


def drawn(seed: int, persons: int = 120, *, most: int | None = None, noise: float = 0.7) -> tuple[TrialSet, list[str]]:
    matrix, person = vectors(persons, 3, seed, noise=noise, dimension=24, shared=0.3)
    return crossed_trials(blocks(matrix, 90), person, persons, most=most), [f"p{i}" for i in range(persons)]


def test_the_line_is_that_of_scikit_learn() -> None:
    """Both kinds weigh the same, so that log-odds are likelihood ratios."""
    line = fit(alone())
    assert line is not None
    assert (line.slope, line.intercept) == (
        pytest.approx(LINE.slope, rel=1e-5),
        pytest.approx(LINE.intercept, rel=1e-5),
    )


def test_costs_are_those_of_lir_and_of_the_formulas() -> None:
    """Cllr, the least Cllr (PAV), the cross-entropy at several priors; a ratio of 1 costs one bit."""
    assert cllr(RATIOS) == pytest.approx(ORACLE["cllr"], rel=1e-9)
    assert cllr(RATIOS) == pytest.approx(ORACLE["cllr_by_loops"], rel=1e-9)
    best = best_monotone(MATED, OTHERS, np.ones(len(OTHERS)))
    assert cllr(best) == pytest.approx(ORACLE["cllr_min"], rel=1e-6)
    for prior, value in ORACLE["cross_entropy"]:
        assert cross_entropy(RATIOS, prior) == pytest.approx(value, rel=1e-9)
        assert cross_entropy(best, prior) <= value + 1e-12
    nothing = Ratios(np.zeros(5), np.zeros(9), np.ones(9))
    assert cllr(nothing) == 1.0


def test_bounds_are_those_of_lir_and_narrow_with_fewer_independent_trials() -> None:
    """ELUB with as many comparisons as there are; with a tenth of them less may be said."""
    assert bounds(RATIOS, len(MATED), len(OTHERS)) == pytest.approx(tuple(ORACLE["elub"]), abs=1e-9)
    low, high = bounds(RATIOS, len(MATED) / 10, len(OTHERS) / 10)
    assert ORACLE["elub"][0] < low < 0 < high < ORACLE["elub"][1]
    assert high <= math.log10(len(OTHERS) / 10 + 1)


def test_a_weight_stands_for_as_many_comparisons() -> None:
    """Scores that are counted in bins give what the same scores give one by one."""
    middles = np.round(OTHERS, 1)
    values, counts = np.unique(middles, return_counts=True)
    one, other = (
        Ratios(LINE.llr(MATED), LINE.llr(v), w) for v, w in ((middles, np.ones(len(middles))), (values, counts))
    )
    assert cllr(one) == pytest.approx(cllr(other), rel=1e-9)
    assert bounds(one, 300, 4000) == pytest.approx(bounds(other, 300, 4000))
    assert cllr(best_monotone(MATED, middles, np.ones(len(middles)))) == pytest.approx(
        cllr(best_monotone(MATED, values, counts.astype(np.float64))), rel=1e-9
    )


def test_the_covariance_is_that_of_other_persons_drawn() -> None:
    """The spread of slope and ratio over data sets of other persons is what one data set says of it."""
    lines, said = [], []
    for seed in range(40):
        trials, _ = drawn(seed, 60)
        line = fit(weighed(trials))
        assert line is not None
        x = np.asarray([0.6, 1.0])
        lines.append(line.slope * 0.6 + line.intercept)
        said.append(math.sqrt(x @ line.covariance @ x))
    assert np.mean(said) == pytest.approx(np.std(lines), rel=0.4)


def test_a_short_tail_says_nearly_what_all_scores_say() -> None:
    """Low scores are known by bins alone; line, cost and bounds hardly move."""
    whole, names = drawn(3)
    short, _ = drawn(3, most=20_000)
    assert np.isfinite(short.floor)
    first, second = (measure_evidence(each, names, 1) for each in (whole, short))
    assert isinstance(first, Evidence)
    assert isinstance(second, Evidence)
    assert second.line.slope == pytest.approx(first.line.slope, rel=0.01)
    assert second.report["cllr"]["value"] == pytest.approx(first.report["cllr"]["value"], rel=0.02)
    for mine, theirs in zip(first.report["cllr"]["ci95"], second.report["cllr"]["ci95"], strict=True):
        assert mine == pytest.approx(theirs, rel=0.03)
    assert (second.low, second.high) == (pytest.approx(first.low, abs=0.1), pytest.approx(first.high, abs=0.1))


def test_what_is_judged_was_not_fitted_to_and_the_report_is_json() -> None:
    """Counts are of comparisons within the halves; the cost lies above the least and its interval is about it."""
    trials, names = drawn(5)
    found = measure_evidence(trials, names, 1)
    assert isinstance(found, Evidence)
    told = found.report
    assert told["persons"] == 120
    assert told["mated"] == 120 * 3
    assert told["nonmated"] < trials.pairing.count
    assert told["pairs_of_persons"] * 9 == told["nonmated"]
    assert told["cllr_min"] < told["cllr_unbounded"] + 1e-9
    low, high = told["cllr"]["ci95"]
    assert 0 <= low < told["cllr"]["value"] < high < 1
    assert found.low < 0 < found.high <= math.log10(told["pairs_of_persons"] + 1)
    assert all(row[1] >= row[2] for row in told["tippett"])
    assert all(0 < share < 0.2 for share in told["misleading"])
    json.dumps(told, allow_nan=False)
    again = measure_evidence(*drawn(5), 1)
    assert isinstance(again, Evidence)
    assert again.report == told


@pytest.mark.parametrize(
    ("persons", "noise", "says"), [(40, 0.7, "fewer than 30 persons"), (120, 0.05, "no stranger scores above any mate")]
)
def test_data_that_cannot_carry_it_give_a_reason(persons: int, noise: float, says: str) -> None:
    trials, names = drawn(2, persons, noise=noise)
    found = measure_evidence(trials, names, 1)
    assert isinstance(found, NoEvidence)
    assert says in found.why


def test_scores_that_say_nothing_are_no_evidence() -> None:
    """Where mates score like strangers, no line rises or no ratio is worth telling."""
    trials, names = drawn(4)
    random = np.random.default_rng(1)
    nothing = replace(trials, mated=random.choice(trials.high, len(trials.mated)) - 0.05)
    assert isinstance(measure_evidence(nothing, names, 1), NoEvidence)


@cache
def calibration() -> Calibration:
    trials, names = drawn(5)
    found = measure_evidence(trials, names, 1)
    assert isinstance(found, Evidence)
    report = {"evidence": {"why_not": "", **found.report}, "data": {"sha256": "0" * 64}}
    data = evidence_file(report, RECIPE, dataset="drawn", created="2026-01-01", seed=1)
    assert data is not None
    return read_evidence(data)


def test_a_score_weighs_within_its_bounds_and_beside_its_interval() -> None:
    """Low, middle and high scores; past a bound nothing more is said; a score that was never seen says so."""
    read = calibration()
    weights = [read.weigh(score, RECIPE.digest) for score in (-1.0, 0.2, 0.35, 1.0)]
    assert [w.log10_lr for w in weights] == sorted(w.log10_lr for w in weights)
    assert all(read.low <= w.low <= w.log10_lr <= w.high <= read.high for w in weights)
    assert (weights[0].log10_lr, weights[0].bound, weights[0].beyond) == (read.low, "lower", True)
    assert (weights[3].log10_lr, weights[3].bound, weights[3].beyond) == (read.high, "upper", True)
    middle = -read.intercept / read.slope
    near = read.weigh(middle, RECIPE.digest)
    assert near.low < 0 < near.high
    assert near.bound == ""
    assert not near.beyond


def test_another_recipe_s_score_and_no_score_are_refused() -> None:
    read = calibration()
    with pytest.raises(RecipeMismatch, match="not made by the recipe"):
        read.weigh(0.5, "f" * 64)
    for score in (math.nan, math.inf, 1.5):
        with pytest.raises(Malformed, match="between -1 and 1"):
            read.weigh(score, RECIPE.digest)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (0.0, "no support for either"),
        (0.29, "no support for either"),
        (0.5, f"weak support {ONE}"),
        (-1.5, f"moderate support {TWO}"),
        (2.5, f"moderately strong support {ONE}"),
        (-3.5, f"strong support {TWO}"),
        (5.0, f"very strong support {ONE}"),
        (7.0, f"extremely strong support {ONE}"),
    ],
)
def test_words_follow_the_number(value: float, says: str) -> None:
    assert in_words(value) == says


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema": "other"}, "schema"),
        ({"recipe_sha256": "x"}, "64 hexadecimal"),
        ({"bounds": [1, 2]}, "bounds hold 0"),
        ({"bounds": [1]}, "two numbers"),
        ({"model": {"slope": -1, "intercept": 0, "covariance": [[1, 0], [0, 1]]}}, "slope rises"),
        ({"model": {"slope": 1, "intercept": None, "covariance": [[1, 0], [0, 1]]}}, "not a number"),
        ({"model": {"slope": 1, "intercept": 0, "covariance": [[1, 0]]}}, "two rows"),
        ({"model": []}, "two rows"),
        ({"cllr": None}, "cllr.value is missing"),
    ],
)
def test_a_file_that_is_none_is_refused(change: dict[str, Any], says: str) -> None:
    content = {**calibration().content, **change}
    with pytest.raises(Malformed, match=says):
        read_evidence(json.dumps(content).encode())
    with pytest.raises(Malformed, match="no JSON"):
        read_evidence(b"{")


def test_the_verb_tells_the_number_its_interval_and_no_probability(
    tmp_path: Path, countenance: Callable[..., Any]
) -> None:
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps(calibration().content))
    words = ("evaluate", "evidence", "--score", "0.9", "--from", file, "--recipe", RECIPE.digest)
    told = countenance(*words, "--json").json
    assert told["ci95"][0] <= told["log10_lr"] <= told["ci95"][1] == told["bounds"][1]
    assert told["bound"] == "upper"
    said = countenance(*words)
    assert said.code == 0
    assert "It is no probability" in said.out
    assert "in words" in said.out
    assert countenance(*words[:-1], "f" * 64, "--json").code == 12
    assert countenance(*words[:3], "nan", *words[4:], "--json").code == 12
    assert countenance(*words[:5], tmp_path / "none", "--json").code == 12
