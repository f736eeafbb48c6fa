"""Verify kept faces: do two of them show the same subject, or does one show a subject who is enrolled?"""

from __future__ import annotations

from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.gate import Passage
from countenance.service.kept_faces import Compared, FaceUnknown, Theirs, theirs
from countenance.service.rooms import Rooms
from countenance.terms.action import Action
from countenance.terms.candidate import ComparisonResult
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.receipt import Receipt


@dataclass(frozen=True, slots=True)
class FaceVerification:
    """``match``: the score reached the operating point's threshold. ``score`` is None where there was no reference."""

    score: float | None
    match: bool
    operating_point: OperatingPoint
    receipt: Receipt


def verify_faces(
    rooms: Rooms, asking: Asking, owner: str, id_a: str, id_b: str
) -> FaceVerification | FaceUnknown | Refused:
    """Do two kept faces show the same subject? One comparison. Raises RecipeMismatch."""
    faces = theirs(rooms, asking, Action.VERIFY, owner, (id_a, id_b))
    if not isinstance(faces, Theirs):
        return faces
    a, b = faces.templates

    def pair(passage: Passage) -> Compared[FaceVerification]:
        return _verified(passage, rooms.points.for_verify(a.recipe), rooms.galleries.compare(passage.receipt, a, b))

    return faces.compare(pair, bound=1)


def verify_face_subject(
    rooms: Rooms, asking: Asking, owner: str, face: str, *, gallery: str, subject: str
) -> FaceVerification | FaceUnknown | Refused:
    """Does a kept face show this subject (by id or name)? Raises UnknownName, RecipeMismatch."""
    faces = theirs(rooms, asking, Action.VERIFY, owner, (face,))
    if not isinstance(faces, Theirs):
        return faces
    place = rooms.galleries.find(gallery)
    meant = rooms.galleries.subject(place, subject)
    (probe,) = faces.templates

    def claim(passage: Passage) -> Compared[FaceVerification]:
        scored = rooms.galleries.verify(passage.receipt, probe, meant.id) if meant.references else None
        return _verified(passage, rooms.points.for_verify(probe.recipe), scored)

    return faces.compare(claim, bound=1, gallery=place, subject=meant)


def _verified(passage: Passage, point: OperatingPoint, scored: ComparisonResult | None) -> Compared[FaceVerification]:
    score = None if scored is None else scored.score
    match = score is not None and score >= point.threshold
    return Compared(
        OutcomeResult.MATCH if match else OutcomeResult.NO_MATCH,
        compared=0 if scored is None else 1,
        point=point,
        threshold=point.threshold,
        answer=lambda: FaceVerification(score, match, point, passage.receipt),
        use=None if scored is None else scored.use,
    )
