"""Group kept faces: which of them look alike, by the graph of pairs at or above the operating point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from countenance.ledger.outcome import OutcomeResult
from countenance.service.asking import Asking, Refused
from countenance.service.gate import Passage
from countenance.service.kept_faces import Compared, FaceUnknown, Theirs, theirs
from countenance.service.rooms import Rooms
from countenance.terms.action import Action
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.receipt import Receipt


@dataclass(frozen=True, slots=True)
class FaceGrouping:
    """Ids, the largest group first, and those that are like no other."""

    groups: tuple[tuple[str, ...], ...]
    single: tuple[str, ...]
    operating_point: OperatingPoint
    receipt: Receipt


def group_faces(rooms: Rooms, asking: Asking, owner: str, ids: Sequence[str]) -> FaceGrouping | FaceUnknown | Refused:
    """Compare all pairs of kept faces; those at or above the operating point are joined. Raises RecipeMismatch."""
    faces = theirs(rooms, asking, Action.GROUP, owner, tuple(dict.fromkeys(ids)))
    if not isinstance(faces, Theirs):
        return faces
    names = [each.id for each in faces.faces]
    refs = [each.sample for each in faces.templates]

    def join(passage: Passage) -> Compared[FaceGrouping]:
        point = rooms.points.for_verify(faces.templates[0].recipe)
        joined = rooms.galleries.group(passage.receipt, refs, faces.templates, point.threshold)
        return Compared(
            OutcomeResult.GROUPED,
            compared=joined.comparisons,
            point=point,
            threshold=point.threshold,
            answer=lambda: FaceGrouping(
                tuple(tuple(names[at] for at in group) for group in joined.groups),
                tuple(names[at] for at in joined.single),
                point,
                passage.receipt,
            ),
            use=joined.use,
            count=len(joined.groups),
        )

    return faces.compare(join, bound=len(names) * (len(names) - 1) // 2)
