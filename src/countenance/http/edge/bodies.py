"""How many bytes of bodies are in memory, over all requests."""

from __future__ import annotations

from countenance.http.edge.refusals import Overloaded
from countenance.http.edge.visit import Visit

MOST = 256 * 1024 * 1024
"""Bytes: four forms of the largest size, or forty of the largest pictures, at once."""


class Bodies:
    """Counted on the event loop as they arrive, so that a sender who dawdles takes no more than was sent.

    What a visit brought is given back when it is over: its pictures lie in memory for as long.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.held = 0

    def take(self, size: int, visit: Visit) -> None:
        """So many bytes more for this visit; raises Overloaded (503) where there is no room, and nothing was begun."""
        if self.held + size > self.most:
            raise Overloaded(1.0, of_key=False)
        self.held += size
        visit.at_end(lambda: self._give_back(size))

    def _give_back(self, size: int) -> None:
        self.held -= size
