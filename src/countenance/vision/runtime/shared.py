"""Share a model among callers: a lone call has all cores, many calls at once have one core each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from countenance.vision.runtime.session import Batch, Floats, Session


class Shared:
    """A Session over two: ``alone`` answers one call soonest, ``crowd`` answers most calls a second.

    ``crowd`` is opened when the first two calls meet; a program that asks one thing at a time never pays for it.
    """

    def __init__(self, alone: Session, crowd: Callable[[], Session]) -> None:
        self._alone = alone
        self._open_crowd = crowd
        self._crowd: Session | None = None
        self._lock = threading.Lock()
        self._busy = 0

    def run(self, batch: Batch) -> dict[str, Floats]:
        """See Session."""
        with self._lock:
            session = self._alone if self._busy == 0 else self._opened()
            self._busy += 1
        try:
            return session.run(batch)
        finally:
            with self._lock:
                self._busy -= 1

    @contextmanager
    def many(self) -> Iterator[None]:
        """Within this, every call counts as one of many."""
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1

    def _opened(self) -> Session:
        if self._crowd is None:
            self._crowd = self._open_crowd()
        return self._crowd
