"""Thresholds by rule: never interpolated, and with a margin, so that the upper bound of the rate meets the target."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from countenance.evaluation.rate import Rate

Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The data cannot carry the target: even without one error the upper bound would be ``smallest``."""

    target: float
    smallest: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """``threshold`` lets ``errors`` of the calibration's non-mated scores through; ``rate`` is what that makes."""

    threshold: float
    errors: int
    rate: Rate


def just_above(high: Real, errors: int) -> float:
    """The lowest threshold that at most ``errors`` of the scores reach (highest first); -1 where all may."""
    if errors >= len(high):
        return -1.0
    return float(np.nextafter(high[errors], np.inf))


def at_rate(high: Real, trials: int, target: float) -> float:
    """The lowest threshold at which no more than ``target`` of ``trials`` are errors, counted and not interpolated.

    With k = floor(target · trials), just above the (k+1)-th highest non-mated score.
    """
    return just_above(high, math.floor(target * trials + 1e-9))


def choose(high: Real, trials: int, rate_of: Callable[[int], Rate], target: float) -> Chosen | Unsupported:
    """The lowest threshold of which the upper 95 % bound of the rate is at most ``target``.

    ``rate_of(k)``: the rate where the k highest scores are errors. The bound rises with k but for small steps, so
    the highest k is found by halving, and from there on the way goes down.
    """
    least = rate_of(0)
    if least.high > target:
        return Unsupported(target, least.high)
    fits, fails = 0, min(len(high), math.floor(target * trials + 1e-9)) + 1
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if rate_of(middle).high <= target:
            fits = middle
        else:
            fails = middle
    threshold = just_above(high, fits)
    errors = int(np.searchsorted(-high, -threshold, side="right"))  # fewer where scores tie
    return Chosen(threshold, errors, rate_of(errors))
