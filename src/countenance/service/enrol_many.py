"""Enrol many: a stream of requests through the same gate, all cores busy, past every bad file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from threading import Event

from countenance.service.asking import Asking
from countenance.service.enrol import EnrolAnswer, EnrolRequest, enrol_together
from countenance.service.rooms import Rooms
from countenance.terms.acquisition import Choice, FaceChoice
from countenance.terms.errors import BrokenInput
from countenance.terms.gallery import Gallery
from countenance.vision.runtime.choose import usable_cores


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A request whose file could not be read, or whose subject or metadata cannot be kept; the error says why."""

    error: BrokenInput


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the report: the file's name, the subject, and what came of it."""

    name: str
    subject: str
    answer: EnrolAnswer | Unreadable


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that is read only when its turn comes, so that a folder of any size fits in memory."""

    name: str
    subject: str
    read: Callable[[], EnrolRequest]


TOGETHER = 16
"""Most requests that a thread takes at once: they share each sync of the disk and each call of the recogniser."""
TOGETHER_BYTES = 4 << 20
"""Beyond so many bytes of pictures fewer go together: large ones gain little by it, and memory is to stay small."""
WAITING = 2
"""Threads beside one a core: so many may wait for the disk (intents, references, outcomes) while others compute."""


def enrol_many(
    rooms: Rooms,
    asking: Asking,
    *,
    gallery: Gallery,
    pending: Iterable[Pending],
    faces: Choice = FaceChoice.ONE,
    threads: int = 0,
    few: bool = False,
) -> Iterator[Item]:
    """Yield what came of each request, in the order in which they finish.

    Stopping the iteration lets what is under way finish and starts nothing more; each item stands for itself. ``few``
    gives each picture all cores: preparing the models for many costs more than it would save.
    """
    workers = 1 if few else (threads or usable_cores()) + WAITING
    busy = nullcontext() if few else rooms.vision().many()
    queue = iter(pending)
    stopped, drawn = Event(), 0

    def work(portion: Sequence[Pending]) -> list[Item]:
        return _enrol_portion(rooms, asking, gallery, portion, faces, stopped)

    with busy, ThreadPoolExecutor(workers, thread_name_prefix="enrol") as pool:
        running: set[Future[list[Item]]] = set()
        try:
            while True:
                while len(running) <= workers:
                    # It begins one by one, so that a small folder too is spread over all cores.
                    size = TOGETHER if few else min(TOGETHER, 1 + drawn // (2 * workers))
                    if not (portion := list(islice(queue, size))):
                        break
                    running.add(pool.submit(work, portion))
                    drawn += size
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield from future.result()
        finally:
            stopped.set()
            for future in running:
                future.cancel()


def _enrol_portion(
    rooms: Rooms, asking: Asking, gallery: Gallery, portion: Sequence[Pending], faces: Choice, stopped: Event
) -> list[Item]:
    """Read and enrol, together as many as may be; those that were not read when ``stopped`` was set are left out."""
    items: list[Item] = []
    left = iter(portion)
    while not stopped.is_set() and (read := _read(left)):
        requests = [request for _, request in read if isinstance(request, EnrolRequest)]
        answers = iter(enrol_together(rooms, asking, gallery=gallery, requests=requests, faces=faces))
        for one, request in read:
            answer = next(answers) if isinstance(request, EnrolRequest) else request
            # An input that is broken, or a name that the gallery does not keep, is wrong with this one alone.
            told = Unreadable(answer) if isinstance(answer, BrokenInput) else answer
            items.append(Item(one.name, one.subject, told))
    return items


def _read(left: Iterator[Pending]) -> list[tuple[Pending, EnrolRequest | BrokenInput]]:
    """The next ones, up to TOGETHER_BYTES and one more."""
    read: list[tuple[Pending, EnrolRequest | BrokenInput]] = []
    size = 0
    for one in left:
        try:
            request = one.read()
        except BrokenInput as error:
            read.append((one, error))
            continue
        read.append((one, request))
        size += len(request.sample.data)
        if size >= TOGETHER_BYTES:
            break
    return read
