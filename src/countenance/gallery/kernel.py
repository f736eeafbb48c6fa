"""The only functions that compare templates. Private to this room; each wants a used-up receipt first.

A score is the inner product of two float32 unit vectors, computed exactly and rounded once to float64 (Shewchuk's
algorithm, ``math.fsum``; the products of float32 numbers are exact in float64). So a score does not depend on the
machine, on the order of summation or on where a reference lies in the gallery, and equal templates tie. One BLAS
product in float32 finds who can be in the answer; its error is at most ``margin`` (Higham, Accuracy and Stability
of Numerical Algorithms, 2002, 3.1: for any order of summation, with or without fused multiply-add), so nobody who
belongs in the answer is lost, and what is left is scored exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.admission import Admitted
from countenance.gallery.index import Snapshot
from countenance.terms.candidate import Candidate
from countenance.terms.template import Vector

NORM_TOLERANCE = 1e-3
"""How far the length of a template may lie from 1."""
_UNIT_ROUNDOFF = 2.0**-24
_PRODUCT_CELLS = 1 << 24
"""Most scores held at once: 64 MB of float32."""
_TRIAL_CELLS = 1 << 21
"""Scores of a block of trials: 8 MB, which the counting that follows finds in the processor's cache or near it."""


def margin(dimension: int) -> float:
    """The most by which a float32 product of two templates of this dimension differs from the exact score."""
    n_u = dimension * _UNIT_ROUNDOFF
    return n_u / (1 - n_u) * (1 + NORM_TOLERANCE) ** 2 + 1e-30


def scores(_admitted: Admitted, probe: Vector, templates: Sequence[Vector]) -> list[float]:
    """The exact score of the probe with each template."""
    return _exact(np.stack(templates), probe) if templates else []


def best_of(_admitted: Admitted, gallery: Snapshot, probe: Vector, subject: str) -> float | None:
    """The best exact score of the probe against one subject's references; None where there are none."""
    rows = [row for row, owner in enumerate(gallery.owner.tolist()) if gallery.subjects[owner] == subject]
    return max(_exact(gallery.matrix[rows], probe)) if rows else None


def nearest(
    _admitted: Admitted, gallery: Snapshot, probes: Sequence[Vector], k: int, threshold: float | None
) -> list[tuple[Candidate, ...]]:
    """For each probe the ``k`` best subjects at or above ``threshold``, best first, ties by subject id.

    A subject's score is its best reference's; among a subject's equal references the first id is named.
    """
    if not len(gallery.owner):
        return [() for _ in probes]
    found = []
    step = max(1, _PRODUCT_CELLS // len(gallery.owner))
    for start in range(0, len(probes), step):
        some = np.stack(probes[start : start + step])
        for probe, approximate in zip(some, some @ gallery.matrix.T, strict=True):
            rows = _contenders(approximate, gallery.owner, k, threshold, margin(len(probe)))
            found.append(_rank(gallery, probe, rows, k, threshold))
    return found


def pairs_at_or_above(
    _admitted: Admitted, templates: NDArray[np.float32], threshold: float
) -> Iterator[tuple[int, int]]:
    """All pairs (i < j) of rows whose exact score is at or above ``threshold``."""
    slack = margin(templates.shape[1])
    step = max(1, _PRODUCT_CELLS // max(1, len(templates)))
    for start in range(0, len(templates), step):
        block = templates[start : start + step] @ templates[start:].T
        for row, column in zip(*np.nonzero(np.triu(block >= threshold - slack, k=1)), strict=True):
            i, j = start + int(row), start + int(column)
            if block[row, column] >= threshold + slack or _exact(templates[i : i + 1], templates[j])[0] >= threshold:
                yield i, j


def trials(
    _admitted: Admitted,
    templates: NDArray[np.float32],
    pairs: NDArray[np.int64],
    rows: NDArray[np.int64] | None,
    columns: NDArray[np.int64] | None,
) -> tuple[NDArray[np.float64], Iterator[tuple[int, int, NDArray[np.float32]]]]:
    """The exact scores of ``pairs`` of templates, and in blocks the float32 scores of ``rows`` with ``columns``.

    A block is (first row, first column, scores), with all of its rows' columns; where ``columns`` is None, those are
    the rows from the block's first on. A block is made when it is drawn, and stays whole until the next one is.
    """
    exact = [math.fsum(row) for few in _few(pairs) for row in _products(templates, few).tolist()]
    return np.asarray(exact, dtype=np.float64), _crossed(templates, rows, columns)


def _few(pairs: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(pairs), 4096):
        yield pairs[start : start + 4096]


def _products(templates: NDArray[np.float32], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    return templates[pairs[:, 0]].astype(np.float64) * templates[pairs[:, 1]].astype(np.float64)


def _crossed(
    templates: NDArray[np.float32], rows: NDArray[np.int64] | None, columns: NDArray[np.int64] | None
) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
    if rows is None or not len(rows):
        return
    left = templates[rows]
    right = left if columns is None else templates[columns]
    step = max(1, _TRIAL_CELLS // max(1, len(right)))
    for start in range(0, len(left), step):
        first = start if columns is None else 0
        yield start, first, left[start : start + step] @ right[first:].T


def _contenders(
    approximate: NDArray[np.float32], owner: NDArray[np.int64], k: int, threshold: float | None, slack: float
) -> NDArray[np.intp]:
    """The rows that can decide the answer: with each subject that belongs in it, its best reference.

    With t the k-th best of the subjects' approximate scores, k subjects have exact scores of at least t - slack,
    so whoever is in the answer has an exact score of at least that, and an approximate one of at least
    t - 2 slack. Any lower t than the true one only leaves more rows.
    """
    rows = np.arange(len(approximate)) if threshold is None else np.flatnonzero(approximate >= threshold - slack)
    many = 2 * k + 32
    while many < len(rows):
        scores = approximate[rows]
        top = np.argpartition(scores, len(rows) - many)[len(rows) - many :]
        subjects, place = np.unique(owner[rows[top]], return_inverse=True)
        if len(subjects) >= k:
            best = np.full(len(subjects), -np.inf, dtype=np.float32)
            np.maximum.at(best, place, scores[top])
            kth = float(np.partition(best, len(best) - k)[len(best) - k])
            return rows[scores >= kth - 2 * slack]
        many *= 4
    return rows


def _rank(
    gallery: Snapshot, probe: Vector, rows: NDArray[np.intp], k: int, threshold: float | None
) -> tuple[Candidate, ...]:
    best: dict[int, tuple[float, str]] = {}
    for row, exact in zip(rows.tolist(), _exact(gallery.matrix[rows], probe), strict=True):
        if threshold is not None and exact < threshold:
            continue
        owner, reference = int(gallery.owner[row]), gallery.references[row]
        known = best.get(owner)
        if known is None or (-exact, reference) < (-known[0], known[1]):
            best[owner] = (exact, reference)
    order = sorted((-exact, gallery.subjects[owner], reference) for owner, (exact, reference) in best.items())
    return tuple(Candidate(s, r, -negative, rank) for rank, (negative, s, r) in enumerate(order[:k], start=1))


def _exact(rows: NDArray[np.float32], probe: Vector) -> list[float]:
    products = rows.astype(np.float64) * probe.astype(np.float64)
    return [math.fsum(row) for row in products.tolist()]
