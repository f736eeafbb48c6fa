"""Verification measured: a pair list, and all comparisons of its pictures, from templates' scores to a report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation import points
from countenance.evaluation.accuracy import accuracy, folds_without_a_shared_person
from countenance.evaluation.acquired import Acquired
from countenance.evaluation.bootstrap import REPLICATIONS
from countenance.evaluation.evidence import NoEvidence, measure_evidence
from countenance.evaluation.failures import failures
from countenance.evaluation.groups import Labels, by_group
from countenance.evaluation.pair_list import Pair, PairList
from countenance.evaluation.quality import discards
from countenance.evaluation.rate import Rate
from countenance.evaluation.split import calibrating
from countenance.evaluation.suspects import doubtful_labels, one_person_under_two_names, scored_against_their_label
from countenance.evaluation.threshold import at_rate
from countenance.evaluation.trial_set import TrialSet, crossed_trials, listed_trials
from countenance.gallery.trials import Crossing, ScoredTrials
from countenance.terms.errors import Malformed

Whole = NDArray[np.int64]
FAILED = -2.0
"""The score of a pair of which a picture gave no template: below every threshold (NIST's practice)."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What whoever measures decides: the target of the operating point, the seed of everything random."""

    target: float = 1e-3
    seed: int = 1
    replications: int = REPLICATIONS


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Which templates are compared: ``pairs`` (of their positions), the list's ``whole`` ones, and a crossing."""

    pairs: Whole = field(repr=False)
    whole: Whole = field(repr=False)
    crossing: Crossing | None

    @property
    def comparisons(self) -> int:
        """How many that is."""
        return len(self.pairs) + (0 if self.crossing is None else self.crossing.comparisons)


@dataclass(frozen=True, slots=True, eq=False)
class Verified:
    """``report`` is JSON; ``trials``: the crossing or, without one, the list. ``chosen`` on the calibrating persons."""

    report: dict[str, Any]
    trials: TrialSet
    chosen: dict[str, Any] | None
    target: float


def most_comparisons(pairs: PairList, *, crossing: bool) -> int:
    """The bound that is asked for before any template exists."""
    many = len(pairs.pictures)
    return len(pairs.pairs) + (many * (many - 1) // 2 if crossing else 0)


def plan(pairs: PairList, acquired: Acquired, *, crossing: bool) -> Plan:
    """The comparisons of what was acquired; of pictures with the same bytes only the first is crossed."""
    place = acquired.place
    whole = [at for at, p in enumerate(pairs.pairs) if p.a in place and p.b in place]
    positions = [(place[pairs.pairs[at].a], place[pairs.pairs[at].b]) for at in whole]
    rows = None
    if crossing:
        first: dict[str, int] = {}
        rows = np.asarray(
            [at for at, p in enumerate(acquired.pictures) if first.setdefault(p.digest, at) == at], np.int64
        )
    return Plan(
        np.asarray(positions, dtype=np.int64).reshape(-1, 2),
        np.asarray(whole, dtype=np.int64),
        None if rows is None else Crossing(rows),
    )


def measure_verification(
    pairs: PairList, acquired: Acquired, planned: Plan, scored: ScoredTrials, labels: Labels | None, choices: Choices
) -> Verified:
    """Everything that the report says of it. Raises Malformed where there is nothing to measure."""
    names = sorted({p.person for p in pairs.pictures.values()})
    number = {name: at for at, name in enumerate(names)}
    person = np.asarray([number[p.person] for p in acquired.pictures], dtype=np.int64)
    report: dict[str, Any] = {
        "task": "1:1",
        "data": _data(pairs, acquired, names),
        "acquisition": failures(tuple(pairs.pictures.values()), acquired),
        "pairs": None,
        "suspects": doubtful_labels(pairs),
    }
    trials, image_names = None, [p.name for p in acquired.pictures]
    if pairs.pairs:
        report["pairs"], suspects, trials = _list(pairs, planned, scored, person, number, choices)
        report["suspects"] += suspects
    if planned.crossing is not None:
        rows = planned.crossing.rows
        trials = crossed_trials(scored.blocks, person[rows], len(names))
        image_names = [image_names[int(at)] for at in rows]
        report["crossing"] = {
            "mated": len(trials.mated),
            "nonmated": trials.pairing.count,
            "points": points.table(trials, choices.seed, choices.replications),
        }
        report["suspects"] += one_person_under_two_names(trials, image_names)
    if trials is None or not trials.pairing.count:
        raise Malformed("there is no comparison of two persons to measure", remedy="See --faces, and the pictures.")
    report["tmr_at_fmr_1e-3"] = (report["pairs"] or {}).get("tmr_at_fmr_1e-3") or _tmr(trials, 1e-3, choices)
    chosen, target = _operating_point(report, trials, names, choices)
    threshold = chosen["threshold"] if chosen else at_rate(trials.high, trials.pairing.count, choices.target)
    kept = planned.crossing.rows if planned.crossing is not None else np.arange(len(acquired.pictures))
    report["groups"] = by_group(labels, trials, names, acquired, pairs.pictures, threshold, choices)
    quality = {name: values[kept] for name, values in acquired.quality.items()}
    report["quality"] = discards(quality, trials, threshold, labels, image_names)
    report["curve"] = points.curve(trials)
    report["det"] = points.det(trials)
    weighs = measure_evidence(trials, names, choices.seed)
    report["evidence"] = {"why_not": weighs.why} if isinstance(weighs, NoEvidence) else {"why_not": "", **weighs.report}
    report["histograms"] = {"nonmated": trials.histogram.tolist(), "mated": trials.mated_histogram.tolist()}
    return Verified(report, trials, chosen, target)


def _list(
    pairs: PairList,
    planned: Plan,
    scored: ScoredTrials,
    person: Whole,
    number: dict[str, int],
    choices: Choices,
) -> tuple[dict[str, Any], list[dict[str, Any]], TrialSet]:
    """What the report says of the pairs, those that score against their label, and their trials."""
    same = np.asarray([p.same for p in pairs.pairs])
    if same.all() or not same.any():
        raise Malformed("a pair list needs pairs of one person and pairs of two")
    if not len(planned.whole):
        raise Malformed("no pair of the list has two pictures with a template", remedy="See --faces, and the pictures.")
    scores = np.full(len(same), FAILED)
    scores[planned.whole] = scored.pairs
    listed = listed_trials(
        scored.pairs, planned.pairs[:, 0], planned.pairs[:, 1], person, len(number), same[planned.whole]
    )
    who_a = np.asarray([number[pairs.pictures[p.a].person] for p in pairs.pairs], dtype=np.int64)
    who_b = np.asarray([number[pairs.pictures[p.b].person] for p in pairs.pairs], dtype=np.int64)
    section = _of_list(pairs.pairs, scores, same, who_a, who_b, listed, choices)
    return section, scored_against_their_label(list(pairs.pairs), scores, section["threshold"]), listed


def _data(pairs: PairList, acquired: Acquired, names: list[str]) -> dict[str, Any]:
    return {
        "sha256": pairs.sha256,
        "persons": len(names),
        "persons_by": pairs.persons_by,
        "images": len(pairs.pictures),
        "templates": len(acquired.templates),
        "mated_pairs": sum(p.same for p in pairs.pairs),
        "nonmated_pairs": sum(not p.same for p in pairs.pairs),
        "folds": len({p.fold for p in pairs.pairs}),
        "with_one_image": _alone(pairs),
    }


def _alone(pairs: PairList) -> int:
    many: dict[str, int] = {}
    for picture in pairs.pictures.values():
        many[picture.person] = many.get(picture.person, 0) + 1
    return sum(count == 1 for count in many.values())


def _of_list(
    pairs: tuple[Pair, ...],
    scores: NDArray[np.float64],
    same: NDArray[np.bool_],
    a: Whole,
    b: Whole,
    listed: TrialSet,
    choices: Choices,
) -> dict[str, Any]:
    folds = [p.fold for p in pairs]
    if len(set(folds)) == 1:
        folds = folds_without_a_shared_person([str(i) for i in a], [str(i) for i in b])
    right, by_fold, warning = accuracy(scores, same, a, b, listed.persons, folds)
    done = scores > FAILED
    kept = [fold for fold, one in zip(folds, done.tolist(), strict=True) if one]
    completed, _, _ = accuracy(scores[done], same[done], a[done], b[done], listed.persons, kept)
    with_failures = _with_failed_mates(listed, same & ~done, a)
    return {
        "accuracy": right.to_json(),
        "accuracy_completed": completed.to_json(),
        "folds": by_fold,
        "warning": warning,
        "threshold": float(np.mean([f["threshold"] for f in by_fold])),
        "failed_pairs": int((~done).sum()),
        "tmr_at_fmr_1e-3": _tmr(with_failures, 1e-3, choices),
        "tmr_at_fmr_1e-3_completed": _tmr(listed, 1e-3, choices),
    }


def _with_failed_mates(listed: TrialSet, failed: NDArray[np.bool_], a: Whole) -> TrialSet:
    """The list with the mated pairs that failed as scores below every threshold."""
    extra = a[failed]
    base = len(listed.person)
    images = np.arange(base, base + len(extra), dtype=np.int64)
    return TrialSet(
        listed.persons,
        np.concatenate([listed.person, extra]),
        np.concatenate([listed.mated, np.full(len(extra), FAILED)]),
        np.concatenate([listed.mated_a, images]),
        np.concatenate([listed.mated_b, images]),
        listed.high, listed.high_a, listed.high_b, listed.floor, listed.pairing,
        listed.histogram, listed.mated_histogram,
    )  # fmt: skip


def _tmr(trials: TrialSet, target: float, choices: Choices) -> dict[str, Any]:
    none: Rate = trials.fmr_of(0)
    note = ""
    if target < 3 / max(1.0, none.effective):
        note = f"not resolvable: {trials.pairing.count} non-mated pairs cannot support FMR {target:g}"
    return {**points.tmr(trials, target, choices.seed, choices.replications, note).to_json(), "n": len(trials.mated)}


def _operating_point(
    report: dict[str, Any], trials: TrialSet, names: list[str], choices: Choices
) -> tuple[dict[str, Any] | None, float]:
    """Choose on one half of the persons and test on the other; on all of them where one half cannot carry the target.

    Where all cannot either, the target is raised to what they can.
    """
    side = calibrating(names, choices.seed)
    calibration, test = trials.of_persons(side), trials.of_persons(~side)
    smallest = points.smallest_supported(len(names))
    said = points.cannot_support(choices.target, len(names), smallest) if choices.target < smallest else ""
    target, split = choices.target, True
    if calibration.fmr_of(0).high > target or not test.pairing.count:
        calibration, split = trials, False
        target = points.supported_target(target, calibration.fmr_of(0).high)
    chosen, why = None, points.TOO_FEW
    if target <= points.WORST:
        chosen, why = points.chosen(calibration, target)
    told: dict[str, Any] = {
        "requested": choices.target,
        "target": target,
        "sentence": said,
        "why_not": why,
        "persons": {
            "calibration": int(side.sum()) if split else len(names),
            "test": int((~side).sum()) if split else 0,
        },
    }
    if chosen is not None:
        at = chosen["threshold"]
        told |= {
            "threshold": at,
            "calibration": {"fmr": chosen["fmr"].to_json(), "fnmr": chosen["fnmr"].to_json()},
            "test": {"fmr": test.fmr(at).to_json(), "fnmr": test.fnmr(at).to_json()} if split else None,
        }
    report["operating_point"] = told
    return chosen, target
