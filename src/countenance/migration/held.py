"""Held: what is odd waits for a person, who lets it in or drops it; no machine decides, and nothing is merged."""

from __future__ import annotations

from dataclasses import dataclass, replace

from countenance.migration.book import Book, Line, Run
from countenance.migration.code import Code
from countenance.migration.exits import Exit, Reached
from countenance.migration.revoked import TAKEN_BACK
from countenance.migration.take_out import take_out
from countenance.service.asking import Asking, Refused
from countenance.service.batches import move_references
from countenance.service.rooms import Rooms
from countenance.service.withdraw import Withdrew, withdraw
from countenance.terms.errors import Malformed, UnknownName
from countenance.terms.gallery import BatchState, Gallery


@dataclass(frozen=True, slots=True)
class Waiting:
    """One that is held: its number to decide by, and of which run it is."""

    number: int
    run: Run
    line: Line


def waiting(book: Book, gallery: Gallery) -> list[Waiting]:
    """Everything of a gallery that waits for a person, oldest first."""
    return [
        Waiting(number, run, line) for run in book.runs(gallery.id) for number, line in book.numbered(run, Exit.HELD)
    ]


def decide(rooms: Rooms, book: Book, asking: Asking, *, gallery: Gallery, number: int, let_in: bool) -> Line | Refused:
    """Let one in, as it was meant to come in, or erase it; the line that says so.

    Raises UnknownName where nothing of this number waits, Malformed where it cannot come in.
    """
    all_ = waiting(book, gallery)
    found = next((each for each in all_ if each.number == number), None)
    if found is None:
        raise UnknownName("nothing of this number waits", where=str(number))
    run, line = found.run, found.line
    if line.code in TAKEN_BACK:
        return _taken_back(rooms, book, asking, gallery, found, all_, let_in=let_in)
    if not let_in:
        if line.reference is not None:
            gone = take_out(rooms, asking, gallery, line.reference)
            if gone is not None:
                return gone
        decided = replace(line, exit=Exit.REJECTED, reference=None)
    else:
        if line.reference is None or run.batch is None or run.held is None:
            raise Malformed(
                "the very same picture is another subject's already",
                where=str(number),
                remedy="Erase it there first and run the migration again, or drop this one.",
            )
        if rooms.galleries.batches.find(gallery, run.batch).state is BatchState.PUBLISHED:
            raise Malformed(
                "its batch is published", where=run.batch, remedy="Take it back first: countenance migrate rollback."
            )
        moved = move_references(
            rooms, asking, gallery=gallery, references=[line.reference], came=run.held, goes=run.batch
        )
        if isinstance(moved, Refused):
            return moved
        decided = replace(line, exit=Exit.ENROLLED, reached=Reached.STAGED, where={})
    book.add(run, [decided])
    return decided


def _taken_back(
    rooms: Rooms, book: Book, asking: Asking, gallery: Gallery, found: Waiting, all_: list[Waiting], *, let_in: bool
) -> Line | Refused:
    """Let stay what a source took back, or erase it; a person who was removed is decided about for all their records.

    Who is removed withdraws: nothing of another source brings them back either.
    """
    line = found.line
    there = rooms.galleries.references_there(gallery, [line.reference] if line.reference else ())
    for each in () if let_in else there:
        refused: Withdrew | Refused | None
        if line.code is Code.SUBJECT_REMOVED:
            subject = rooms.galleries.reference(gallery, each, None).subject
            refused = withdraw(rooms, asking, gallery=gallery.name, subject=subject)
        else:
            refused = take_out(rooms, asking, gallery, each)
        if isinstance(refused, Refused):
            return refused
    whose = (found.run.id, line.code, line.marks.person)
    theirs = [each.line for each in all_ if (each.run.id, each.line.code, each.line.marks.person) == whose]
    exit_ = Exit.UNCHANGED if let_in else Exit.TOMBSTONED
    same = theirs if line.code is Code.SUBJECT_REMOVED else [line]
    told = [replace(each, exit=exit_, reference=each.reference if let_in else None) for each in same]
    book.add(found.run, told)
    return told[0]
