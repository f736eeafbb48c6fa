"""Run: bring a source in as far as a staged batch: read, judge, enrol, screen, and balance the account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from countenance.migration.account import Account
from countenance.migration.book import Book, Run, RunState
from countenance.migration.importing import Importing, Tick
from countenance.migration.intake import Intake
from countenance.migration.resembling import hold_low
from countenance.migration.screening import screen
from countenance.migration.source import Source
from countenance.migration.steering import Steering
from countenance.service.asking import Asking, Refused
from countenance.service.rooms import Rooms
from countenance.terms.errors import BrokenInput
from countenance.terms.gallery import BatchState, Gallery


@dataclass(frozen=True, slots=True)
class Ran:
    """``unscreened``: the charter's refusal, where it lets nobody look for conflicts."""

    run: Run
    account: Account
    unscreened: Refused | None = None


def run(
    rooms: Rooms,
    book: Book,
    asking: Asking,
    *,
    gallery: Gallery,
    source: Source,
    intake: Intake,
    steering: Steering,
    rate: float | None = None,
    threads: int = 0,
    progress: Callable[[Tick], None] = lambda _: None,
) -> Ran | Refused:
    """Go on with the run of this source that was interrupted, or begin one. What it brings is staged.

    ``rate`` bounds the images a second. Raises InUse where another run is under way, BrokenInput where there is no
    such source or it was written to while it was read, NameTaken where another source's batch is still staged.
    """
    with steering.alone():
        manifest = source.manifest()
        under_way = _begin(rooms, book, gallery, source, intake, manifest)
        importing = Importing(
            rooms,
            book,
            asking,
            gallery,
            under_way,
            source,
            intake,
            steering=steering,
            rate=rate,
            threads=threads,
            progress=progress,
        )
        importing.work()
        if importing.refused is not None:
            return importing.refused
        kept = hold_low(rooms, book, asking, gallery, importing.run)
        if isinstance(kept, Refused):
            return kept
        screened = screen(rooms, book, asking, gallery, kept)
        told = book.account(screened.run)
        if source.manifest() != manifest:
            raise BrokenInput(
                "the source was written to while it was read",
                where=str(source.path),
                remedy="What was read is staged and accounted for. Run it again when nobody writes to it any more.",
            )
        return Ran(book.end(screened.run, told), told, screened.refused)


def _begin(rooms: Rooms, book: Book, gallery: Gallery, source: Source, intake: Intake, manifest: str) -> Run:
    reader = source.reader()
    digest = book.digests.source(gallery.id, source.kind, source.called)
    terms = intake.digest(reader, source.table)
    runs = [each for each in book.runs(gallery.id) if each.source == digest]
    last = runs[-1] if runs else None
    if last is not None and last.state is RunState.RUNNING:
        # By their number steps are skipped only in the very same files, under the very same terms.
        if last.manifest == manifest and last.terms == terms:
            return last
        return book.change(last, manifest=manifest, terms=terms, cursor=0, census=source.census())
    census = source.census()
    staged = {each.id for each in rooms.galleries.batches.of(gallery) if each.state is BatchState.STAGED}
    about = {"path": str(source.path.resolve()), "name": source.called, "basis": intake.basis or ""}
    begun = Run(
        "", gallery.id, digest, source.kind, reader.version, terms, manifest, census, about, RunState.RUNNING, 0
    )
    made = book.begin(begun)
    if last is not None and last.batch in staged:  # more of the same source, before it is published
        made = book.change(made, batch=last.batch, held=last.held)
    return made
