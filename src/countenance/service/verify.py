"""Verify: do two samples show the same subject? One comparison, one score, one operating point."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, NotAcquired, Refused
from countenance.service.rooms import Rooms
from countenance.service.samples import ref_of
from countenance.terms.acquisition import FaceChoice, FailureToAcquire, Probe
from countenance.terms.action import Action
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """``match`` means: the score reached the operating point's threshold; its error rate stands beside it."""

    score: float
    match: bool
    operating_point: OperatingPoint
    receipt: Receipt
    probes: tuple[Probe, Probe]


def verify(
    rooms: Rooms, asking: Asking, *, first: Sample, second: Sample, faces: FaceChoice = FaceChoice.ONE
) -> Verification | NotAcquired | Refused:
    """Compare the face in ``first`` with the face in ``second``. ``faces`` may not be ALL."""
    refs = (ref_of(first, faces), ref_of(second, faces))
    passage = rooms.gate.ask(asking, Action.VERIFY, gallery=None, samples=refs, bound=1)
    if isinstance(passage, Refused):
        return passage
    with passage:
        vision = rooms.vision()
        probes = []
        for sample in (first, second):
            acquired = vision.acquire(sample, passage.promise, faces, among=refs)
            if isinstance(acquired, FailureToAcquire):
                passage.conclude(OutcomeResult.FAILURE, failure=acquired.reason.value)
                return NotAcquired(acquired, passage.receipt, sample.name)
            probes.append(acquired.probe)
        if (lapsed := passage.lapsed()) is not None:
            return lapsed
        point = rooms.points.for_verify(vision.recipe)
        compared = rooms.galleries.compare(passage.receipt, probes[0].template, probes[1].template)
        match = compared.score >= point.threshold
        passage.conclude(
            OutcomeResult.MATCH if match else OutcomeResult.NO_MATCH,
            use=compared.use,
            compared=1,
            threshold=round(point.threshold, 6),
            operating_point=point.id,
            recipe=vision.recipe.digest,
        )
        return Verification(compared.score, match, point, passage.receipt, (probes[0], probes[1]))
