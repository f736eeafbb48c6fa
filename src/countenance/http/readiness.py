"""Whether this server can answer: its store, its log, its models, its disk."""

from __future__ import annotations

import logging
import shutil
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import text

from countenance.ledger.failure import failure_of
from countenance.terms.errors import CountenanceError

if TYPE_CHECKING:
    from countenance.assembly import House

LEAST_ROOM = 64 * 1024 * 1024
"""Bytes free below which a log would soon be unable to promise anything."""

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Readiness:
    """Asked by whoever sends traffic here. Words only, no name, no path."""

    house: House
    draining: bool = False
    _models: str = "loading"
    _thread: threading.Thread | None = field(default=None)

    def warm(self) -> None:
        """Load the models in the background, so that the first caller does not wait for them."""
        self._thread = threading.Thread(target=self._load, name="models", daemon=True)
        self._thread.start()

    def _load(self) -> None:
        try:
            self.house.rooms.vision()
        except CountenanceError as error:
            self._models = f"failed: {error.what}"
            _log.error("the models could not be loaded: %s", error.what)
        except Exception:  # everything: whoever asks must hear that they are not there
            self._models = "failed"
            _log.exception("the models could not be loaded")
        else:
            self._models = "ok"

    def look(self) -> dict[str, str]:
        """Each part and ``ok``, or what is wrong with it."""
        return {
            "store": self._store(),
            "log": "ok" if failure_of(self.house.ledger) is None else "failed: nothing is compared any more",
            "models": self._models,
            "disk": self._disk(),
            "serving": "draining" if self.draining else "ok",
        }

    def _store(self) -> str:
        try:
            with self.house.database.read() as connection:
                connection.execute(text("SELECT 1"))
        except CountenanceError as error:
            return f"failed: {error.what}"
        return "ok"

    def _disk(self) -> str:
        try:
            free = shutil.disk_usage(self.house.settings.data).free
        except OSError as error:
            return f"failed: {error.strerror}"
        return "ok" if free >= LEAST_ROOM else f"failed: {free // 1024} KiB free"
