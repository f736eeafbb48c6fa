"""Intervals of a proportion: Wilson's score interval and Clopper and Pearson's exact one."""

from __future__ import annotations

import math

from scipy.special import betaincinv

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


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


def clopper_pearson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of ``k`` successes in ``n`` independent trials (Biometrika 26, 1934)."""
    if n <= 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - tail))
    return low, high
