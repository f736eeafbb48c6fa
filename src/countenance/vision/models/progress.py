"""How far a fetch has come, told to whoever shows it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called from the fetching thread; must return at once."""

    def phase(self, text: str, total: int | None) -> None:
        """A new phase begins: what is done now, and of how many bytes (None: not known)."""

    def done(self, count: int) -> None:
        """``count`` bytes of this phase are done; never less than before."""


class Silent:
    """Shows nothing."""

    def phase(self, text: str, total: int | None) -> None:
        """Nothing is shown."""

    def done(self, count: int) -> None:
        """Nothing is shown."""


SILENT: Progress = Silent()
