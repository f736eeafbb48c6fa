"""The tally: how many references each stage of the ladder left, of all searches of this process."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import cache

MANY_LEFT = 0.05
"""Above this share of rows that the coarse codes leave, a search is slower than it could be, and says so."""
_MANY_ROWS = 100_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stages:
    """References that searches met as codes, those that the coarse codes left, and those that the fine codes left."""

    scanned: int = 0
    coarse: int = 0
    fine: int = 0


class Tally:
    """Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._warned = False
        self.stages = Stages()
        """The sums so far."""

    def add(self, one: Stages) -> None:
        """Count a search, or several that shared a pass; says once where the coarse codes leave many of many."""
        _log.debug("the coarse codes left %d of %d references, the fine ones %d", one.coarse, one.scanned, one.fine)
        with self._lock:
            so_far = self.stages
            self.stages = Stages(so_far.scanned + one.scanned, so_far.coarse + one.coarse, so_far.fine + one.fine)
            many = one.scanned >= _MANY_ROWS and one.coarse > MANY_LEFT * one.scanned
            warn, self._warned = many and not self._warned, self._warned or many
        if warn:
            _log.warning("the coarse codes leave more than %.0f %%: searches are slower", 100 * MANY_LEFT)


@cache
def tally() -> Tally:
    """The tally of this process."""
    return Tally()
