"""Publishing: a batch becomes searchable if its account is clean, or somebody answers for what it leaves open."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from countenance.gallery.tombstones import Traces
from countenance.migration.book import Book, RunState
from countenance.migration.erased import code_of
from countenance.migration.exits import Exit
from countenance.migration.resembling import hold_resembling
from countenance.migration.take_out import take_out
from countenance.service.asking import Asking, Refused
from countenance.service.batches import Batched, erase_batch, publish_batch, roll_back_batch
from countenance.service.rooms import Rooms
from countenance.terms.errors import Malformed, UnknownName
from countenance.terms.gallery import BatchState, Gallery


def open_ends(book: Book, gallery: Gallery, batch: str) -> list[str]:
    """What stands against publishing a batch, in words; of each source its last run counts, of held images all."""
    runs = book.runs_of(gallery.id, batch)
    last = {each.source: each for each in runs}
    ends = []
    for each in runs:
        told = book.account(each)
        if held := max(told.images.exits.get(Exit.HELD, 0), told.units.exits.get(Exit.HELD, 0)):
            ends.append(f"images or records that wait for a person: {held} (countenance migrate held)")
        if last[each.source] is not each:
            continue
        if each.state is RunState.RUNNING:
            ends.append("a run is not at its end (run it again)")
        elif not told.balanced:
            ends.append("an account does not balance (countenance migrate report)")
        failed = max(told.images.exits.get(Exit.FAILED, 0), told.units.exits.get(Exit.FAILED, 0))
        if failed:
            ends.append(f"records that failed: {failed} (run it again)")
        if not each.screened:
            ends.append("nobody looked for conflicts (countenance migrate screen)")
    return ends


def publish(rooms: Rooms, book: Book, asking: Asking, *, gallery: Gallery, reviewer: str = "") -> Batched | Refused:
    """Publish the gallery's staged or taken back batch; ``reviewer`` answers for what it leaves open.

    Raises UnknownName where there is none, Malformed with what stands against it.
    """
    batch = batch_of(rooms, gallery, BatchState.STAGED, BatchState.WITHDRAWN)
    if (refused := keep_out(rooms, book, asking, gallery, batch)) is not None:
        return refused
    ends = open_ends(book, gallery, batch)
    if ends and not reviewer:
        raise Malformed(
            f"this batch is not ready: {'; '.join(ends)}",
            where=batch,
            remedy="Settle that, or let somebody answer for it by name: --signed-off-by NAME.",
        )
    accounts = [book.account(each).shape() for each in book.runs_of(gallery.id, batch)]
    digest = hashlib.sha256(json.dumps(accounts, sort_keys=True).encode("ascii")).hexdigest()
    return publish_batch(rooms, asking, gallery=gallery, batch=batch, account=digest, reviewer=reviewer)


def keep_out(rooms: Rooms, book: Book, asking: Asking, gallery: Gallery, batch: str) -> Refused | None:
    """Erase what is staged of whoever withdrew since, and hold what resembles: publishing lets nobody in again."""
    after = ""
    lines = {
        line.reference: (run, line)
        for run in book.runs_of(gallery.id, batch)
        for line in book.every(run, Exit.ENROLLED, Exit.UPDATED)
    }
    while page := rooms.galleries.batches.references(gallery, batch, after):
        after = page[-1].id
        names = {each.subject: rooms.galleries.subject_by_id(gallery, each.subject, None).name for each in page}
        asked = [Traces(names[each.subject], each.sample_digest, each.look, each.ids) for each in page]
        barring = rooms.galleries.withdrawals.barring(gallery.name, asked)
        for each, barred in zip(page, barring, strict=True):
            if barred is None:
                continue
            refused = take_out(rooms, asking, gallery, each.id)
            if refused is not None:
                return refused
            if each.id in lines:
                run, line = lines[each.id]
                told = replace(line, exit=Exit.TOMBSTONED, code=code_of(barred.by), reference=None)
                book.add(run, [told])
    for run in book.runs_of(gallery.id, batch):
        held = hold_resembling(rooms, book, asking, gallery, run)
        if isinstance(held, Refused):
            return held
    return None


def roll_back(rooms: Rooms, asking: Asking, *, gallery: Gallery) -> Batched | Refused:
    """Take the last published batch back; raises UnknownName where there is none."""
    return roll_back_batch(rooms, asking, gallery=gallery, batch=batch_of(rooms, gallery, BatchState.PUBLISHED))


def erase(rooms: Rooms, book: Book, asking: Asking, *, gallery: Gallery) -> int | Refused:
    """Erase all that the staged or taken back batch brought, and what of it is held; how many references.

    The lines stay and hold for no later run. Interrupted, it goes on. Raises UnknownName where there is none.
    """
    batch = batch_of(rooms, gallery, BatchState.STAGED, BatchState.WITHDRAWN)
    runs = book.runs_of(gallery.id, batch)
    count = 0
    for name in (*dict.fromkeys(each.held for each in runs if each.held), batch):
        erased = erase_batch(rooms, asking, gallery=gallery, batch=name)
        if isinstance(erased, Refused):
            return erased
        count += erased
    for each in runs:
        book.change(each, state=RunState.ERASED)
    return count


def batch_of(rooms: Rooms, gallery: Gallery, *states: BatchState) -> str:
    """The id of the last batch in one of these states; raises UnknownName."""
    found = [each for each in rooms.galleries.batches.of(gallery) if each.state in states]
    if not found:
        raise UnknownName(f"nothing is {' or '.join(states)} in this gallery", where=gallery.name)
    return found[-1].id
