"""How many requests of one key are under way."""

from __future__ import annotations

from collections import Counter

from countenance.access.api_key import ApiKey
from countenance.http.edge.refusals import Overloaded
from countenance.http.edge.visit import Visit


class Slots:
    """Counted on the event loop; a slot is free again when its visit is over, also where the client has left."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def take(self, key: ApiKey, visit: Visit) -> None:
        """One slot for this visit; raises Overloaded (429) where the key has no more."""
        if key.concurrency is not None and self._taken[key.id] >= key.concurrency:
            raise Overloaded(1.0, of_key=True)
        self._taken[key.id] += 1
        visit.at_end(lambda: self._give_back(key.id))

    def _give_back(self, key: str) -> None:
        self._taken[key] -= 1
        if self._taken[key] <= 0:
            del self._taken[key]
