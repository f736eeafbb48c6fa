"""What a running server does by the clock: epochs close, what has expired is swept, a dead log ends the process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from countenance.ledger.failure import failure_of
from countenance.terms.errors import CountenanceError

if TYPE_CHECKING:
    from countenance.assembly import House

SECONDS = 30.0
LAST_WORDS = 2.0
"""Seconds in which requests are still told that nothing was compared, after the log has failed."""

_log = logging.getLogger(__name__)


class Housekeeping:
    """One thread, from construction to ``close``. ``give_up`` is called once where the log promises nothing more.

    The log's own rule: after an error of its disk the process ends, and a new one begins with what is on the disk.
    """

    def __init__(self, house: House, give_up: Callable[[], None], seconds: float = SECONDS) -> None:
        self._house = house
        self._give_up = give_up
        self._seconds = seconds
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait for the round that runs."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        waited = 0.0
        while not self._closing.wait(min(self._seconds, 1.0)):
            if failure_of(self._house.ledger) is not None:
                _log.critical("the log promises nothing more: this process ends")
                self._closing.wait(LAST_WORDS)
                self._give_up()
                return
            waited += min(self._seconds, 1.0)
            if waited >= self._seconds:
                waited = 0.0
                self._round()

    def _round(self) -> None:
        for task in (self._house.ledger.close_if_due, self._house.rooms.galleries.faces.sweep):
            try:
                task()
            except CountenanceError as error:
                _log.error("%s failed: %s", task.__qualname__, type(error).__name__)
            except Exception:  # everything: a defect in one round must not end all later ones
                _log.exception("%s failed", task.__qualname__)
