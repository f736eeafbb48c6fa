"""Look for a picture in a gallery as it is once a batch is published: an act of the gate, of which nobody is told."""

from __future__ import annotations

from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.rooms import Rooms
from countenance.terms.acquisition import FaceChoice, FailureToAcquire
from countenance.terms.action import Action
from countenance.terms.candidate import Candidate
from countenance.terms.gallery import Gallery
from countenance.terms.sample import Sample, SampleRef


def look_for(
    rooms: Rooms, asking: Asking, gallery: Gallery, sample: Sample, *, batch: str, most: int
) -> tuple[Candidate, ...] | FailureToAcquire | Refused:
    """The ``most`` nearest to its largest face, whatever their scores, and no more than the charter lets be listed."""
    ref = SampleRef.of(sample.digest, 0)
    passage = rooms.gate.ask(asking, Action.SEARCH, gallery=gallery, samples=(ref,), bound=1, most=most)
    if isinstance(passage, Refused):
        return passage
    with passage:
        acquired = rooms.vision().acquire(sample, passage.promise, FaceChoice.LARGEST)
        if isinstance(acquired, FailureToAcquire):
            passage.conclude(OutcomeResult.FAILURE, failure=acquired.reason.value)
            return acquired
        template = acquired.probe.template
        cap = min(most, passage.permit.candidate_cap)
        found = rooms.galleries.search_many(passage.receipt, (ref,), [template], cap, None, batch=batch)[0]
        passage.conclude(
            OutcomeResult.CANDIDATES if found.candidates else OutcomeResult.NONE,
            count=len(found.candidates),
            use=found.use,
            candidates=[[each.subject, round(each.score, 6)] for each in found.candidates],
            compared=found.compared,
            recipe=template.recipe.digest,
        )
        return found.candidates
