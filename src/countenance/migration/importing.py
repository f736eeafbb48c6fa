"""Importing: records of a source through the same gate as everything else, each with exactly one exit.

Order: what is looked up and barred is decided as it is read; what may come in is enrolled, many at once, into the run's
batch; then its line is written. A crash in between leaves a reference without a line: the next start finds it by the
item that its metadata name, and writes the line then. Nothing is decided twice, and nothing is lost.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from countenance.gallery.batches import Restated
from countenance.gallery.tombstones import Traces
from countenance.migration.book import Book, Known, Line, Run
from countenance.migration.code import Code
from countenance.migration.erased import Erased, code_of, find_erased
from countenance.migration.exits import FAILURES, Exit, Reached
from countenance.migration.found import Found, face_meant
from countenance.migration.intake import Admissible, Barred, Intake, judge, name_of
from countenance.migration.legacy_record import LegacyImage, LegacyRecord
from countenance.migration.provenance import ITEM, ids_of, provenance
from countenance.migration.quality_gate import values
from countenance.migration.revoked import find_revoked
from countenance.migration.source import Source
from countenance.migration.steering import Pace, Steering
from countenance.service import enrol as enrolling
from countenance.service.asking import Asking, NotAcquired, Refused
from countenance.service.batches import begin_batch, restate
from countenance.service.enrol import EnrolRequest
from countenance.service.enrol_many import Item, Pending, Unreadable, enrol_many
from countenance.service.rooms import Rooms
from countenance.service.withdraw import keep_out
from countenance.terms.gallery import BatchState, Gallery
from countenance.terms.sample import Sample

TOGETHER, TOGETHER_BYTES = 128, 8 << 20
"""Records that are looked up at once, and at about how many bytes of pictures it is enough."""
FLUSH_LINES, FLUSH_SECONDS = 512, 1.0
REFUSALS = 32
"""So many refusals before anything was let in, and the charter means all."""
PUT_OFF = 256
"""Most images that are put off; a source of one picture over and over does not fill the memory."""


@dataclass(frozen=True, slots=True)
class Tick:
    """How far it is: ``settled`` images of ``discovered`` (None where only the reading can tell) in ``seconds``."""

    settled: int
    discovered: int | None
    enrolled: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Work:
    """An image that is being enrolled."""

    found: Found
    subject: str
    updates: bool
    digest: str


class Importing:
    """One start of a run; ``work`` is called once."""

    def __init__(
        self,
        rooms: Rooms,
        book: Book,
        asking: Asking,
        gallery: Gallery,
        run: Run,
        source: Source,
        intake: Intake,
        *,
        steering: Steering,
        rate: float | None = None,
        threads: int = 0,
        progress: Callable[[Tick], None] = lambda _: None,
    ) -> None:
        self.run = run
        """As it is now: its batch is known when the first image came in."""
        self.refused: Refused | None = None
        """What the charter said, where it let nothing in at all; the run then is not at its end."""
        self._rooms, self._book, self._asking, self._gallery = rooms, book, asking, gallery
        self._source, self._intake = source, intake
        self._called = source.called  # asks the disk
        self._steering, self._pace, self._threads, self._progress = steering, Pace(rate), threads, progress
        self._resumed = run.cursor > 0 or bool(book.lines(run, limit=1))
        self._lines: list[Line] = []
        self._works: dict[str, _Work] = {}
        self._under_way: Counter[int] = Counter()  # by step
        self._flying: Counter[str] = Counter()  # by sample
        self._later: list[Pending] = []
        self._step = run.cursor
        self._settled = self._enrolled = self._refusals = 0
        self._started = self._flushed = time.monotonic()
        self._idle = 0.0
        self._before = run.seconds

    def work(self) -> None:
        """Read from where the run is settled to the end; every line is durable when it returns."""
        self._enrol(self._pending())
        if self.refused is None:
            self._enrol(self._put_off())
        if self.refused is None:
            self._step += 1
        self._flush()

    def _enrol(self, pending: Iterator[Pending]) -> None:
        first = next(pending, None)  # models are loaded only where there is something to enrol
        if first is None:
            return
        for item in enrol_many(
            self._rooms,
            self._asking,
            gallery=self._gallery,
            pending=chain([first], pending),
            threads=self._threads,
        ):
            self._settle(self._works.pop(item.name), item)
            if self.refused is not None:
                return

    # -- reading

    def _pending(self) -> Iterator[Pending]:
        for some in _together(self._source.steps(self.run.cursor)):
            found = [each for step, record in some for each in self._images(step, record)]
            self._step = some[0][0]
            yield from self._decide(found)
            self._step = some[-1][0]
            if len(self._lines) >= FLUSH_LINES or time.monotonic() - self._flushed > FLUSH_SECONDS:
                self._flush()
            if self.refused is not None:
                return

    def _images(self, step: int, record: LegacyRecord) -> Iterator[Found]:
        subject = name_of(record)
        for image in record.images or (None,):
            named = subject if image is not None else record.person
            yield Found(step, record, image, self._book.digests.marks(self.run.source, record, image, named))

    def _decide(self, found: Sequence[Found]) -> Iterator[Pending]:
        """Write down what is settled by looking; yield what may come in."""
        done = self._book.done(self.run, (each.marks.item for each in found)) if self._resumed else set()
        known = self._book.known(self.run, (each.marks.key for each in found))
        whose = [(each.marks, name_of(each.record)) for each in found if each.image is not None]
        erased = find_erased(self._rooms, self._book, self._gallery, self.run, whose, known)
        newer = [each.marks.place for each in found if each.marks.key not in known]
        earlier = self._book.at(self.run, newer)
        now = int(self._rooms.clock())
        left = [each for each in found if each.marks.item not in done]
        revoked = find_revoked(self._rooms, self._gallery, left, known, earlier, now)
        if not self._kept_out(each for each in left if each.marks.key not in known):
            return
        restated = self._restated([each for each in left if each.marks.item not in revoked], known, erased, now)
        if restated is None:
            return
        for each in found:
            if each.marks.item in done:
                self._settled += each.image is not None
                continue
            before = known.get(each.marks.key)
            if each.image is not None and (code := erased.of(each.marks)) is not None:
                kept_out = each.line(Exit.TOMBSTONED, Reached.PARSED, code, detail="erased since it came in")
                self._write(replace(kept_out, reference=None if before is None else before.reference))
            elif (back := revoked.get(each.marks.item)) is not None:
                self._write(each.line(Exit.HELD, Reached.PARSED, back.code, reference=back.reference))
            elif before is not None and each.marks.item in restated:
                noted = (Code.OTHER_ROW,)
                self._write(each.line(Exit.UPDATED, Reached.STAGED, reference=before.reference, noted=noted))
            elif before is not None and (line := self._again(each, before)) is not None:
                self._write(line)
            elif each.image is None:
                self._write(each.without_image())
            else:
                verdict = judge(self._intake, each.record, each.image, now)
                if isinstance(verdict, Barred):
                    self._write(each.barred(verdict.code, verdict.detail))
                    continue
                batch = self._batch()
                if batch is None:  # the charter lets nobody begin one: nothing comes in past it
                    return
                admitted = self._admitted(each, each.image, verdict, earlier.get(each.marks.place), batch)
                if admitted is not None:
                    yield admitted
            if self.refused is not None:
                return

    def _kept_out(self, found: Iterable[Found]) -> bool:
        """Whom the source says it has removed is kept out from now on; false where the charter lets nobody do it."""
        records = {id(each.record): each.record for each in found if each.record.tombstone}.values()
        removed = [Traces(name_of(each) or "", ids=ids_of(each, self._called)) for each in records]
        if removed:
            answer = keep_out(self._rooms, self._asking, gallery=self._gallery, removed=removed)
            self.refused = answer if isinstance(answer, Refused) else None
        return self.refused is None

    def _again(self, found: Found, before: Known) -> Line | None:
        """What an earlier line decides: nothing where it failed, was kept out, or rejected under other terms."""
        if before.exit in (Exit.FAILED, Exit.TOMBSTONED):
            return None
        if before.run == self.run.id:
            return found.line(Exit.DUPLICATE, Reached.PARSED, Code.DUPLICATE_IMAGE)
        stays = before.reference is not None or before.exit is Exit.HELD or before.terms == self.run.terms
        if not stays:
            return None
        noted = tuple(before.other(found.marks, self.run.terms))
        return found.line(Exit.UNCHANGED, Reached.PARSED, reference=before.reference, noted=noted)

    def _restated(
        self, found: Sequence[Found], known: Mapping[bytes, Known], erased: Erased, now: int
    ) -> set[bytes] | None:
        """Carry over what the source says anew of pictures that are here; their items, None where it is refused."""
        some: dict[bytes, Restated] = {}
        for each in found:
            before = known.get(each.marks.key)
            if before is None or before.reference is None or each.image is None or erased.of(each.marks) is not None:
                continue
            if before.exit is Exit.HELD or before.run == self.run.id or not before.restated(each.marks):
                continue
            verdict = judge(self._intake, each.record, each.image, now)
            if isinstance(verdict, Admissible):
                some[each.marks.item] = Restated(before.reference, verdict.basis, verdict.retain_until)
        answer = restate(self._rooms, self._asking, gallery=self._gallery, said=list(some.values())) if some else 0
        if isinstance(answer, Refused):
            self.refused = answer
            return None
        return set(some)

    def _admitted(
        self, found: Found, image: LegacyImage, admissible: Admissible, earlier: Known | None, batch: str
    ) -> Pending | None:
        """The image to be enrolled; None where it is put off, for its twin is being enrolled just now."""
        self._pace.wait()
        self._idle += self._steering.wait()
        name = found.marks.item.hex()
        supersedes = () if earlier is None or earlier.reference is None else (earlier.reference,)
        request = EnrolRequest(
            Sample(image.data or b"", name),
            admissible.subject,
            {},
            admissible.basis,
            admissible.retain_until,
            reference_metadata=provenance(found.record, image, name),
            minor=admissible.minor,
            unfit=self._intake.gate.unfit,
            faces=face_meant(image),
            batch=batch,
            supersedes=supersedes,
            ids=ids_of(found.record, self._called),
        )
        pending = Pending(name, admissible.subject, lambda: request)
        self._works[name] = _Work(found, admissible.subject, bool(supersedes), request.sample.digest)
        self._under_way[found.step] += 1
        if request.sample.digest in self._flying and len(self._later) < PUT_OFF:
            self._later.append(pending)
            return None
        self._flying[request.sample.digest] += 1
        return pending

    def _put_off(self) -> Iterator[Pending]:
        """The twins of what has come in meanwhile: which of two comes first does not depend on who is faster."""
        for each in self._later:
            self._flying[self._works[each.name].digest] += 1
            yield each

    def _batch(self) -> str | None:
        """Begun when the first image comes in; a run that changes nothing leaves no empty one."""
        if self.run.batch is None:
            mine = {each.batch for each in self._book.runs(self._gallery.id)}
            there = self._rooms.galleries.batches.of(self._gallery)
            # One that no run knows was begun just before a crash.
            name = next((each.id for each in there if each.state is BatchState.STAGED and each.id not in mine), None)
            if name is None:
                made = begin_batch(self._rooms, self._asking, gallery=self._gallery)
                if isinstance(made, Refused):
                    self.refused = made
                    return None
                name = made.batch.id
            self.run = self._book.change(self.run, batch=name)
        return self.run.batch

    # -- settling

    def _settle(self, work: _Work, item: Item) -> None:
        self._write(self._told(work, item))
        self._flying[work.digest] -= 1
        if not self._flying[work.digest]:
            del self._flying[work.digest]
        self._under_way[work.found.step] -= 1
        if not self._under_way[work.found.step]:
            del self._under_way[work.found.step]

    def _told(self, work: _Work, item: Item) -> Line:
        found = work.found
        if not isinstance(item.answer, Refused):
            self._refusals = -1
        match item.answer:
            case enrolling.Enrolled(reference=reference, probe=probe):
                self._enrolled += 1
                return self._staged(work, values(probe.face), reference.id)
            case enrolling.Known(reference=reference, subject=subject):
                there = self._rooms.galleries.reference(self._gallery, reference, self.run.batch or "")
                if there.metadata.get(ITEM) == found.marks.item.hex():  # it was kept, and its line was not
                    return self._staged(work, there.quality, reference)
                if subject == work.subject:
                    return found.line(Exit.DUPLICATE, Reached.CHECKED, Code.DUPLICATE_IMAGE)
                return found.line(Exit.HELD, Reached.CHECKED, Code.CONFLICT_SAME_FACE_OTHER_SUBJECT)
            case enrolling.Withdrawn(by=by):
                return found.line(Exit.TOMBSTONED, Reached.CHECKED, code_of(by))
            case NotAcquired(failure=failure):
                code, reached = FAILURES[failure.reason]
                return found.line(Exit.REJECTED, reached, code, detail=failure.detail)
            case Refused() as refused:
                if self._refusals >= 0:
                    self._refusals += 1
                    self.refused = self.refused or (refused if self._refusals >= REFUSALS else None)
                return found.line(Exit.REJECTED, Reached.PARSED, Code.REFUSED)
            case Unreadable(error=error):
                return found.line(Exit.REJECTED, Reached.PARSED, Code.UNACCEPTABLE, detail=error.what)

    def _staged(self, work: _Work, quality: Mapping[str, int], reference: str) -> Line:
        gate = self._intake.gate
        if gate.holds(quality):
            exit_, code = Exit.HELD, Code.QUALITY_BELOW_GATE
        else:
            exit_, code = Exit.UPDATED if work.updates else Exit.ENROLLED, None
        value = gate.value(quality)
        return work.found.line(exit_, Reached.STAGED, code, quality=value, reference=reference)

    def _write(self, line: Line) -> None:
        self._lines.append(line)
        self._settled += line.image
        if len(self._lines) >= FLUSH_LINES:
            self._flush()

    def _flush(self) -> None:
        """What is decided becomes durable, and with it how far the source is settled."""
        now = time.monotonic()
        seconds = now - self._started
        cursor = min(self._under_way, default=self._step)
        self._book.add(self.run, self._lines, cursor=cursor, seconds=int(self._before + seconds))
        self._lines, self._flushed = [], now
        tick = Tick(self._settled, self.run.census.images, self._enrolled, seconds - self._idle)
        self._steering.tell(
            {
                "run": self.run.id, "settled": tick.settled, "discovered": tick.discovered, "enrolled": tick.enrolled,
                "rate": round(tick.settled / max(tick.seconds, 1e-9), 1), "at": int(self._rooms.clock()),
                "left": left(tick),
            }
        )  # fmt: skip
        self._progress(tick)


def left(tick: Tick) -> int | None:
    """The seconds that the rest may take, at the rate until now."""
    if tick.discovered is None or not tick.settled:
        return None
    return int(max(0, tick.discovered - tick.settled) * tick.seconds / tick.settled)


def _together(steps: Iterable[tuple[int, LegacyRecord]]) -> Iterator[list[tuple[int, LegacyRecord]]]:
    held: list[tuple[int, LegacyRecord]] = []
    size = 0
    for step, record in steps:
        held.append((step, record))
        size += sum(len(image.data or b"") for image in record.images)
        if len(held) >= TOGETHER or size >= TOGETHER_BYTES:
            yield held
            held, size = [], 0
    if held:
        yield held
