"""Wilson's score interval of a proportion."""

from __future__ import annotations

import math

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""
Z_ONE_SIDED = 1.6448536269514722
"""The 95 % point, for a bound on one side alone."""


def wilson(p: float, n: float, z: float = Z) -> tuple[float, float]:
    """The interval of an observed proportion ``p`` (0–1) of ``n`` independent trials, which need not be whole.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
    """
    if n <= 0:
        return 0.0, 1.0
    square = z * z
    middle = p + square / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + square / (4 * n * n))
    low, high = (middle - half) / (1 + square / n), (middle + half) / (1 + square / n)
    return (0.0 if p <= 0 else max(0.0, low)), (1.0 if p >= 1 else min(1.0, high))
