"""One measurement under one receipt: pictures to templates, templates to scores, scores to a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from countenance.evaluation.acquired import Acquired, acquire
from countenance.evaluation.groups import Labels
from countenance.evaluation.identification import Identified, Search, measure_identification, plan_search, search
from countenance.evaluation.open_set import OpenSet
from countenance.evaluation.pair_list import PairList
from countenance.evaluation.pictures import Picture, refs_of
from countenance.evaluation.spool import Spools
from countenance.evaluation.verification import Choices, Verified, measure_verification, plan
from countenance.gallery.galleries import Galleries
from countenance.ledger.outcome import OutcomeResult
from countenance.terms.acquisition import FaceChoice
from countenance.terms.receipt import Promise, Receipt
from countenance.terms.sample import SampleRef
from countenance.vision.vision import Vision


class Permitted(Protocol):
    """The gate's passage for this measurement, given by whoever asked."""

    @property
    def promise(self) -> Promise:
        """The intent on its way to the disk."""
        ...

    @property
    def receipt(self) -> Receipt:
        """What it was permitted to do."""
        ...

    def conclude(
        self, result: OutcomeResult, *, count: int | None = None, use: int | None = None, **detail: Any
    ) -> None:
        """Write what came of it; only then may anything be told."""
        ...


def run_verification(
    permitted: Permitted,
    vision: Vision,
    galleries: Galleries,
    pairs: PairList,
    *,
    faces: FaceChoice,
    crossing: bool,
    labels: Labels | None,
    choices: Choices,
    step: Callable[[int], None],
    spools: Spools | None = None,
) -> tuple[Verified, Acquired]:
    """Measure 1:1. The receipt: GROUP, of the pictures of ``refs_of``, bounded by ``most_comparisons``."""
    pictures = tuple(pairs.pictures.values())
    with _acquiring(permitted, vision, pairs.sha256, pictures, faces, step, spools) as (acquired, refs):
        planned = plan(pairs, acquired, crossing=crossing)
        scored = galleries.trials(permitted.receipt, refs, acquired.templates, planned.pairs, planned.crossing)
        verified = measure_verification(pairs, acquired, planned, scored, labels, choices)
        _conclude(permitted, acquired, scored.comparisons, scored.use)
    return verified, acquired


def run_identification(
    permitted: Permitted,
    vision: Vision,
    galleries: Galleries,
    open_set: OpenSet,
    *,
    faces: FaceChoice,
    labels: Labels | None,
    wanted: Search,
    step: Callable[[int], None],
    spools: Spools | None = None,
) -> tuple[Identified, Acquired]:
    """Measure 1:N. The receipt: GROUP, of the pictures of ``refs_of``, bounded by probes times gallery."""
    pictures = open_set.pictures
    with _acquiring(permitted, vision, open_set.sha256, pictures, faces, step, spools) as (acquired, refs):
        planned = plan_search(open_set, acquired, wanted.seed)
        nothing = np.empty((0, 2), dtype=np.int64)
        scored = galleries.trials(permitted.receipt, refs, acquired.templates, nothing, planned.crossing)
        found = search(scored.blocks, planned)
        identified = measure_identification(open_set, acquired, planned, found, wanted, labels)
        _conclude(permitted, acquired, scored.comparisons, scored.use)
    return identified, acquired


@contextmanager
def _acquiring(
    permitted: Permitted,
    vision: Vision,
    dataset: str,
    pictures: tuple[Picture, ...],
    faces: FaceChoice,
    step: Callable[[int], None],
    spools: Spools | None,
) -> Iterator[tuple[Acquired, tuple[SampleRef, ...]]]:
    """What was acquired and the samples of the receipt; it is forgotten unless the run is interrupted."""
    spool = spools.open(dataset, pictures, faces, vision.recipe) if spools is not None else None
    refs = refs_of(pictures, faces)
    try:
        yield acquire(vision, permitted.promise, pictures, faces, refs, step, spool), refs
        if spool is not None:
            spool.forget()
    finally:
        if spool is not None:
            spool.close()


def _conclude(permitted: Permitted, acquired: Acquired, comparisons: int, use: int) -> None:
    permitted.conclude(OutcomeResult.GROUPED, use=use, compared=comparisons, recipe=acquired.recipe.digest)
