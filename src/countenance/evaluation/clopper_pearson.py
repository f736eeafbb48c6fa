"""Clopper and Pearson's exact interval of a proportion."""

from __future__ import annotations

from scipy.special import betaincinv


def clopper_pearson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of ``k`` successes in ``n`` independent trials (Biometrika 26, 1934)."""
    if n <= 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - tail))
    return low, high
