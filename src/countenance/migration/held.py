"""Held: what is odd waits for a person, who lets it in or drops it; no machine decides, and nothing is merged."""

from __future__ import annotations

from dataclasses import dataclass, replace

from countenance.migration.book import Book, Line, Run
from countenance.migration.exits import Exit, Reached
from countenance.service.asking import Asking, Refused
from countenance.service.batches import move_references
from countenance.service.manage_subjects import erase_reference
from countenance.service.rooms import Rooms
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
    found = next((each for each in waiting(book, gallery) if each.number == number), None)
    if found is None:
        raise UnknownName("nothing of this number waits", where=str(number))
    run, line = found.run, found.line
    if not let_in:
        if line.reference is not None:
            gone = erase_reference(rooms, asking, gallery=gallery.name, reference=line.reference)
            if isinstance(gone, Refused):
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
