"""Find similar: rank the faces of given pictures by likeness to one face; nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, NotAcquired, Refused
from countenance.service.group import FailedSample
from countenance.service.rooms import Rooms
from countenance.service.samples import bound_of, ref_of
from countenance.terms.acquisition import FaceChoice, FailureToAcquire
from countenance.terms.action import Action
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample
from countenance.terms.template import Template


@dataclass(frozen=True, slots=True)
class Similar:
    """A picture by name, with the score of its likest face."""

    name: str
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Similarity:
    """The likest pictures first, ties by name; ``failed`` gave no template."""

    similar: tuple[Similar, ...]
    failed: tuple[FailedSample, ...]
    operating_point: OperatingPoint
    receipt: Receipt


def find_similar(
    rooms: Rooms,
    asking: Asking,
    *,
    sample: Sample,
    among: Sequence[Sample],
    most: int,
    every: bool = False,
    faces: FaceChoice = FaceChoice.ONE,
    step: Callable[[], None] = lambda: None,
) -> Similarity | NotAcquired | Refused:
    """Compare one face with every face of the others; ``every`` also lists those below the operating point."""
    others = tuple({s.digest: s for s in among if s.digest != sample.digest}.values())
    probe_ref = ref_of(sample, FaceChoice.ONE if faces is FaceChoice.ALL else faces)
    refs = (probe_ref, *(ref_of(s, faces) for s in others))
    passage = rooms.gate.ask(
        asking, Action.SEARCH, gallery=None, samples=refs, bound=len(others) * bound_of(faces), most=most
    )
    if isinstance(passage, Refused):
        return passage
    with passage:
        vision = rooms.vision()
        choice = FaceChoice.ONE if faces is FaceChoice.ALL else faces
        acquired = vision.acquire(sample, passage.promise, choice, among=refs)
        step()
        if isinstance(acquired, FailureToAcquire):
            passage.conclude(OutcomeResult.FAILURE, failure=acquired.reason.value)
            return NotAcquired(acquired, passage.receipt, sample.name)
        names: list[str] = []
        templates: list[Template] = []
        failed: list[FailedSample] = []
        for other, got in vision.acquire_many(others, passage.promise, faces, among=refs):
            step()
            if isinstance(got, FailureToAcquire):
                failed.append(FailedSample(other.name, got))
                continue
            names += [other.name] * len(got.probes)
            templates += [p.template for p in got.probes]
        if (lapsed := passage.lapsed()) is not None:
            return lapsed
        point = rooms.points.for_verify(vision.recipe)
        scored = rooms.galleries.compare_many(passage.receipt, refs, acquired.probe.template, templates)
        best: dict[str, float] = {}
        for name, score in zip(names, scored.scores, strict=True):
            best[name] = max(score, best.get(name, -1.0))
        ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
        kept = [(n, s) for n, s in ranked if every or s >= point.threshold][: min(most, passage.permit.candidate_cap)]
        passage.conclude(
            OutcomeResult.CANDIDATES if kept else OutcomeResult.NONE,
            count=len(kept),
            use=scored.use,
            compared=len(templates),
            threshold=round(point.threshold, 6),
            operating_point=point.id,
            recipe=vision.recipe.digest,
        )
        similar = tuple(Similar(n, s, rank) for rank, (n, s) in enumerate(kept, 1))
        return Similarity(similar, tuple(failed), point, passage.receipt)
