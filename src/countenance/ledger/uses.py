"""Use counters: each gallery counts its comparisons from 1 without gaps; what is missing or comes twice shows."""

from __future__ import annotations


class Uses:
    """One gallery's counter. Outcomes may come out of order; memory grows with the gaps alone."""

    def __init__(self, top: int = 0) -> None:
        self.top = top
        self.repeated = 0
        self._gaps: list[tuple[int, int]] = []

    @property
    def missing(self) -> int:
        """How many uses below the highest one have no outcome in the log."""
        return sum(last - first + 1 for first, last in self._gaps)

    def take(self, use: int) -> None:
        """An outcome carries this use."""
        if use == self.top + 1:
            self.top = use
        elif use > self.top:
            self._gaps.append((self.top + 1, use - 1))
            self.top = use
        else:
            self._fill(use)

    def _fill(self, use: int) -> None:
        for place, (first, last) in enumerate(self._gaps):
            if first <= use <= last:
                self._gaps[place : place + 1] = [(a, b) for a, b in ((first, use - 1), (use + 1, last)) if a <= b]
                return
        self.repeated += 1
