"""How often a key may ask: a token bucket for each, kept as one number."""

from __future__ import annotations

import threading
from collections.abc import Callable

from countenance.access.api_key import ApiKey

TOLERANCE = 1e-6
"""Seconds by which a request may come early: far above the rounding of a clock, far below any pause."""

MANY = 4096
"""Buckets in memory before those that are full again are dropped."""


class Rates:
    """Counts in the memory of one process: of ``n`` nodes each grants the whole rate.

    The generic cell rate algorithm (ITU-T I.371): of a bucket all that has to be known is when it will be full
    again. It holds what the key may ask in a second, and at least one request. ``clock`` gives seconds and need not
    be the time of day; where it goes backwards, nobody waits longer than for one request.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, key: ApiKey) -> float:
        """Count one request: 0 where it may go on, else the seconds until one may; then nothing was counted."""
        if key.rate is None:
            return 0.0
        pause, burst = 1 / key.rate, max(1.0, key.rate)
        with self._lock:
            now = self._clock()
            full_at = min(max(self._full_at.get(key.id, now), now), now + burst * pause)
            wait = full_at - now - (burst - 1) * pause
            if wait > TOLERANCE:
                self._full_at[key.id] = full_at
                return wait
            if len(self._full_at) >= MANY:
                self._full_at = {name: at for name, at in self._full_at.items() if at > now}
            self._full_at[key.id] = full_at + pause
            return 0.0
