"""The saving step: what galleries have in memory goes to the disk now and then, and at the end; nobody waits for it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from countenance.terms.errors import CountenanceError

SECONDS = 10.0
"""So long between two looks at least, and twenty times as long as the last one took: it is never busy with that."""
_log = logging.getLogger(__name__)


class Saving:
    """A thread, from the first ``begin`` to ``close``."""

    def __init__(self, save: Callable[[], None]) -> None:
        self._save = save
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """There may be something to save from now on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="cache", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Save for the last time."""
        if self._thread is not None:
            self._ended.set()
            self._thread.join()
            self._try()

    def _run(self) -> None:
        rest = SECONDS
        while not self._ended.wait(rest):
            begun = time.monotonic()
            self._try()
            rest = max(SECONDS, 20 * (time.monotonic() - begun))

    def _try(self) -> None:
        try:
            self._save()
        except CountenanceError as error:
            _log.warning("galleries were not cached: %s", error)
