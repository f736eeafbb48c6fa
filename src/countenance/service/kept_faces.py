"""Kept faces: found again for their owner, and compared as every act that starts from them compares.

A kept face belongs to its owner (a key and a purpose): for anybody else it is not there. Each act asks the gate anew:
that a face was permitted to be kept says nothing of what it may be compared with. What was declared of its picture
when it was kept holds whoever compares it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from countenance.gallery.faces import StoredFace
from countenance.ledger.outcome import OutcomeResult
from countenance.service.ages import is_minor
from countenance.service.asking import Asking, Refused
from countenance.service.gate import Passage
from countenance.service.rooms import Rooms
from countenance.terms.action import Action
from countenance.terms.errors import Malformed
from countenance.terms.gallery import Gallery, Subject
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.template import Template

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class FaceUnknown:
    """These ids are not this owner's kept faces, or not any more; nothing is answered of the others."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared(Generic[Answer]):
    """What a comparison came to; ``answer`` is asked for once that is in the log.

    ``threshold`` is the bar that was set, None for no bar; ``compared`` how many references or pairs.
    """

    result: OutcomeResult
    compared: int
    point: OperatingPoint
    threshold: float | None
    answer: Callable[[], Answer]
    use: int | None = None
    count: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further sealed fields of the outcome."""


@dataclass(frozen=True, slots=True)
class Theirs:
    """Kept faces of one owner with which an act is asked for."""

    rooms: Rooms
    asking: Asking
    action: Action
    owner: str
    faces: tuple[StoredFace, ...]

    @property
    def templates(self) -> tuple[Template, ...]:
        """Of the faces, in order."""
        return tuple(each.template for each in self.faces)

    def compare(
        self,
        work: Callable[[Passage], Compared[Answer]],
        *,
        bound: int,
        gallery: Gallery | None = None,
        subject: Subject | None = None,
        most: int = 0,
    ) -> Answer | FaceUnknown | Refused:
        """Ask the gate, let ``work`` compare, write the outcome, answer.

        Where one of the faces was forgotten meanwhile, its subject erased say, nobody hears what was found.
        """
        passage = self.rooms.gate.ask(
            replace(self.asking, minor=self.asking.minor or any(each.minor for each in self.faces)),
            self.action,
            gallery=gallery,
            samples=tuple(each.sample for each in self.templates),
            bound=bound,
            most=most,
            subjects=() if subject is None else (subject.name,),
            minor=None if subject is None else is_minor(subject),
        )
        if isinstance(passage, Refused):
            return passage
        with passage:
            if (lapsed := passage.lapsed()) is not None:
                return lapsed
            found = work(passage)
            still = find_faces(self.rooms, self.owner, [each.id for each in self.faces])
            if isinstance(still, FaceUnknown):
                passage.conclude(OutcomeResult.ABORTED, use=found.use, error="a kept face was forgotten meanwhile")
                return still
            passage.conclude(
                found.result,
                count=found.count,
                use=found.use,
                compared=found.compared,
                threshold=None if found.threshold is None else round(found.threshold, 6),
                operating_point=found.point.id,
                recipe=self.templates[0].recipe.digest,
                **found.more,
            )
            return found.answer()


def find_faces(rooms: Rooms, owner: str, ids: Sequence[str]) -> tuple[StoredFace, ...] | FaceUnknown:
    """This owner's kept faces of these ids, in their order."""
    found = rooms.galleries.faces.find(owner, ids)
    missing = tuple(dict.fromkeys(each for each in ids if each not in found))
    return FaceUnknown(missing) if missing else tuple(found[each] for each in ids)


def theirs(
    rooms: Rooms, asking: Asking, action: Action, owner: str, ids: Sequence[str]
) -> Theirs | FaceUnknown | Refused:
    """Those that ``find_faces`` finds; where no purpose is named whose faces they could be, the gate's refusal.

    Raises Malformed where ``ids`` is empty.
    """
    refused = None if asking.purposeful else rooms.gate.ask(asking, action, gallery=None, samples=(), bound=0)
    if isinstance(refused, Refused):
        return refused
    if not ids:
        raise Malformed("at least one face is named")
    found = find_faces(rooms, owner, ids)
    return found if isinstance(found, FaceUnknown) else Theirs(rooms, asking, action, owner, found)
