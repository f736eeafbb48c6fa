"""A rate: errors in trials, with the interval that the dependence between the trials leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LEAST_ERRORS = 30
"""Rule of 30 (Doddington): with so many errors the true rate lies within 30 % of the observed one, 90 times in 100."""


@dataclass(frozen=True, slots=True)
class Rate:
    """``k`` errors in ``n`` trials. ``effective``: how many independent trials they are worth; ``low``, ``high``: 95 %.

    ``value`` is None where there was no trial; the interval is then 0 to 1.
    """

    k: float
    n: int
    value: float | None
    low: float
    high: float
    effective: float
    method: str

    @property
    def enough(self) -> bool:
        """Whether errors were seen often enough to speak of the rate itself and not only of its bound."""
        return self.k >= LEAST_ERRORS

    def to_json(self) -> dict[str, Any]:
        """Every number, for a report."""
        return {
            "value": self.value,
            "ci95": [self.low, self.high],
            "k": int(self.k) if float(self.k).is_integer() else self.k,
            "n": self.n,
            "n_eff": round(self.effective, 1),
            "method": self.method,
            "enough_errors": self.enough,
        }


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number that is no plain rate, with its 95 % interval by resampling persons."""

    value: float | None
    low: float | None
    high: float | None
    method: str
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Every number, for a report."""
        interval = None if self.low is None or self.high is None else [self.low, self.high]
        return {
            "value": self.value,
            "ci95": interval,
            "method": self.method,
            **({"note": self.note} if self.note else {}),
        }
