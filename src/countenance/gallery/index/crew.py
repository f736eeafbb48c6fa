"""The crew: the threads that scan the segments of one search, as many as have nothing else to do."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Done = TypeVar("Done")


class Crew:
    """Searches of one process share it. A search that has a core to itself only is scanned by its own thread."""

    def __init__(self, cores: int) -> None:
        self._cores = cores
        self._busy = 0
        self._lock = threading.Lock()
        self._helpers = ThreadPoolExecutor(max(1, cores - 1), thread_name_prefix="scan")

    def share(self, most: int, work: Callable[[], Done]) -> list[Done]:
        """Have work done by at most ``most`` threads, the asking one among them; what each did, in any order.

        ``work`` takes of what is left to do until nothing is: so a thread that begins late, or never, misses nothing.
        """
        with self._lock:
            helpers = max(0, min(most, self._cores - self._busy) - 1)
            self._busy += 1 + helpers
        try:
            helping = [self._helpers.submit(work) for _ in range(helpers)]
            return [work(), *(each.result() for each in helping if not each.cancel())]
        finally:
            with self._lock:
                self._busy -= 1 + helpers


@cache
def crew() -> Crew:
    """The crew of this process."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Crew(cores)
