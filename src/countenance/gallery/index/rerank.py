"""The exact end of every search: whoever may be in the answer is scored exactly, and the answer is put in order.

A score is the inner product of two float32 vectors, computed exactly and rounded once to float64 (``exact_sum``, or
Shewchuk's algorithm, ``math.fsum``; the products of float32 numbers are exact in float64). So it does not depend on the
machine, on the order of summation or on where a reference lies, and equal templates tie.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.exact_sum import products_summed, ready
from countenance.terms.candidate import Candidate
from countenance.terms.template import Vector

_U64 = 2.0**-53
_MANY = 64


@dataclass(frozen=True, slots=True, eq=False)
class Contenders:
    """Rows that may be in the answer: ``vectors`` (rows, dimension), ``owners`` int32 (rows,), and their ids."""

    vectors: NDArray[np.float32]
    owners: NDArray[np.int32]
    references: Sequence[str]
    subjects: Sequence[str]


def contenders(
    approximate: NDArray[Any], owner: NDArray[np.int32], k: int, threshold: float | None, slack: float
) -> NDArray[np.intp]:
    """The rows that can decide the answer: with each subject that belongs in it, its best reference.

    ``approximate`` scores differ from the exact ones by ``slack`` at most. With t the k-th best of the subjects'
    approximate scores, k subjects have exact scores of at least t - slack, so whoever is in the answer has an exact
    score of at least that, and an approximate one of at least t - 2 slack. Any lower t only leaves more rows.
    """
    rows = np.arange(len(approximate)) if threshold is None else np.flatnonzero(approximate >= threshold - slack)
    many = 2 * k + 32
    while many < len(rows):
        scores = approximate[rows]
        top = np.argpartition(scores, len(rows) - many)[len(rows) - many :]
        subjects, place = np.unique(owner[rows[top]], return_inverse=True)
        if len(subjects) >= k:
            best = np.full(len(subjects), -np.inf, dtype=approximate.dtype)
            np.maximum.at(best, place, scores[top])
            kth = float(np.partition(best, len(best) - k)[len(best) - k])
            return rows[scores >= kth - 2 * slack]
        many *= 4
    return rows


def rank(found: Contenders, probe: Vector, k: int, threshold: float | None) -> tuple[Candidate, ...]:
    """The ``k`` best subjects at or above ``threshold``, best first, ties by subject id.

    A subject's score is its best reference's; among a subject's equal references the first id is named.
    """
    if len(found.owners) > _MANY:  # float64 leaves few of many
        approximate = found.vectors.astype(np.float64) @ probe.astype(np.float64)
        slack = 2 * len(probe) * _U64 * 1.01  # Higham 2002, 3.1, of vectors no longer than 1.001
        rows = contenders(approximate, found.owners, k, threshold, slack).tolist()
    else:
        rows = list(range(len(found.owners)))
    best: dict[str, tuple[float, str]] = {}
    for row, score in zip(rows, exact(found.vectors[rows], probe), strict=True):
        if threshold is not None and score < threshold:
            continue
        subject, reference = found.subjects[row], found.references[row]
        known = best.get(subject)
        if known is None or (-score, reference) < (-known[0], known[1]):
            best[subject] = (score, reference)
    order = sorted((-score, subject, reference) for subject, (score, reference) in best.items())
    return tuple(Candidate(s, r, -negative, rank) for rank, (negative, s, r) in enumerate(order[:k], start=1))


def exact(rows: NDArray[np.float32], probe: Vector) -> list[float]:
    """The exact score of each row with the probe; equal rows of many are computed once."""
    if len(rows) > _MANY:
        whole = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1] * rows.itemsize))).ravel()
        _, first, again = np.unique(whole, return_index=True, return_inverse=True)
        if len(first) < len(rows) / 2:
            scores = _exact(rows[first], probe)
            return [scores[place] for place in again.tolist()]
    return _exact(rows, probe)


def _exact(rows: NDArray[np.float32], probe: Vector) -> list[float]:
    if ready():
        scores = np.empty(len(rows))
        products_summed()(np.ascontiguousarray(rows), np.ascontiguousarray(probe), scores)
        known: list[float] = scores.tolist()
        return [_sum(row, probe) if math.isnan(score) else score for row, score in zip(rows, known, strict=True)]
    return [_sum(row, probe) for row in rows]


def _sum(row: Vector, probe: Vector) -> float:
    return math.fsum((row.astype(np.float64) * probe.astype(np.float64)).tolist())
