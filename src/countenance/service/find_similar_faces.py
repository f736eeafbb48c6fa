"""Find similar kept faces: rank others, or the references of a gallery, by likeness to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.gate import Passage
from countenance.service.identify_faces import searched
from countenance.service.kept_faces import Compared, FaceUnknown, Theirs, theirs
from countenance.service.rooms import Rooms
from countenance.terms.action import Action
from countenance.terms.errors import Malformed
from countenance.terms.gallery import Gallery
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.receipt import Receipt


@dataclass(frozen=True, slots=True)
class SimilarFace:
    """``id`` is a kept face's, or in a gallery a reference's: of each subject the likest one. ``rank`` is from 1."""

    id: str
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class FaceSimilarity:
    """The likest first, ties by id; ``case`` is the id of the review that they wait for."""

    similar: tuple[SimilarFace, ...]
    operating_point: OperatingPoint
    receipt: Receipt
    case: str | None = None


def find_similar_faces(
    rooms: Rooms,
    asking: Asking,
    owner: str,
    face: str,
    *,
    among: Sequence[str] | None = None,
    gallery: str | None = None,
    most: int,
    every: bool = False,
) -> FaceSimilarity | FaceUnknown | Refused:
    """Rank other kept faces, or the references of a gallery, by likeness to one kept face.

    ``every`` also lists those below the operating point. Raises Malformed unless exactly one of ``among`` and
    ``gallery`` is given, UnknownName, RecipeMismatch.
    """
    if (among is None) == (gallery is None) or most < 1:
        raise Malformed("similar faces are sought among kept faces or in a gallery, and at least one is wanted")
    faces = theirs(rooms, asking, Action.SEARCH, owner, (face, *dict.fromkeys(among or ())))
    if not isinstance(faces, Theirs):
        return faces
    if gallery is not None:
        return _in_gallery(faces, rooms.galleries.find(gallery), most, every=every)
    return _among(faces, most, every=every)


def _in_gallery(faces: Theirs, place: Gallery, most: int, *, every: bool) -> FaceSimilarity | FaceUnknown | Refused:
    def search(passage: Passage) -> Compared[FaceSimilarity]:
        point = faces.rooms.points.for_identify(faces.templates[0].recipe, place.subjects)
        return searched(
            faces,
            passage,
            place,
            (None if every else point.threshold, point),
            most,
            lambda results, cases: FaceSimilarity(
                tuple(SimilarFace(each.reference, each.score, each.rank) for each in results[0].candidates),
                point,
                passage.receipt,
                cases[0],
            ),
        )

    return faces.compare(search, bound=1, gallery=place, most=most)


def _among(faces: Theirs, most: int, *, every: bool) -> FaceSimilarity | FaceUnknown | Refused:
    probe, *others = faces.templates
    refs = [each.sample for each in faces.templates]

    def rank(passage: Passage) -> Compared[FaceSimilarity]:
        point = faces.rooms.points.for_verify(probe.recipe)
        scored = faces.rooms.galleries.compare_many(passage.receipt, refs, probe, others)
        ranked = sorted((-score, each.id) for score, each in zip(scored.scores, faces.faces[1:], strict=True))
        kept = [(-score, name) for score, name in ranked if every or -score >= point.threshold]
        kept = kept[: min(most, passage.permit.candidate_cap)]
        similar = tuple(SimilarFace(name, score, place) for place, (score, name) in enumerate(kept, 1))
        return Compared(
            OutcomeResult.CANDIDATES if kept else OutcomeResult.NONE,
            compared=len(others),
            point=point,
            threshold=point.threshold,
            answer=lambda: FaceSimilarity(similar, point, passage.receipt),
            use=scored.use,
            count=len(kept),
        )

    return faces.compare(rank, bound=len(others), most=most)
