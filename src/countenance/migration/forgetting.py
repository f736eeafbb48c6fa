"""Forgetting: what leads from the book back to records that did not come in is kept for a time, and not longer."""

from __future__ import annotations

from countenance.migration.book import Book, RunState
from countenance.service.rooms import Rooms
from countenance.terms.gallery import BatchState

DAY = 86_400


def forget_ways(rooms: Rooms, book: Book, days: int) -> int:
    """Empty the sealed ways of runs that ended so many ``days`` ago and whose batch waits for nobody; how many."""
    count, before = 0, int(rooms.clock()) - days * DAY
    galleries = {each.id: each for each in rooms.galleries.list()}
    for place in book.galleries():
        gallery = galleries.get(place)
        batches = () if gallery is None else rooms.galleries.batches.of(gallery)
        open_ = {each.id for each in batches if each.state in (BatchState.STAGED, BatchState.WITHDRAWN)}
        for run in book.runs(place):
            waits = run.state is RunState.RUNNING or (run.state is RunState.DONE and run.batch in open_)
            if not waits and (run.ended or run.begun) <= before:
                count += book.forget_ways(run)
    return count
