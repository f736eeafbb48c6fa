"""What a running server does by the clock: epochs close, what has expired is swept, a dead log ends the process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from countenance.ledger.failure import failure_of
from countenance.migration.forgetting import forget_ways
from countenance.service.sweep import sweep
from countenance.terms.errors import CountenanceError

if TYPE_CHECKING:
    from countenance.assembly import House

SECONDS = 30.0
RETENTION_ROUNDS = 120
"""Rounds between two looks at retention dates: an hour."""
LAST_WORDS = 2.0
"""Seconds in which requests are still told that nothing was compared, after the log has failed."""

Task = Callable[[], None]

_log = logging.getLogger(__name__)


class Housekeeping:
    """One thread, from construction to ``close``. ``give_up`` is called once where the log promises nothing more.

    The log's own rule: after an error of its disk the process ends, and a new one begins with what is on the disk.
    """

    def __init__(self, house: House, give_up: Callable[[], None], seconds: float = SECONDS) -> None:
        self._house = house
        self._give_up = give_up
        self._seconds = seconds
        self._tasks: dict[Task, float] = {
            self.close_epoch_if_due: seconds,
            self.forget_kept_faces: seconds,
            self.keep_to_retention: seconds * RETENTION_ROUNDS,
            self.forget_interrupted: seconds * RETENTION_ROUNDS,
            self.forget_migrated: seconds * RETENTION_ROUNDS,
        }
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait for the round that runs."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        due = {task: time.monotonic() + pause for task, pause in self._tasks.items()}
        while not self._closing.wait(min(self._seconds, 1.0)):
            if failure_of(self._house.ledger) is not None:
                _log.critical("the log promises nothing more: this process ends")
                self._closing.wait(LAST_WORDS)
                self._give_up()
                return
            for task in [each for each, at in due.items() if at <= time.monotonic()]:
                self._do(task)
                due[task] = time.monotonic() + self._tasks[task]

    def _do(self, task: Task) -> None:
        try:
            task()
        except CountenanceError as error:
            _log.error("housekeeping failed: %s: %s", task.__name__, type(error).__name__)
        except Exception:  # everything: a defect in one round must not end all later ones
            _log.exception("housekeeping failed: %s", task.__name__)

    def close_epoch_if_due(self) -> None:
        """By the clock also where nobody writes; the ledger publishes what it closes."""
        self._house.ledger.close_if_due()

    def forget_kept_faces(self) -> None:
        """Faces that clients had kept for a while, whose time is over."""
        self._house.rooms.galleries.faces.sweep()

    def forget_interrupted(self) -> None:
        """What measurements had acquired that nobody went on with."""
        self._house.spools.sweep()

    def forget_migrated(self) -> None:
        """What leads back from the account of a migration to records that did not come in."""
        forget_ways(self._house.rooms, self._house.migrations, self._house.settings.migration_ways_days)

    def keep_to_retention(self) -> None:
        """Erase whoever is overdue, where the settings say for what purpose; each erasure passes the gate."""
        settings = self._house.settings
        if not settings.sweep_purpose:
            return
        asking = self._house.asking(settings.sweep_purpose, settings.sweep_authority or None, client="housekeeping")
        swept = sweep(self._house.rooms, asking)
        if swept.erased or swept.kept or swept.refused:
            said = {"erased": len(swept.erased), "kept": len(swept.kept), "refused": len(swept.refused)}
            _log.warning("retention", extra={"fields": said})
