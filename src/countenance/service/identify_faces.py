"""Identify kept faces: search a gallery for each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.gate import Passage
from countenance.service.kept_faces import Answer, Compared, FaceUnknown, Theirs, theirs
from countenance.service.reviews import open_reviews
from countenance.service.rooms import Rooms
from countenance.terms.action import Action
from countenance.terms.candidate import SearchResult
from countenance.terms.gallery import Gallery
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.receipt import Receipt


@dataclass(frozen=True, slots=True)
class FaceSearched:
    """One kept face and what the search for it found; ``case`` is the id of the review that its candidates wait for."""

    id: str
    result: SearchResult
    case: str | None = None


@dataclass(frozen=True, slots=True)
class FaceIdentification:
    """In the order of the ids. Candidates are leads that ``reviewers`` people must look at, never an answer."""

    gallery: Gallery
    searched: tuple[FaceSearched, ...]
    operating_point: OperatingPoint
    receipt: Receipt
    reviewers: int


def identify_faces(
    rooms: Rooms,
    asking: Asking,
    owner: str,
    ids: Sequence[str],
    *,
    gallery: str,
    most: int,
    threshold: float | None = None,
) -> FaceIdentification | FaceUnknown | Refused:
    """Search a gallery for kept faces; of each at most ``most`` subjects at or above the operating point.

    ``threshold`` (a score) may raise the bar above the operating point, never lower it. Raises UnknownName,
    RecipeMismatch, Malformed.
    """
    faces = theirs(rooms, asking, Action.SEARCH, owner, ids)
    if not isinstance(faces, Theirs):
        return faces
    place = rooms.galleries.find(gallery)

    def search(passage: Passage) -> Compared[FaceIdentification]:
        point = rooms.points.for_identify(faces.templates[0].recipe, place.subjects)
        bar = point.threshold if threshold is None else max(threshold, point.threshold)
        return searched(
            faces,
            passage,
            place,
            (bar, point),
            most,
            lambda results, cases: FaceIdentification(
                place,
                tuple(map(FaceSearched, (each.id for each in faces.faces), results, cases)),
                point,
                passage.receipt,
                passage.permit.reviewers,
            ),
        )

    return faces.compare(search, bound=len(faces.faces), gallery=place, most=most)


def searched(
    faces: Theirs,
    passage: Passage,
    place: Gallery,
    bar: tuple[float | None, OperatingPoint],
    most: int,
    answer: Callable[[Sequence[SearchResult], Sequence[str | None]], Answer],
) -> Compared[Answer]:
    """Search ``place`` for each face; ``answer`` is given the results and the ids of the reviews, face by face.

    The reviews are opened once the outcome is in the log.
    """
    rooms, templates, (threshold, point) = faces.rooms, faces.templates, bar
    cap = min(most, passage.permit.candidate_cap)
    refs = [each.sample for each in templates]
    results = rooms.galleries.search_many(passage.receipt, refs, templates, cap, threshold)
    candidates = [each for result in results for each in result.candidates]

    def answered() -> Answer:
        found = [(ref, result.candidates) for ref, result in zip(refs, results, strict=True)]
        now = int(rooms.clock())
        return answer(
            results, open_reviews(rooms.reviews, faces.asking, passage.permit, passage.receipt, place, found, now)
        )

    return Compared(
        OutcomeResult.CANDIDATES if candidates else OutcomeResult.NONE,
        compared=sum(each.compared for each in results),
        point=point,
        threshold=threshold,
        answer=answered,
        use=results[0].use,
        count=len(candidates),
        more={"candidates": [[each.subject, round(each.score, 6)] for each in candidates]},
    )
