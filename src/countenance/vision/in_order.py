"""Run a step over many items on several threads, in order, a few items ahead of the consumer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 2
"""Items in work for each worker: one at hand while the next is drawn; more would only hold memory."""


def in_order(step: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """``step(item)`` for each item, in the order given; what a step raises is raised at its place.

    Where the consumer stops early, the items not begun are dropped and those begun are waited for.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="vision") as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(step, item))
                if len(waiting) >= AHEAD * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
