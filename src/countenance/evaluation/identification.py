"""Open-set identification measured: who is found who is there, and who is named who is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation import points
from countenance.evaluation.acquired import Acquired
from countenance.evaluation.bootstrap import METHOD, REPLICATIONS
from countenance.evaluation.dependence import listed_cells
from countenance.evaluation.failures import exact_rate, failures
from countenance.evaluation.groups import Labels
from countenance.evaluation.open_set import OpenSet
from countenance.evaluation.rate import Estimate, Rate
from countenance.evaluation.search_groups import Searches, by_group_of_searches
from countenance.evaluation.split import calibrating
from countenance.evaluation.tail import EDGES, binned
from countenance.evaluation.threshold import Unsupported, at_rate, choose
from countenance.gallery.trials import Block, Crossing
from countenance.terms.errors import Malformed

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
PARTS = (8, 4, 2, 1)
"""FNIR over FPIR is told for galleries of N divided by these."""


@dataclass(frozen=True, slots=True)
class Search:
    """The target FPIR, how many candidates are looked at, and the seed of everything random."""

    target: float = 0.01
    rank: int = 5
    seed: int = 1
    replications: int = REPLICATIONS


@dataclass(frozen=True, slots=True, eq=False)
class SearchPlan:
    """Probes (rows, mated ones first) against the gallery (columns, by subject); ``subjects`` have a template."""

    crossing: Crossing
    subjects: tuple[str, ...] = field(repr=False)
    starts: Whole = field(repr=False)
    mate: Whole = field(repr=False)
    mated_names: tuple[str, ...] = field(repr=False)
    stranger_names: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """Of each mated probe the mate's score, and by gallery size its rank; of each other probe its best score.

    ``mate`` and ``stranger``: float64; ``rank`` counts from 1. ``histogram``: of every stranger's score with every
    subject, by ``tail.EDGES``.
    """

    mate: Real = field(repr=False)
    rank: dict[int, Whole] = field(repr=False)
    stranger: dict[int, Real] = field(repr=False)
    histogram: Whole = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Identified:
    """``report`` is JSON; ``chosen``: the operating point for N subjects, None where the data cannot carry one."""

    report: dict[str, Any]
    chosen: dict[str, Any] | None
    target: float
    subjects: int


def plan_search(open_set: OpenSet, acquired: Acquired, seed: int) -> SearchPlan:
    """The comparisons of what was acquired. Raises Malformed where a role has no template.

    Subjects stand in an order drawn by ``seed``, so that the first of them are a smaller gallery.
    """
    place = acquired.place
    enrolled = [(p.person, place[p.name]) for p in open_set.by_role["gallery"] if p.name in place]
    named = sorted({person for person, _ in enrolled})
    subjects = [named[at] for at in np.random.default_rng(seed).permutation(len(named)).tolist()]
    number = {name: at for at, name in enumerate(subjects)}
    gallery = sorted(enrolled, key=lambda each: (number[each[0]], each[1]))
    owner = np.asarray([number[person] for person, _ in gallery], dtype=np.int64)
    mated = [p for p in open_set.by_role["probe-mated"] if p.name in place and p.person in number]
    strangers = [p for p in open_set.by_role["probe-nonmated"] if p.name in place]
    if not gallery or not mated or not strangers:
        raise Malformed("a role of the open-set list has no picture with a template", remedy="See --faces.")
    rows = np.asarray([place[p.name] for p in (*mated, *strangers)], dtype=np.int64)
    columns = np.asarray([at for _, at in gallery], dtype=np.int64)
    return SearchPlan(
        Crossing(rows, columns),
        tuple(subjects),
        np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]]).astype(np.int64),
        np.asarray([number[p.person] for p in mated], dtype=np.int64),
        tuple(p.person for p in mated),
        tuple(p.person for p in strangers),
    )


def search(blocks: Iterable[Block], plan: SearchPlan) -> Searched:
    """Look at every block once; a subject's score is its best reference's. Raises Malformed for NaN."""
    many, mated = len(plan.subjects), len(plan.mate)
    sizes = sorted({max(1, many // part) for part in PARTS})
    mate_scores = np.empty(mated)
    rank = {size: np.empty(mated, dtype=np.int64) for size in sizes}
    stranger = {size: np.empty(len(plan.stranger_names)) for size in sizes}
    histogram = np.zeros(len(EDGES) - 1, dtype=np.int64)
    for block in blocks:
        scores = block.scores
        if many < scores.shape[1]:
            scores = np.maximum.reduceat(scores, plan.starts, axis=1)
        if not np.isfinite(scores.sum()):
            raise Malformed("a score is not a number")
        here = np.arange(block.row, block.row + len(scores))
        own = here < mated
        if own.any():
            found = scores[own]
            mates = found[np.arange(len(found)), plan.mate[here[own]]]
            mate_scores[here[own]] = mates
            better = found > mates[:, None]
            for size in sizes:
                rank[size][here[own]] = 1 + better[:, :size].sum(axis=1)
        if not own.all():
            others = scores[~own]
            histogram += binned(others)
            for size in sizes:
                stranger[size][here[~own] - mated] = others[:, :size].max(axis=1)
    return Searched(mate_scores, rank, stranger, histogram)


def measure_identification(
    open_set: OpenSet,
    acquired: Acquired,
    plan: SearchPlan,
    found: Searched,
    wanted: Search,
    labels: Labels | None = None,
) -> Identified:
    """Everything that the report says of it."""
    many = len(plan.subjects)
    strangers = _numbers(plan.stranger_names)
    scores = found.stranger[many]
    threshold = at_rate(np.sort(scores)[::-1], len(scores), wanted.target)
    lost = len(open_set.by_role["probe-mated"]) - len(plan.mate)
    headline = _rates(plan, found, many, threshold, wanted.rank)
    fnir_all = _fnir(plan, found, many, threshold, wanted.rank, lost)
    chosen, target, told = _operating_point(plan, found, wanted)
    every = len(open_set.by_role["probe-nonmated"])
    searches = Searches(
        open_set,
        set(acquired.place),
        plan.mated_names,
        plan.stranger_names,
        lambda part: _fpir(plan, found, many, threshold, part),
        lambda part, failed: _fnir(plan, found, many, threshold, wanted.rank, failed, part),
    )
    report: dict[str, Any] = {
        "task": "1:N",
        "data": {
            "sha256": open_set.sha256,
            "persons": len({p.person for p in open_set.pictures}),
            "images": len(open_set.pictures),
            "templates": len(acquired.templates),
            "subjects": many,
            "references": len(plan.crossing.columns) if plan.crossing.columns is not None else 0,
            "mated_searches": len(plan.mate),
            "nonmated_searches": len(strangers),
        },
        "acquisition": failures(open_set.pictures, acquired)
        | {"fte": exact_rate(len({p.person for p in open_set.by_role["gallery"]}) - many,
                             len({p.person for p in open_set.by_role["gallery"]})).to_json()},
        "search": {
            "n": many,
            "rank": wanted.rank,
            "target": wanted.target,
            "threshold": threshold,
            "fpir": headline["fpir"].to_json(),
            "fnir": fnir_all.to_json(),
            "fnir_completed": headline["fnir"].to_json(),
            "fpir_with_failures_as_none": exact_rate(round(headline["fpir"].k), every).to_json(),
            "fnir_at_fpir": _resampled(plan, found, many, wanted, lost).to_json(),
            "selectivity": _selectivity(found, threshold, len(scores)),
            "note": "conditional on this gallery",
        },
        "sizes": [_curve(found, size, wanted) for size in sorted(found.rank)],
        "cmc": _cmc(found, many),
        "operating_point": told,
        "groups": [{**each, "threshold": threshold} for each in by_group_of_searches(labels, searches)],
        "quality": [],
        "suspects": _suspects(plan, found, many, threshold),
    }  # fmt: skip
    return Identified(report, chosen, target, many)


def _numbers(names: tuple[str, ...]) -> Whole:
    number: dict[str, int] = {}
    return np.asarray([number.setdefault(name, len(number)) for name in names], dtype=np.int64)


def _person_rate(errors: NDArray[np.bool_], who: Whole) -> Rate:
    """Exact where each person was searched for once, else with the dependence within a person."""
    if len(set(who.tolist())) == len(who):
        return exact_rate(int(errors.sum()), len(errors))
    return listed_cells(errors.astype(np.float64), who, who, int(who.max()) + 1 if len(who) else 0).rate()


def _fpir(
    plan: SearchPlan, found: Searched, size: int, threshold: float, part: NDArray[np.bool_] | None = None
) -> Rate:
    errors, who = found.stranger[size] >= threshold, _numbers(plan.stranger_names)
    return _person_rate(errors, who) if part is None else _person_rate(errors[part], who[part])


def _fnir(
    plan: SearchPlan, found: Searched, size: int, threshold: float, rank: int, lost: int = 0,
    part: NDArray[np.bool_] | None = None,
) -> Rate:  # fmt: skip
    """``lost`` searches gave no template, or were for a subject without one: each counts as a miss of its own."""
    missed = (found.mate < threshold) | (found.rank[size] > rank)
    who = _numbers(plan.mated_names)
    if part is not None:
        missed, who = missed[part], who[part]
    base = int(who.max()) + 1 if len(who) else 0
    return _person_rate(
        np.concatenate([missed, np.ones(lost, dtype=np.bool_)]), np.concatenate([who, np.arange(base, base + lost)])
    )


def _rates(plan: SearchPlan, found: Searched, size: int, threshold: float, rank: int) -> dict[str, Rate]:
    return {"fpir": _fpir(plan, found, size, threshold), "fnir": _fnir(plan, found, size, threshold, rank)}


def _selectivity(found: Searched, threshold: float, searches: int) -> float:
    """Candidates at or above the threshold in a search for a stranger, on average, to the width of a bin."""
    place = int(np.clip((threshold + 1) * (len(EDGES) - 1) / 2, 0, len(EDGES) - 2))
    return float(found.histogram[place:].sum() / searches)


def _curve(found: Searched, size: int, wanted: Search) -> dict[str, Any]:
    """FNIR over FPIR at this many subjects: [threshold, FPIR, FNIR]."""
    high = np.sort(found.stranger[size])[::-1]
    counts = np.unique(np.geomspace(1, max(1, len(high) // 2), 40).astype(np.int64))
    rows = []
    for k in np.r_[0, counts].tolist():
        threshold = at_rate(high, len(high), k / len(high))
        missed = (found.mate < threshold) | (found.rank[size] > wanted.rank)
        rows.append([threshold, float(np.mean(high >= threshold)), float(missed.mean())])
    return {"n": size, "curve": rows}


def _cmc(found: Searched, size: int) -> dict[str, Any]:
    ranks = (1, 2, 5, 10, 20, 50)
    return {"n": size, "rank": list(ranks), "hit": [float(np.mean(found.rank[size] <= r)) for r in ranks]}


def _resampled(plan: SearchPlan, found: Searched, size: int, wanted: Search, lost: int) -> Estimate:
    """FNIR where FPIR is at most the target, threshold chosen anew in each resample of the persons searched for."""
    random = np.random.default_rng(wanted.seed)
    strangers, mated = _numbers(plan.stranger_names), _numbers(plan.mated_names)
    order = np.argsort(-found.stranger[size])
    high, who = found.stranger[size][order], strangers[order]
    missed_by_rank = found.rank[size] > wanted.rank

    def value(stranger_weight: Real, mated_weight: Real) -> float | None:
        weight = stranger_weight[who]
        total, own = weight.sum(), mated_weight[mated]
        if total <= 0 or own.sum() <= 0:
            return None
        at = int(np.searchsorted(np.cumsum(weight), wanted.target * total * (1 + 1e-12), side="right"))
        threshold = -np.inf if at >= len(high) else np.nextafter(high[at], np.inf)
        missed = (found.mate < threshold) | missed_by_rank
        return float(((own * missed).sum() + lost) / (own.sum() + lost))

    def drawn(many: int) -> Real:
        return np.bincount(random.integers(0, many, many), minlength=many).astype(np.float64)

    n_strangers, n_mated = int(strangers.max()) + 1, int(mated.max()) + 1
    observed = value(np.ones(n_strangers), np.ones(n_mated))
    numbers = [value(drawn(n_strangers), drawn(n_mated)) for _ in range(wanted.replications)]
    known = [each for each in numbers if each is not None]
    low, high_end = np.percentile(known, [2.5, 97.5])
    few = wanted.target * len(strangers) < 1
    note = f"not resolvable: {len(strangers)} searches for strangers cannot show FPIR {wanted.target:g}" if few else ""
    return Estimate(observed, float(low), float(high_end), METHOD, note)


def _operating_point(
    plan: SearchPlan, found: Searched, wanted: Search
) -> tuple[dict[str, Any] | None, float, dict[str, Any]]:
    """As for verification: on one half of the persons, tested on the other, or on all where a half cannot carry it."""
    many = len(plan.subjects)
    side = calibrating(plan.stranger_names, wanted.seed)
    mated_side = calibrating(plan.mated_names, wanted.seed)
    everybody = np.ones(len(side), dtype=np.bool_)

    def pick(part: NDArray[np.bool_], target: float) -> Any:
        scores, who = found.stranger[many][part], _numbers(plan.stranger_names)[part]
        order = np.argsort(-scores, kind="stable")

        def rate_of(errors: int) -> Rate:
            wrong = np.zeros(len(scores), dtype=np.bool_)
            wrong[order[:errors]] = True
            return _person_rate(wrong, who)

        return choose(scores[order], len(scores), rate_of, target)

    target, split = wanted.target, True
    got = pick(side, target) if side.any() and not side.all() else Unsupported(target, 1.0)
    if isinstance(got, Unsupported):
        split, got = False, pick(everybody, target)
    if isinstance(got, Unsupported):
        target = points.supported_target(target, got.smallest)
        got = pick(everybody, target)
    told: dict[str, Any] = {"requested": wanted.target, "target": target, "gallery_size": many, "sentence": ""}
    if target != wanted.target:
        told["sentence"] = (
            f"{len(set(plan.stranger_names))} strangers cannot support FPIR {points.rough(wanted.target)}; "
            f"the smallest supported is about {points.rough(target)}"
        )
    if isinstance(got, Unsupported) or target > points.WORST:
        return None, target, told | {"why_not": points.TOO_FEW}
    part = side if split else everybody
    fnir = _fnir(plan, found, many, got.threshold, wanted.rank, 0, mated_side if split else None)
    told |= {
        "why_not": "",
        "threshold": got.threshold,
        "persons": {"calibration": int(part.sum()), "test": int((~part).sum())},
        "calibration": {"fpir": got.rate.to_json(), "fnir": fnir.to_json()},
        "test": {
            "fpir": _fpir(plan, found, many, got.threshold, ~side).to_json(),
            "fnir": _fnir(plan, found, many, got.threshold, wanted.rank, 0, ~mated_side).to_json(),
        }
        if split
        else None,
    }
    return {"threshold": got.threshold, "fpir": got.rate, "fnir": fnir}, target, told


def _suspects(plan: SearchPlan, found: Searched, size: int, threshold: float) -> list[dict[str, Any]]:
    """Strangers who score far above the threshold: perhaps they are enrolled under another name."""
    order = np.argsort(-found.stranger[size], kind="stable")[:20]
    return [
        {
            "a": plan.stranger_names[int(at)],
            "score": round(float(found.stranger[size][at]), 4),
            "why": "named, and not enrolled",
        }
        for at in order
        if found.stranger[size][at] >= threshold
    ]
