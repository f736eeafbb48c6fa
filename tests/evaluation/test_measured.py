"""What a measurement says: groups, quality, open-set searches, requirements and comparisons, on drawn persons."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.evaluation.drawn import across, blocks, vectors

from countenance.evaluation import points
from countenance.evaluation.acquired import Acquired
from countenance.evaluation.groups import Labels, by_group
from countenance.evaluation.identification import Search, measure_identification, plan_search, search
from countenance.evaluation.open_set import OpenSet
from countenance.evaluation.pictures import Picture
from countenance.evaluation.quality import discards
from countenance.evaluation.require import read_requirement, unmet
from countenance.evaluation.suspects import one_person_under_two_names
from countenance.evaluation.trial_set import TrialSet, crossed_trials
from countenance.terms.acquisition import FailureReason
from countenance.terms.errors import Malformed
from countenance.terms.recipe import Recipe

RECIPE = Recipe("drawn", "d", "0", "a", "r", "1", "p", 16, "numpy", "f32")


@dataclass(frozen=True)
class Seeded:
    seed: int = 3


def picture(person: int, number: int) -> Picture:
    return Picture(f"p{person}/{number}.jpg", Path("nowhere"), f"p{person}", f"{person:032x}{number:032x}")


def measured_groups(bias: float, persons: int = 60, images: int = 3) -> tuple[dict[str, Any], TrialSet]:
    """Group g of every other person; with ``bias`` its persons resemble each other."""
    matrix, person = vectors(persons, images, seed=2, shared=0.0)
    pull = np.zeros(16, dtype=np.float32)
    pull[0] = bias
    matrix = matrix + np.where((person % 2 == 0)[:, None], pull, 0)
    matrix = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
    trials = crossed_trials(blocks(matrix, 50), person, persons)
    names = [f"p{i}" for i in range(persons)]
    pictures = {p.name: p for i in range(persons) for p in (picture(i, k) for k in range(images))}
    labels = Labels({"g": {n: "gh"[i % 2] for i, n in enumerate(names[:-2])}}, "labels.csv")
    taken = tuple(pictures.values())
    acquired = Acquired(RECIPE, taken[:-1], (), {}, ((taken[-1], FailureReason.NO_FACE),))
    (told,) = by_group(labels, trials, names, acquired, pictures, 0.55, Seeded())
    return told, trials


def test_groups_are_measured_within_and_across_and_their_inequality_beside_its_null() -> None:
    """The biased group has more false matches, far beyond what dealt-out labels show; each comparison counts once."""
    told, trials = measured_groups(0.5)
    rows = {row["group"]: row for row in told["groups"]}
    assert rows["g"]["fmr"]["value"] > 3 * rows["h"]["fmr"]["value"]
    assert told["unlabelled_persons"] == 2
    assert rows["g"]["persons"] == 29
    heat = told["heat"]
    assert heat[0][0] == rows["g"]["fmr"]
    assert heat[0][1] == heat[1][0]
    assert heat[0][1]["n"] == 29 * 29 * 9
    unequal = told["fmr_inequality"]
    assert unequal["max_over_geomean"] > unequal["null95"] > 1
    assert 0 < unequal["gini"] <= 1
    assert trials.above(0.55) >= sum(row["fmr"]["k"] for row in told["groups"])


def test_equal_groups_stay_under_their_null_and_few_errors_are_not_resolvable() -> None:
    told, _ = measured_groups(0.0)
    assert told["fmr_inequality"]["max_over_geomean"] <= told["fmr_inequality"]["null95"] * 1.05
    few, _ = measured_groups(0.0, persons=8, images=2)
    assert "not resolvable" in few["fmr_inequality"]["note"]


def test_without_labels_nothing_is_said_of_groups() -> None:
    """No label is ever guessed."""
    _, trials = measured_groups(0.0, persons=8)
    assert by_group(None, trials, [], Acquired(RECIPE, (), (), {}, ()), {}, 0.5, Seeded()) == []


def test_a_quality_that_finds_the_misses_has_a_falling_curve() -> None:
    """A component that knows the misses takes them all away; one that knows nothing leaves the rate about as it was."""
    _, trials = measured_groups(0.0)
    threshold = float(np.quantile(trials.mated, 0.05))
    knowing = np.full(180, 90.0)
    knowing[trials.mated_a[trials.mated < threshold]] = 1.0
    told = {
        each["component"]: each
        for each in discards({"knowing": knowing, "flat": np.full(180, 50.0)}, trials, threshold, None, [])
    }
    assert told["knowing"]["fnmr"][0] == pytest.approx(0.05, abs=0.01)
    assert told["knowing"]["fnmr"][-1] == 0.0
    assert told["knowing"]["partial_area"] < 0.5
    assert told["knowing"]["rejected_by_group"] == []


def test_whom_a_gate_would_send_away_is_told_by_group() -> None:
    _, trials = measured_groups(0.0)
    values = np.full(180, 90.0)
    values[:9] = 1.0  # three persons
    names = [picture(i // 3, i % 3).name for i in range(180)]
    labels = Labels({"g": {"p0": "x", "p1": "x", "p2": "x", "p3": "y"}}, "labels.csv")
    (told,) = discards({"q": values}, trials, 0.5, labels, names)
    assert {row["group"]: (row["images"], row["rejected"]) for row in told["rejected_by_group"]} == {
        "x": (9, 0.0 if np.quantile(values, 0.05) <= 1.0 else 1.0),
        "y": (3, 0.0),
    }


def open_set(people: int, strangers: int, images: int = 3) -> tuple[OpenSet, Acquired, np.ndarray]:
    matrix, _ = vectors(people + strangers, images, seed=9, noise=0.45)
    pictures = [picture(i, k) for i in range(people + strangers) for k in range(images)]
    by_role: dict[Any, Any] = {"gallery": [], "probe-mated": [], "probe-nonmated": []}
    for at, each in enumerate(pictures):
        person, number = divmod(at, images)
        role = ("gallery" if number == 0 else "probe-mated") if person < people else "probe-nonmated"
        by_role[role].append(each)
    listed = OpenSet({role: tuple(found) for role, found in by_role.items()}, "0" * 64)
    place = {p.name: at for at, p in enumerate(pictures)}
    rows = np.stack([matrix[place[p.name]] for p in listed.pictures])
    return listed, Acquired(RECIPE, listed.pictures, (), {}, ()), rows


def brute(plan: Any, scores: np.ndarray, threshold: float, rank: int) -> tuple[float, float]:
    """FPIR and FNIR with loops, as their definitions read (one reference each)."""
    missed = []
    for at, mate in enumerate(plan.mate):
        better = sum(scores[at, other] > scores[at, mate] for other in range(scores.shape[1]))
        missed.append(better >= rank or scores[at, mate] < threshold)
    strangers = scores[len(plan.mate) :]
    return float(np.mean(strangers.max(axis=1) >= threshold)), float(np.mean(missed))


@pytest.mark.parametrize("step", [1, 13, 1000])
@pytest.mark.parametrize("rank", [1, 5])
def test_open_set_rates_are_those_of_the_definitions(step: int, rank: int) -> None:
    """Counted in blocks or with loops; the threshold is the lowest at which no more strangers are named than wanted."""
    listed, acquired, rows = open_set(40, 40)
    plan = plan_search(listed, acquired, 1)
    assert plan.crossing.columns is not None
    drawn = list(across(rows[plan.crossing.rows], rows[plan.crossing.columns], step))
    found = search(drawn, plan)
    told = measure_identification(listed, acquired, plan, found, Search(0.05, rank, 1, 200)).report
    at = told["search"]
    fpir, fnir = brute(plan, np.vstack([b.scores for b in drawn]).astype(np.float64), at["threshold"], rank)
    assert (at["fpir"]["value"], at["fnir"]["value"]) == (pytest.approx(fpir), pytest.approx(fnir))
    assert at["fpir"]["value"] <= 0.05
    assert at["fnir"]["ci95"][0] <= fnir <= at["fnir"]["ci95"][1]
    assert at["fnir_at_fpir"]["value"] == pytest.approx(fnir)
    assert [each["n"] for each in told["sizes"]] == [5, 10, 20, 40]
    assert told["cmc"]["hit"] == sorted(told["cmc"]["hit"])


def test_searches_that_failed_are_counted_both_ways() -> None:
    """Mated probes without a template are misses in one rate and left out of the other; a lost subject is an FTE."""
    listed, _, rows = open_set(20, 20)
    lost = {listed.by_role["probe-mated"][0].name, listed.by_role["gallery"][5].name}
    kept = tuple(p for p in listed.pictures if p.name not in lost)
    less = Acquired(RECIPE, kept, (), {}, tuple((p, FailureReason.NO_FACE) for p in listed.pictures if p.name in lost))
    place = {p.name: at for at, p in enumerate(listed.pictures)}
    rows = np.stack([rows[place[p.name]] for p in kept])
    plan = plan_search(listed, less, 1)
    assert plan.crossing.columns is not None
    found = search(across(rows[plan.crossing.rows], rows[plan.crossing.columns], 7), plan)
    told = measure_identification(listed, less, plan, found, Search(0.05, 5, 1, 100)).report
    at = told["search"]
    assert at["fnir_completed"]["n"] == 40 - 1 - 2
    assert (at["fnir"]["n"], at["fnir"]["k"]) == (40, at["fnir_completed"]["k"] + 3)
    assert (told["acquisition"]["fte"]["k"], told["acquisition"]["fta"]["k"]) == (1, 2)


def test_searches_are_told_by_group() -> None:
    """Counts are those of loops; failures are misses of the group they belong to; the rest of the report stands."""
    listed, _, rows = open_set(30, 30)
    lost = {listed.by_role["probe-mated"][0].name, listed.by_role["probe-mated"][3].name}  # of p0 and of p1
    kept = tuple(p for p in listed.pictures if p.name not in lost)
    less = Acquired(RECIPE, kept, (), {}, tuple((p, FailureReason.NO_FACE) for p in listed.pictures if p.name in lost))
    rows = rows[[p.name not in lost for p in listed.pictures]]
    labels = Labels({"g": {f"p{i}": "ab"[i % 2] for i in range(58)} | {"nobody": "c"}}, "labels.csv")
    plan = plan_search(listed, less, 1)
    assert plan.crossing.columns is not None
    scores = (rows[plan.crossing.rows] @ rows[plan.crossing.columns].T).astype(np.float64)
    found = search(across(rows[plan.crossing.rows], rows[plan.crossing.columns], 7), plan)
    report = measure_identification(listed, less, plan, found, Search(0.1, 2, 1, 100), labels).report
    (told,) = report["groups"]
    by_name = {row["group"]: row for row in told["groups"]}
    at = told["threshold"]
    assert at == report["search"]["threshold"]
    for name, odd in (("a", 0), ("b", 1)):
        missed = 1
        for row, mate in enumerate(plan.mate):
            better = sum(scores[row, other] > scores[row, mate] for other in range(30))
            if plan.mated_names[row] in labels.of["g"] and int(plan.mated_names[row][1:]) % 2 == odd:
                missed += bool(better >= 2 or scores[row, mate] < at)
        alarms = sum(
            scores[len(plan.mate) + row].max() >= at
            for row, who in enumerate(plan.stranger_names)
            if labels.of["g"].get(who) == name
        )
        fnir, fpir = by_name[name]["fnir"], by_name[name]["fpir"]
        assert (fnir["k"], fnir["n"]) == (missed, 30)
        assert (fpir["k"], fpir["n"]) == (alarms, 14 * 3)
        assert fnir["ci95"][0] <= fnir["value"] <= fnir["ci95"][1]
    assert (by_name["a"]["fta"]["k"], by_name["b"]["fta"]["k"]) == (1, 1)
    assert told["unlabelled_persons"] == 2
    assert (sorted(by_name), told["empty"]) == (["a", "b"], ["c"])
    assert "not resolvable" in told["fnir_inequality"]["note"]
    json.dumps(report, allow_nan=False)


def test_a_search_whose_score_is_no_number_is_refused() -> None:
    listed, acquired, rows = open_set(5, 5)
    plan = plan_search(listed, acquired, 1)
    assert plan.crossing.columns is not None
    rows = rows.copy()
    rows[plan.crossing.rows[2], 0] = np.nan
    with pytest.raises(Malformed, match="not a number"):
        search(across(rows[plan.crossing.rows], rows[plan.crossing.columns], 4), plan)


def test_a_group_without_anybody_is_named_and_has_no_rate() -> None:
    """Its labels name people who are not in the data set: it does not stand among the others as if it had no errors."""
    _, trials = measured_groups(0.0, persons=8)
    labels = Labels({"g": {"p0": "x", "p1": "x", "somebody": "y"}}, "labels.csv")
    pictures = {p.name: p for i in range(8) for p in (picture(i, k) for k in range(3))}
    acquired = Acquired(RECIPE, tuple(pictures.values()), (), {}, ())
    (told,) = by_group(labels, trials, [f"p{i}" for i in range(8)], acquired, pictures, 0.55, Seeded())
    assert ([row["group"] for row in told["groups"]], told["empty"]) == (["x"], ["y"])
    assert "fewer than two groups" in told["fmr_inequality"]["note"]


def test_a_role_that_lost_all_its_pictures_cannot_be_measured() -> None:
    listed, acquired, _ = open_set(5, 5)
    none = Acquired(RECIPE, tuple(p for p in acquired.pictures if p not in listed.by_role["gallery"]), (), {}, ())
    with pytest.raises(Malformed, match="no picture with a template"):
        plan_search(listed, none, 1)


def test_one_person_under_two_names_is_a_suspect() -> None:
    """A picture that stands under another name as well scores like a mate; strangers do not."""
    matrix, person = vectors(20, 2, seed=4, noise=0.3)
    matrix[39] = matrix[0]
    trials = crossed_trials(blocks(matrix, 9), person, 20)
    names = [f"{i}.jpg" for i in range(40)]
    (found, *others) = one_person_under_two_names(trials, names)
    assert (found["a"], found["b"], found["score"]) == ("0.jpg", "39.jpg", pytest.approx(1.0, abs=1e-4))
    assert {each["b"] for each in others} <= {"39.jpg"}


@pytest.mark.parametrize(
    ("persons", "target", "says"),
    [
        (40, 1e-4, "40 persons cannot support FMR 1e-4; the smallest supported is about 4e-3"),
        (3, 1e-3, "3 persons cannot support FMR 1e-3; the smallest supported is about 1e0"),
    ],
)
def test_a_tiny_set_says_what_it_can_support(persons: int, target: float, says: str) -> None:
    smallest = points.smallest_supported(persons)
    assert points.cannot_support(target, persons, smallest) == says
    assert points.supported_target(target, smallest) >= smallest
    assert points.supported_target(0.5, 0.1) == 0.5


REPORT = {
    "operating_point": {
        "test": {"fmr": {"value": 5e-4, "ci95": [3e-4, 9e-4]}, "fnmr": {"value": None, "ci95": [0, 1]}}
    },
    "acquisition": {"fta": {"value": 0.0, "ci95": [0.0, 0.02]}},
    "pairs": {"accuracy": {"value": 0.99, "ci95": [0.98, 0.995]}},
    "evidence": {"cllr": {"value": 0.1, "ci95": [0.08, 0.12]}},
}


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("fmr<=1e-3", True),
        ("fmr<=6e-4", False),  # the value is under it, its interval is not
        ("fta<=0.02", True),
        ("accuracy>=0.98", True),
        ("accuracy >= 0.985", False),
        ("fnmr<=0.5", False),  # not measured is not met
        ("fpir<=0.5", False),
        ("cllr<=0.12", True),
        ("cllr<=0.11", False),
    ],
)
def test_a_requirement_is_held_to_the_worse_end_of_the_interval(text: str, met: bool) -> None:
    assert (unmet([read_requirement(text)], REPORT) == []) is met


@pytest.mark.parametrize("text", ["", "fmr", "fmr<1e-3", "eer<=0.1", "fmr<=x", "fmr<=1e"])
def test_a_requirement_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_requirement(text)


def test_numbers_of_a_report_are_json() -> None:
    """No NaN, no infinity, no library's own number."""
    told, _ = measured_groups(0.3, persons=10)
    json.dumps(told, allow_nan=False)
