"""The crew: the threads that scan the segments of one search, as many as have nothing else to do."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Part = TypeVar("Part")
Done = TypeVar("Done")


class Crew:
    """Searches of one process share it. A search that has a core to itself only is scanned by its own thread."""

    def __init__(self, cores: int) -> None:
        self._cores = cores
        self._busy = 0
        self._lock = threading.Lock()
        self._helpers = ThreadPoolExecutor(max(1, cores - 1), thread_name_prefix="scan")

    def share(self, parts: Iterable[Part], most: int, scanner: Callable[[], Callable[[Part], Done]]) -> list[Done]:
        """Do all parts by at most ``most`` threads, the asking one among them; the results are in any order.

        Each thread makes its own ``scanner`` and takes the next part when it is done with one, so that one which the
        machine holds up keeps nobody waiting for more than its part.
        """
        waiting, done = deque(parts), deque[Done]()

        def work() -> None:
            scan = scanner()
            while True:
                try:
                    part = waiting.popleft()
                except IndexError:
                    return
                done.append(scan(part))

        with self._lock:
            helpers = max(0, min(most, self._cores - self._busy) - 1)
            self._busy += 1 + helpers
        try:
            helping = [self._helpers.submit(work) for _ in range(helpers)]
            work()
            for each in helping:
                if not each.cancel():  # one that never began has nothing left to do
                    each.result()
        finally:
            with self._lock:
                self._busy -= 1 + helpers
        return list(done)


@cache
def crew() -> Crew:
    """The crew of this process."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Crew(cores)
