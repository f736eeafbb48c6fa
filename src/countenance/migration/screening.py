"""Screening: whose face is there already, and whose is not their own? The odd are held for a person, never merged.

The same pixels of the same subject in another file are a duplicate, and taken out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from countenance.gallery.neighbours import Neighbours
from countenance.migration.book import Book, Line, Run
from countenance.migration.code import Code
from countenance.migration.exits import Exit
from countenance.migration.look_around import look_around
from countenance.migration.resembling import hold_back, hold_resembling, portions
from countenance.migration.take_out import take_out
from countenance.service.asking import Asking, Refused
from countenance.service.rooms import Rooms
from countenance.terms.gallery import Gallery, Reference

SAME = 0.9999
"""Templates of the same pixels score more; whether they are the same the pixels say."""


@dataclass(frozen=True, slots=True)
class Screened:
    """The run as it is then; ``held`` references were kept back; ``refused`` where the charter lets nobody look."""

    run: Run
    held: int
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class _Odd:
    code: Code
    other: str
    score: float


def screen(rooms: Rooms, book: Book, asking: Asking, gallery: Gallery, run: Run) -> Screened:
    """Look for each new reference of a run among all others, and hold the odd ones. May be done again.

    Both references of a pair are held where both are new: which one is wrong, nobody here can tell.
    """
    batch = run.batch
    if batch is None:
        return Screened(book.change(run, screened=True), 0)
    kept = hold_resembling(rooms, book, asking, gallery, run)
    if isinstance(kept, Refused):
        return Screened(run, 0, kept)
    run = kept
    odd: list[Line] = []
    twins: list[Line] = []
    for some in portions(book.every(run, Exit.ENROLLED, Exit.UPDATED)):
        there = {each.id: each for each in _staged(rooms, gallery, batch, some)}
        lines = [line for line in some if line.reference in there]
        references = [there[line.reference or ""] for line in lines]
        answer = _look(rooms, asking, gallery, batch, references)
        if isinstance(answer, Refused):
            return Screened(run, 0, answer)
        for line, reference, (found, own) in zip(lines, references, answer, strict=True):
            if found is not None:
                odd.append(_held(line, found))
            elif own >= SAME and _is_twin(rooms, gallery, batch, reference):
                twins.append(line)
    for line in twins:
        # The line first: after a kill in between a picture is there twice, and none is taken for an erased one.
        book.add(run, [replace(line, exit=Exit.DUPLICATE, code=Code.DUPLICATE_IMAGE, reference=None)])
        if take_out(rooms, asking, gallery, line.reference or "") is not None:
            book.add(run, [line])  # the charter lets nobody erase: two files of a picture harm nobody
    kept = hold_back(rooms, book, asking, gallery, run, odd)
    if isinstance(kept, Refused):
        return Screened(run, 0, kept)
    return Screened(book.change(kept, screened=True), len(odd))


def _look(
    rooms: Rooms, asking: Asking, gallery: Gallery, batch: str, references: Sequence[Reference]
) -> Sequence[tuple[_Odd | None, float]] | Refused:
    if not references:
        return ()
    recipe = rooms.vision().recipe
    other = rooms.points.for_identify(recipe, gallery.subjects + len(references)).threshold
    own = rooms.points.for_verify(recipe).threshold
    found = look_around(rooms, asking, gallery, references, batch=batch, least=other)
    return found if isinstance(found, Refused) else [(_odd(each, own), each.own or 0.0) for each in found]


def _odd(found: Neighbours, own: float) -> _Odd | None:
    if found.other is not None:
        return _Odd(Code.CONFLICT_SAME_FACE_OTHER_SUBJECT, found.other, found.score or 0.0)
    if found.own is not None and found.own < own:
        return _Odd(Code.CONFLICT_SAME_SUBJECT_OTHER_FACE, "", found.own)
    return None


def _is_twin(rooms: Rooms, gallery: Gallery, batch: str, reference: Reference) -> bool:
    """Whether the same pixels came in as another reference of the same subject before this one."""
    look = reference.look
    others = rooms.galleries.references(gallery, reference.subject, batch) if look is not None else ()
    same = (each for each in others if each.look is not None and look is not None and each.look.pixels == look.pixels)
    first = next((each for each in same if each.face == reference.face), reference)
    return first.id != reference.id


def _held(line: Line, odd: _Odd) -> Line:
    return replace(line, code=odd.code, where={"other": odd.other, "score": f"{odd.score:.4f}"})


def _staged(rooms: Rooms, gallery: Gallery, batch: str, lines: Sequence[Line]) -> list[Reference]:
    """Those that are still in the batch: others were erased, or are held already."""
    return rooms.galleries.batches.some(gallery, batch, [line.reference for line in lines if line.reference])
