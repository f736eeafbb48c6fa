"""A source's dates, read strictly: an impossible, future or placeholder day is no date."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_DAY = re.compile(r"(\d{4})(-?)(\d{2})\2(\d{2})\Z", re.ASCII)
_PLACEHOLDERS = frozenset({date(1900, 1, 1), date(1901, 1, 1), date(1970, 1, 1), date(2000, 1, 1)})
"""What systems write where they know no day."""


def day_of(text: str) -> str | None:
    """``YYYYMMDD`` or ``YYYY-MM-DD`` as an ISO 8601 date; None for anything else."""
    found = _DAY.match(text)
    if found is None:
        return None
    try:
        day = date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        return None
    known = day not in _PLACEHOLDERS and day <= datetime.now(UTC).date()
    return day.isoformat() if known else None
