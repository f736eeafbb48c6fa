"""Resembling, or of low quality: it waits for a person; nothing is dropped for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from countenance.migration.book import Book, Line, Run
from countenance.migration.code import Code
from countenance.migration.exits import Exit
from countenance.migration.look_around import TOGETHER
from countenance.service.asking import Asking, Refused
from countenance.service.batches import begin_batch, move_references
from countenance.service.rooms import Rooms
from countenance.terms.gallery import Gallery


def hold_resembling(rooms: Rooms, book: Book, asking: Asking, gallery: Gallery, run: Run) -> Run | Refused:
    """Hold what a run brought and resembles; the run as it is then. What a person let in already stays in."""
    if run.batch is None or not rooms.galleries.withdrawals.stand():
        return run
    alike: list[Line] = []
    for some in portions(book.every(run, Exit.ENROLLED, Exit.UPDATED)):
        lines = {each.reference or "": each for each in some if each.code is not Code.TOMBSTONED_SIMILAR}
        there = rooms.galleries.batches.some(gallery, run.batch, lines)
        found = rooms.galleries.withdrawals.resembling(gallery.name, (each.look for each in there))
        hits = (each.id for each, hit in zip(there, found, strict=True) if hit)
        alike += (replace(lines[each], code=Code.TOMBSTONED_SIMILAR) for each in hits)
    return hold_back(rooms, book, asking, gallery, run, alike)


def hold_low(rooms: Rooms, book: Book, asking: Asking, gallery: Gallery, run: Run) -> Run | Refused:
    """Keep back what this run held for its quality and is among the staged still; may be done again."""
    if run.batch is None:
        return run
    lines = {
        line.reference: line
        for line in book.every(run, Exit.HELD)
        if line.code is Code.QUALITY_BELOW_GATE and line.reference is not None
    }
    there = rooms.galleries.batches.some(gallery, run.batch, list(lines)) if lines else ()
    return hold_back(rooms, book, asking, gallery, run, [lines[each.id] for each in there])


def hold_back(rooms: Rooms, book: Book, asking: Asking, gallery: Gallery, run: Run, lines: list[Line]) -> Run | Refused:
    """Keep these of a run's lines back for a person, each for the reason that its code tells; the run as it is then."""
    if not lines or run.batch is None:
        return run
    if run.held is None:
        made = begin_batch(rooms, asking, gallery=gallery, held=True)
        if isinstance(made, Refused):
            return made
        run = book.change(run, held=made.batch.id)
    for start in range(0, len(lines), TOGETHER):
        some = lines[start : start + TOGETHER]
        ids = [line.reference or "" for line in some]
        moved = move_references(
            rooms, asking, gallery=gallery, references=ids, came=run.batch or "", goes=run.held or ""
        )
        if isinstance(moved, Refused):
            return moved
        book.add(run, [replace(line, exit=Exit.HELD) for line in some])
    return run


def portions(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """As many at once as one intent of the log is for."""
    while some := list(islice(lines, TOGETHER)):
        yield some
