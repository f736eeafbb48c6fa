"""Accuracy on a pair list: each fold is decided at the threshold that is best on the other folds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation.dependence import listed_cells
from countenance.evaluation.rate import Rate

Real = NDArray[np.float64]
Flags = NDArray[np.bool_]

FOLDS = 10
RESUBSTITUTED = "the threshold was chosen on the very pairs that it decides: too good"


def best_threshold(scores: Real, same: Flags) -> float:
    """The threshold with the fewest wrong decisions; in the middle of the widest gap where several are as good."""
    order = np.argsort(scores, kind="stable")
    values, mated = scores[order], same[order]
    # Wrong at the threshold below value k: mated scores before it, and non-mated ones from it on.
    wrong = np.concatenate([[0], np.cumsum(mated)]) + np.concatenate([[0], np.cumsum(~mated)])[-1]
    wrong = wrong - np.concatenate([[0], np.cumsum(~mated)])
    possible = np.concatenate([[True], values[1:] > values[:-1], [True]])
    wrong = np.where(possible, wrong, len(values) + 1)
    best = np.flatnonzero(wrong == wrong.min())
    edges = np.concatenate([[max(-1.0, values[0]) - 1e-6], values, [values[-1] + 1e-6]])
    widest = best[int(np.argmax(edges[best + 1] - edges[best]))]
    return float((edges[widest] + edges[widest + 1]) / 2)


def folds_without_a_shared_person(a: Sequence[str], b: Sequence[str]) -> list[str]:
    """A fold for each pair, so that nobody is in two: persons whom pairs connect stay together, by a digest."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for one, other in zip(a, b, strict=True):
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    return [str(hashlib.sha256(root(one).encode("utf-8", "surrogateescape")).digest()[0] % FOLDS) for one in a]


def accuracy(
    scores: Real, same: Flags, a: NDArray[np.int64], b: NDArray[np.int64], persons: int, folds: Sequence[str]
) -> tuple[Rate, list[dict[str, float]], str]:
    """The rate of right decisions with its interval, each fold's threshold and accuracy, and a warning or nothing.

    A pair without a template has the score -2: it is decided as no match.
    """
    named = np.asarray(folds)
    different = sorted(set(folds))
    if any(same[named != fold].all() or not same[named != fold].any() for fold in different):
        named, different = np.full(len(folds), ""), [""]  # the other folds cannot choose a threshold
    wrong = np.zeros(len(scores), dtype=np.bool_)
    told = []
    for fold in different:
        inside = named == fold
        outside = ~inside if len(different) > 1 else inside
        threshold = best_threshold(scores[outside], same[outside])
        wrong[inside] = (scores[inside] >= threshold) != same[inside]
        told.append({"threshold": threshold, "accuracy": 1 - float(wrong[inside].mean()), "pairs": int(inside.sum())})
    error = listed_cells(wrong.astype(np.float64), a, b, persons).rate()
    value = None if error.value is None else 1 - error.value
    right = Rate(error.n - error.k, error.n, value, 1 - error.high, 1 - error.low, error.effective, error.method)
    return right, told, "" if len(different) > 1 else RESUBSTITUTED
