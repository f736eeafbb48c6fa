"""Sweep: erase every subject whose retention date is reached, each as an act of the gate."""

from __future__ import annotations

from dataclasses import dataclass

from countenance.service.asking import Asking, Refused
from countenance.service.erase import Erased, erase
from countenance.service.forget import Basis
from countenance.service.rooms import Rooms
from countenance.terms.errors import Malformed, UnknownName


@dataclass(frozen=True, slots=True)
class Kept:
    """Overdue and still there: why (a legal hold), by gallery and id."""

    gallery: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep came to; ``refused`` is the charter's first refusal in each gallery, where it then stopped."""

    erased: tuple[Erased, ...]
    kept: tuple[Kept, ...]
    refused: tuple[Refused, ...]


def sweep(rooms: Rooms, asking: Asking) -> Swept:
    """Erase all who are overdue, gallery by gallery; may be called as often as wanted, beside other work.

    A failing machine raises, and what was erased until then stays erased; the next sweep goes on.
    """
    erased: list[Erased] = []
    kept: list[Kept] = []
    refused: list[Refused] = []
    for place in rooms.galleries.list():
        for one in rooms.galleries.overdue(place):
            try:
                answer = erase(rooms, asking, gallery=place.name, subject=one.id, basis=Basis.RETENTION)
            except UnknownName:  # somebody was faster
                continue
            except Malformed as held:
                kept.append(Kept(place.name, one.id, held.what))
                continue
            if isinstance(answer, Refused):
                refused.append(answer)
                break
            erased.append(answer)
    return Swept(tuple(erased), tuple(kept), tuple(refused))
