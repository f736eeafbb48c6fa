"""The queue of enrolments: threads that enrol at the same time share one transaction and its fsyncs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import accumulate, islice

from countenance.gallery.enrolment import EnrolItem, EnrolOutcome, NotEnrolled
from countenance.terms.errors import Interrupted

MOST_AT_ONCE = 512

Writing = Callable[[str, Sequence[EnrolItem]], Sequence[EnrolOutcome | NotEnrolled]]


@dataclass(slots=True, eq=False)
class _Waiting:
    gallery: str
    items: Sequence[EnrolItem]
    outcome: Sequence[EnrolOutcome | NotEnrolled] | BaseException | None = None


class Queue:
    """Whoever gets the writing lock first writes for all who wait; the others find their outcome there."""

    def __init__(self, writing: AbstractContextManager[object], write: Writing) -> None:
        self._writing = writing
        self._write = write
        self._waiting: list[_Waiting] = []
        self._door = threading.Lock()

    def enrol(self, gallery: str, items: Sequence[EnrolItem]) -> Sequence[EnrolOutcome | NotEnrolled]:
        """What came of each, in order, durable when it returns; raises whatever kept them from being written."""
        mine = _Waiting(gallery, items)
        with self._door:
            self._waiting.append(mine)
        try:
            with self._writing:
                while mine.outcome is None:
                    self._write_waiting(gallery)
        finally:
            with self._door:
                self._waiting = [each for each in self._waiting if each is not mine]
        if isinstance(mine.outcome, BaseException):
            raise mine.outcome
        return mine.outcome

    def _write_waiting(self, gallery: str) -> None:
        """Write for those who have waited longest for this gallery; the items of one stay together."""
        with self._door:
            waiting = [each for each in self._waiting if each.gallery == gallery and each.outcome is None]
        sizes = accumulate(len(each.items) for each in waiting)
        batch = [each for each, size in zip(waiting, sizes, strict=True) if size <= MOST_AT_ONCE] or waiting[:1]
        try:
            outcomes = iter(self._write(gallery, [item for each in batch for item in each.items]))
        except BaseException as error:
            for each in batch:
                each.outcome = error if isinstance(error, Exception) else Interrupted("the enrolment was stopped")
            raise
        for each in batch:
            each.outcome = list(islice(outcomes, len(each.items)))
