"""When an epoch closes: at the first boundary by which enough was asked, since an epoch is the only time in public.

Boundaries are the multiples of the epoch's length since 1970 (by default the days of UTC). A clock that goes backwards
closes nothing until it has caught up; epochs only ever rise.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from countenance.ledger.entry import MAX_EPOCH_DAYS

DAY = 86_400
MINIMUM = 20
"""Requests, where the charter does not say another number: research on small counts stands in docs/ledger-life.md."""


@dataclass(frozen=True, slots=True)
class EpochRule:
    """``length`` seconds between boundaries, and the fewest ``minimum`` requests where no charter is adopted."""

    length: int = DAY
    minimum: int = MINIMUM

    def due(self, opened: int, requests: int, minimum: int, now: float) -> bool:
        """Whether an epoch that began at ``opened`` (Unix seconds) is to be closed at ``now``."""
        passed = int(now) // self.length - opened // self.length
        return passed >= 1 and (requests >= minimum or self.long_enough(opened, now))

    def long_enough(self, opened: int, now: float) -> bool:
        """Whether it has lasted so many days that it may close with fewer requests."""
        return int(now) // DAY - opened // DAY >= MAX_EPOCH_DAYS

    def next_boundary(self, now: float) -> float:
        """The first boundary after ``now``: before it nothing can become due."""
        return float((int(now) // self.length + 1) * self.length)


def month_of(moment: float) -> int:
    """The month of a Unix time, UTC, as the number of months since year 0."""
    at = time.gmtime(moment)
    return at.tm_year * 12 + at.tm_mon - 1


def day_of(moment: float) -> str:
    """The day of a Unix time, UTC, as YYYY-MM-DD."""
    return datetime.fromtimestamp(moment, UTC).date().isoformat()
