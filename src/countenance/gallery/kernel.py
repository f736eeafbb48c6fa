"""The only functions that compare templates. Private to this room; each wants a used-up receipt first.

Scores are exact (``rerank``). One BLAS product in float32, and above some thousands of references the codes of
``ladder``, find who can be in the answer. A float32 product is off by at most ``margin`` (Higham, Accuracy and
Stability of Numerical Algorithms, 2002, 3.1: for any order of summation, with or without fused multiply-add), the
codes carry their own bounds, so nobody who belongs in the answer is lost, and what is left is scored exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.admission import Admitted
from countenance.gallery.index.filter import Filter
from countenance.gallery.index.index import Snapshot
from countenance.gallery.index.ladder import TOGETHER, climb
from countenance.gallery.index.rerank import exact, rank
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
    return exact(np.stack(templates), probe) if templates else []


def best_of(_admitted: Admitted, gallery: Snapshot, probe: Vector, subject: str) -> float | None:
    """The best exact score of the probe against one subject's references; None where there are none."""
    templates = gallery.vectors_of(subject)
    return max(exact(templates, probe)) if len(templates) else None


def scores_of(_admitted: Admitted, gallery: Snapshot, probe: Vector, subject: str) -> list[float]:
    """The exact scores of the probe with one subject's references."""
    templates = gallery.vectors_of(subject)
    return exact(templates, probe) if len(templates) else []


def nearest(
    _admitted: Admitted,
    gallery: Snapshot,
    probes: Sequence[Vector],
    k: int,
    threshold: float | None,
    about: Filter | None = None,
) -> list[tuple[Candidate, ...]]:
    """For each probe the ``k`` best subjects ``about`` whom it is, at or above ``threshold``, ties by subject id.

    A subject's score is its best reference's; among a subject's equal references the first id is named.
    """
    if not len(gallery):
        return [() for _ in probes]
    found = []
    step = max(1, min(TOGETHER, _PRODUCT_CELLS // max(1, len(gallery.owner))))
    for start in range(0, len(probes), step):
        some = np.stack(probes[start : start + step])
        left = climb(gallery, some, k, threshold, margin(some.shape[1]), admitted=about)
        found += [rank(each, probe, k, threshold) for each, probe in zip(left, some, strict=True)]
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
            if block[row, column] >= threshold + slack or exact(templates[i : i + 1], templates[j])[0] >= threshold:
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
    scores = [math.fsum(row) for few in _few(pairs) for row in _products(templates, few).tolist()]
    return np.asarray(scores, dtype=np.float64), _crossed(templates, rows, columns)


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
