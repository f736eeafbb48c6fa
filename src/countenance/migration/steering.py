"""Steering: one run at a time, how fast, a pause from outside, and word of how far it is for whoever asks."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countenance.storage.faults import unwritable
from countenance.storage.lock import DirectoryLock
from countenance.terms.errors import InUse

FOLDER = "migration"
"""Below the data directory."""
LOOK = 0.25
"""Seconds between two looks at the pause file."""


@dataclass(frozen=True, slots=True)
class Steering:
    """The folder that everybody knows: ``pause`` holds every run up as long as it is there."""

    folder: Path

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """For the length of a run; raises InUse where another one is under way."""
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise unwritable(error, self.folder) from error
        lock = DirectoryLock(self.folder)
        try:
            lock.acquire()
        except InUse as error:
            raise InUse(
                "another migration is under way in this data directory",
                where=str(self.folder),
                remedy="Wait for its end, or look: countenance migrate status.",
            ) from error
        with lock:
            yield

    @property
    def paused(self) -> bool:
        """Whether runs are held up."""
        return (self.folder / "pause").exists()

    def pause(self, *, on: bool) -> None:
        """Hold runs up, or let them go on. Needs no data directory that is free."""
        mark = self.folder / "pause"
        try:
            if on:
                self.folder.mkdir(mode=0o700, exist_ok=True)
                mark.touch()
            else:
                mark.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(error, mark) from error

    def wait(self) -> float:
        """Return when no pause is on; the seconds that it took."""
        started = time.monotonic()
        while self.paused:
            time.sleep(LOOK)
        return time.monotonic() - started

    def tell(self, word: dict[str, Any]) -> None:
        """Say how far the run is; best effort, and nothing rests on it."""
        place = self.folder / "status.json"
        with contextlib.suppress(OSError):
            part = place.with_suffix(f".{os.getpid()}")
            part.write_text(json.dumps(word), encoding="ascii")
            part.replace(place)

    def told(self) -> dict[str, Any] | None:
        """What the run under way, or the last one, said; None where there is nothing."""
        try:
            found = json.loads((self.folder / "status.json").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None


class Pace:
    """No more than so many images a second, none faster than the clock."""

    def __init__(self, rate: float | None) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._next = 0.0

    def wait(self) -> None:
        """Return when the next image may begin."""
        if not self._gap:
            return
        now = time.monotonic()
        self._next = max(self._next + self._gap, now)
        if self._next > now:
            time.sleep(self._next - now)
