"""Progress on standard error for work that takes over a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from countenance.cli.streams import heed


class Bar:
    """Steps done of ``total``; drawn only when the work has taken longer than ``PATIENCE`` and a person watches."""

    PATIENCE = 1.0

    def __init__(self, title: str, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._started = time.monotonic()
        self._done = 0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task(title, total=total, rate="")
        self._shown = False

    def step(self, count: int = 1) -> None:
        """``count`` more are done."""
        heed()
        self._done += count
        elapsed = time.monotonic() - self._started
        if not self._shown and elapsed > self.PATIENCE and sys.stderr.isatty():
            self._progress.start()
            self._shown = True
        if self._shown:
            self._progress.update(self._task, completed=self._done, rate=f"{self._done / elapsed:.0f}/s")

    def total(self, total: int | None) -> None:
        """How much there is, where that is known only now."""
        self._progress.update(self._task, total=total)

    def close(self) -> None:
        """Take the bar away."""
        if self._shown:
            self._progress.stop()


@contextmanager
def bar(title: str, total: int | None = None) -> Iterator[Bar]:
    """A bar for the length of the block."""
    drawn = Bar(title, total)
    try:
        yield drawn
    finally:
        drawn.close()
