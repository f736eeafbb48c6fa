"""Identify: search a gallery for the subjects whose references are nearest to a face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, NotAcquired, Refused
from countenance.service.reviews import open_reviews
from countenance.service.rooms import Rooms
from countenance.service.samples import bound_of, ref_of
from countenance.terms.acquisition import FaceChoice, FailureToAcquire, Probe
from countenance.terms.action import Action
from countenance.terms.candidate import SearchResult
from countenance.terms.errors import UnknownName
from countenance.terms.gallery import Gallery
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.receipt import Receipt
from countenance.terms.sample import Sample

DEFAULT_MOST = 5


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """One face and what the search for it found; an empty candidate list is an answer.

    ``case`` is the id of the review that its candidates wait for; None where there is nothing to review.
    """

    probe: Probe
    result: SearchResult
    case: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Identification:
    """Candidates are leads that ``reviewers`` people must look at, never an answer."""

    gallery: Gallery
    searched: tuple[Searched, ...]
    operating_point: OperatingPoint
    receipt: Receipt
    reviewers: int
    names: Mapping[str, str]
    """The candidates' names by subject id."""

    @property
    def case(self) -> str | None:
        """The review of the first face that has one."""
        return next((each.case for each in self.searched if each.case is not None), None)


def identify(
    rooms: Rooms,
    asking: Asking,
    *,
    gallery: str,
    sample: Sample,
    most: int = DEFAULT_MOST,
    faces: FaceChoice = FaceChoice.ONE,
    where: Mapping[str, str] | None = None,
    exclude: Sequence[str] = (),
) -> Identification | NotAcquired | Refused:
    """Search ``gallery`` for the face in ``sample``; at most ``most`` subjects at or above the operating point.

    ``where``: only among subjects whose metadata say all of this; ``exclude``: not among these, by id or name. The
    outcome says both. Raises UnknownName where there is no such gallery or subject, RecipeMismatch where it was made
    by another recipe.
    """
    place = rooms.galleries.find(gallery)
    without = sorted({rooms.galleries.subject(place, each).id for each in exclude})
    ref = ref_of(sample, faces)
    passage = rooms.gate.ask(asking, Action.SEARCH, gallery=place, samples=(ref,), bound=bound_of(faces), most=most)
    if isinstance(passage, Refused):
        return passage
    with passage:
        vision = rooms.vision()
        acquired = vision.acquire(sample, passage.promise, faces)
        if isinstance(acquired, FailureToAcquire):
            passage.conclude(OutcomeResult.FAILURE, failure=acquired.reason.value)
            return NotAcquired(acquired, passage.receipt)
        if (lapsed := passage.lapsed()) is not None:
            return lapsed
        point = rooms.points.for_identify(vision.recipe, place.subjects)
        cap = min(most, passage.permit.candidate_cap)
        only = rooms.galleries.subjects_saying(place, where) if where else None
        probes = [p.template for p in acquired.probes]
        results = rooms.galleries.search_many(
            passage.receipt, (ref,), probes, cap, point.threshold, only=only, without=without
        )
        found = [c for result in results for c in result.candidates]
        passage.conclude(
            OutcomeResult.CANDIDATES if found else OutcomeResult.NONE,
            count=len(found),
            use=results[0].use,
            candidates=[[c.subject, round(c.score, 6)] for c in found],
            compared=sum(each.compared for each in results),
            threshold=round(point.threshold, 6),
            **({"where": dict(where)} if where else {}),
            **({"excluded": without} if without else {}),
            operating_point=point.id,
            recipe=vision.recipe.digest,
        )
        leads = [(p.template.sample, r.candidates) for p, r in zip(acquired.probes, results, strict=True)]
        cases = open_reviews(rooms.reviews, asking, passage.permit, passage.receipt, place, leads, int(rooms.clock()))
        searched = tuple(Searched(p, r, c) for p, r, c in zip(acquired.probes, results, cases, strict=True))
        names = rooms.galleries.names(place, listed := {c.subject for c in found})
        if gone := listed - names.keys():
            raise UnknownName("a candidate was erased during the search", where=min(gone), remedy="Search again.")
        return Identification(place, searched, point, passage.receipt, passage.permit.reviewers, names)
