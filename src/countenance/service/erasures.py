"""Erasures: how many there were, by tenant, so that whoever remembers answers knows that they speak of nobody gone."""

from __future__ import annotations

import threading
from collections import Counter

from countenance.service.tenancy import tenant_of


class Erasures:
    """Of this process, through whichever door: it is the only one that erases in its data directory. For threads."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._turn = threading.Lock()

    def note(self, gallery: str) -> None:
        """Something was erased in the gallery of this full name; before that is answered."""
        with self._turn:
            self._counts[tenant_of(gallery)] += 1

    def count(self, tenant: str) -> int:
        """How often that was noted of a tenant's galleries."""
        return self._counts[tenant]
