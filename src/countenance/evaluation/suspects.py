"""Suspects: pairs whose label may be wrong, listed by name for somebody to look at; none is left out of a count."""

from __future__ import annotations

from typing import Any

import numpy as np

from countenance.evaluation.pair_list import Pair, PairList
from countenance.evaluation.trial_set import TrialSet

MOST = 20


def doubtful_labels(pairs: PairList) -> list[dict[str, Any]]:
    """Pairs whose label contradicts who the pictures are said to show."""
    return [{**_named(pair), "why": "the label contradicts who the pictures show"} for pair in pairs.doubtful]


def scored_against_their_label(
    pairs: list[Pair], scores: np.ndarray[Any, np.dtype[np.float64]], threshold: float
) -> list[dict[str, Any]]:
    """The pairs farthest on the wrong side of ``threshold``, farthest first; failures (-2) are no suspects."""
    same = np.asarray([p.same for p in pairs])
    distance = np.where(same, threshold - scores, scores - threshold)
    distance[scores < -1.5] = -np.inf
    order = [int(at) for at in np.argsort(-distance, kind="stable")[:MOST] if distance[at] > 0]
    return [
        {
            **_named(pairs[at]),
            "score": round(float(scores[at]), 4),
            "why": "mated, and scores like strangers" if same[at] else "of two persons, and scores like one",
        }
        for at in order
    ]


def one_person_under_two_names(trials: TrialSet, names: list[str]) -> list[dict[str, Any]]:
    """The highest non-mated scores of a crossing that reach the middle of the mated ones."""
    if not len(trials.mated):
        return []
    middle = float(np.median(trials.mated))
    return [
        {
            "a": names[int(a)],
            "b": names[int(b)],
            "score": round(float(score), 4),
            "why": "of two persons, and scores like one: perhaps one person under two names",
        }
        for score, a, b in zip(trials.high[:MOST], trials.high_a[:MOST], trials.high_b[:MOST], strict=True)
        if score >= middle
    ]


def _named(pair: Pair) -> dict[str, Any]:
    return {"a": pair.a, "b": pair.b, "same": pair.same, "where": pair.where}
