"""Group: which of these samples look alike, by the graph of pairs at or above the operating point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.rooms import Rooms
from countenance.service.samples import ref_of
from countenance.terms.acquisition import FaceChoice, FailureToAcquire
from countenance.terms.action import Action
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample, SampleRef
from countenance.terms.template import Template


@dataclass(frozen=True, slots=True)
class FailedSample:
    """A sample that took no part, and why."""

    name: str
    failure: FailureToAcquire


@dataclass(frozen=True, slots=True)
class Grouping:
    """``groups`` and ``single`` hold the samples' names; ``failed`` those that gave no template."""

    groups: tuple[tuple[str, ...], ...]
    single: tuple[str, ...]
    failed: tuple[FailedSample, ...]
    comparisons: int
    operating_point: OperatingPoint
    receipt: Receipt


def group(
    rooms: Rooms,
    asking: Asking,
    *,
    samples: Sequence[Sample],
    faces: FaceChoice = FaceChoice.ONE,
    step: Callable[[], None] = lambda: None,
) -> Grouping | Refused:
    """Compare all pairs of ``samples``; one set receipt names them all and bounds the comparisons."""
    unique = tuple({s.digest: s for s in samples}.values())
    refs: tuple[SampleRef, ...] = tuple(ref_of(s, faces) for s in unique)
    pairs = len(unique) * (len(unique) - 1) // 2
    passage = rooms.gate.ask(asking, Action.GROUP, gallery=None, samples=refs, bound=pairs)
    if isinstance(passage, Refused):
        return passage
    with passage:
        vision = rooms.vision()
        names: list[str] = []
        templates: list[Template] = []
        failed: list[FailedSample] = []
        for sample, acquired in vision.acquire_many(unique, passage.promise, faces, among=refs):
            step()
            if isinstance(acquired, FailureToAcquire):
                failed.append(FailedSample(sample.name, acquired))
            else:
                names.append(sample.name)
                templates.append(acquired.probe.template)
        if (lapsed := passage.lapsed()) is not None:
            return lapsed
        point = rooms.points.for_verify(vision.recipe)
        found = rooms.galleries.group(passage.receipt, refs, templates, point.threshold)
        passage.conclude(
            OutcomeResult.GROUPED,
            count=len(found.groups),
            use=found.use,
            compared=found.comparisons,
            threshold=round(point.threshold, 6),
            operating_point=point.id,
            recipe=vision.recipe.digest,
        )
        return Grouping(
            tuple(tuple(names[i] for i in g) for g in found.groups),
            tuple(names[i] for i in found.single),
            tuple(failed),
            found.comparisons,
            point,
            passage.receipt,
        )
