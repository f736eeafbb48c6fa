"""Verify a subject: does a sample show somebody who is enrolled? Each of their references is compared."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.ages import is_minor
from countenance.service.asking import Asking, NotAcquired, Refused
from countenance.service.rooms import Rooms
from countenance.service.samples import ref_of
from countenance.terms.acquisition import FaceChoice, FailureToAcquire, Probe
from countenance.terms.action import Action
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample


@dataclass(frozen=True, slots=True, eq=False)
class SubjectVerification:
    """``match`` means: the score reached the operating point's threshold. ``score`` is None without a reference."""

    score: float | None
    match: bool
    operating_point: OperatingPoint
    receipt: Receipt
    probe: Probe


def verify_subject(
    rooms: Rooms,
    asking: Asking,
    *,
    gallery: str,
    subject: str,
    sample: Sample,
    faces: FaceChoice = FaceChoice.ONE,
) -> SubjectVerification | NotAcquired | Refused:
    """Compare the face in ``sample`` with the subject (by id or name); the score is the best reference's.

    ``faces`` may not be ALL. Raises UnknownName, RecipeMismatch.
    """
    place = rooms.galleries.find(gallery)
    meant = rooms.galleries.subject(place, subject)
    passage = rooms.gate.ask(
        asking,
        Action.VERIFY,
        gallery=place,
        samples=(ref_of(sample, faces),),
        bound=1,
        subjects=(meant.name,),
        minor=is_minor(meant),
    )
    if isinstance(passage, Refused):
        return passage
    with passage:
        vision = rooms.vision()
        acquired = vision.acquire(sample, passage.promise, faces)
        if isinstance(acquired, FailureToAcquire):
            passage.conclude(OutcomeResult.FAILURE, failure=acquired.reason.value)
            return NotAcquired(acquired, passage.receipt, sample.name)
        if (lapsed := passage.lapsed()) is not None:
            return lapsed
        probe, point = acquired.probe, rooms.points.for_verify(vision.recipe)
        if not meant.references:
            passage.conclude(OutcomeResult.NO_MATCH, compared=0)
            return SubjectVerification(None, match=False, operating_point=point, receipt=passage.receipt, probe=probe)
        compared = rooms.galleries.verify(passage.receipt, probe.template, meant.id)
        match = compared.score >= point.threshold
        passage.conclude(
            OutcomeResult.MATCH if match else OutcomeResult.NO_MATCH,
            use=compared.use,
            compared=1,
            threshold=round(point.threshold, 6),
            operating_point=point.id,
            recipe=vision.recipe.digest,
        )
        return SubjectVerification(compared.score, match, point, passage.receipt, probe)
