"""Enrol many: a stream of requests through the same gate, all cores busy, past every bad file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass

from countenance.service.asking import Asking
from countenance.service.enrol import EnrolAnswer, EnrolRequest, enrol
from countenance.service.rooms import Rooms
from countenance.terms.acquisition import Choice, FaceChoice
from countenance.terms.errors import BrokenInput, Malformed
from countenance.terms.gallery import Gallery


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

    More threads than cores: each waits for the disk twice (intent, outcome) while others compute. Stopping the
    iteration lets what is under way finish and starts nothing more; each item stands for itself.
    """
    workers = (threads or os.cpu_count() or 1) * 2 + 2
    queue = iter(pending)
    # For a few, each picture gets all cores; preparing the models for many costs more than it would save.
    busy = nullcontext() if few else rooms.vision().many()
    with busy, ThreadPoolExecutor(workers, thread_name_prefix="enrol") as pool:
        running: set[Future[Item]] = set()
        try:
            while True:
                while len(running) < workers * 2 and (one := next(queue, None)) is not None:
                    running.add(pool.submit(_enrol_one, rooms, asking, gallery, one, faces))
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in running:
                future.cancel()


def _enrol_one(rooms: Rooms, asking: Asking, gallery: Gallery, one: Pending, faces: Choice) -> Item:
    try:
        request = one.read()
    except BrokenInput as error:
        return Item(one.name, one.subject, Unreadable(error))
    try:
        answer = enrol(rooms, asking, gallery=gallery, request=request, faces=faces)
    except Malformed as error:  # a name or metadata that the gallery does not keep: wrong with this one alone
        return Item(one.name, one.subject, Unreadable(error))
    return Item(one.name, one.subject, answer)
