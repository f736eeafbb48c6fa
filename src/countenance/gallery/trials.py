"""Trials: very many comparisons under one set receipt, to measure error rates; nobody is named and nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from countenance.gallery import kernel
from countenance.gallery.admission import Admission
from countenance.gallery.fit import want_named, want_one_space
from countenance.terms.action import Action
from countenance.terms.errors import Malformed
from countenance.terms.receipt import Receipt
from countenance.terms.sample import SampleRef
from countenance.terms.template import Template

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """All comparisons of ``rows`` with ``columns``, both positions among the templates, each position once.

    Where ``columns`` is None, all pairs of different ``rows``.
    """

    rows: Positions = field(repr=False)
    columns: Positions | None = field(default=None, repr=False)

    @property
    def comparisons(self) -> int:
        """How many comparisons that is."""
        many = len(self.rows)
        return many * (many - 1) // 2 if self.columns is None else many * len(self.columns)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """``scores``, float32 (rows, columns), of the crossing's rows from ``row`` on and its columns from ``column`` on.

    Of a crossing without columns only what lies above the diagonal (``column + j > row + i``) is a trial.
    """

    row: int
    column: int
    scores: NDArray[np.float32] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class ScoredTrials:
    """``pairs``: float64 scores in the order of the pairs; ``blocks`` are computed as they are drawn, once."""

    pairs: NDArray[np.float64] = field(repr=False)
    blocks: Iterator[Block] = field(repr=False)
    comparisons: int
    use: int


def score_trials(
    admission: Admission,
    receipt: Receipt,
    samples: Sequence[SampleRef],
    templates: Sequence[Template],
    pairs: Positions,
    crossing: Crossing | None,
) -> ScoredTrials:
    """The scores of ``pairs`` (int64, shape (n, 2), positions among ``templates``) and of ``crossing``.

    The receipt: GROUP, of no gallery, of the set ``samples``, allowing as many comparisons. It is used up whatever
    is drawn of the blocks. A block's scores are float32 and within ``kernel.margin`` of the exact ones, which the
    pairs' scores are. Raises ReceiptRefused, RecipeMismatch, Malformed.
    """
    want_named(templates, samples)
    want_one_space(templates)
    named = [pairs.ravel()] + ([] if crossing is None else [crossing.rows, *_columns(crossing)])
    if any(len(each) and not 0 <= each.min() <= each.max() < len(templates) for each in named):
        raise Malformed("a trial names a template that is not there")
    comparisons = len(pairs) + (0 if crossing is None else crossing.comparisons)
    admission.check(receipt, Action.GROUP, "", [tuple(samples)], comparisons)
    admitted = admission.spend(receipt, comparisons)
    matrix = np.stack([t.vector for t in templates]) if templates else np.empty((0, 1), dtype=np.float32)
    rows, columns = (None, None) if crossing is None else (crossing.rows, crossing.columns)
    scores, blocks = kernel.trials(admitted, matrix, pairs, rows, columns)
    return ScoredTrials(scores, (Block(*each) for each in blocks), comparisons, admitted.use)


def _columns(crossing: Crossing) -> list[Positions]:
    return [] if crossing.columns is None else [crossing.columns]
