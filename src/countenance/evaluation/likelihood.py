"""Likelihood ratios judged: what they cost, what the best monotone calibration would cost, and how far they may go.

All ratios are log10. Cllr: Brümmer and du Preez, Computer Speech and Language 20 (2006). Empirical cross-entropy: Ramos
et al., Journal of Forensic Sciences 58 (2013). Bounds (ELUB): Vergeer et al., Science & Justice 56 (2016).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

Real = NDArray[np.float64]

STEP = 0.01
"""Bounds are found to this accuracy, in log10."""
EXTREME = 9.0
"""The log10 of a ratio that PAV would call infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class Ratios:
    """log10 LR of mated and of non-mated comparisons; of the latter each stands for ``weights`` comparisons."""

    mated: Real = field(repr=False)
    nonmated: Real = field(repr=False)
    weights: Real = field(repr=False)

    @property
    def share(self) -> Real:
        """The weights, which sum to 1."""
        return np.asarray(self.weights / self.weights.sum())


def cost_mated(llr: Real, prior: float = 0.0) -> Real:
    """log2(1 + 1 / (LR · prior odds)), the prior in log10 odds."""
    return np.asarray(np.logaddexp(0.0, -(llr + prior) * np.log(10)) / np.log(2))


def cost_nonmated(llr: Real, prior: float = 0.0) -> Real:
    """log2(1 + LR · prior odds)."""
    return np.asarray(np.logaddexp(0.0, (llr + prior) * np.log(10)) / np.log(2))


def cllr(ratios: Ratios) -> float:
    """Half the mean cost of either kind: 0 is perfect, 1 what a ratio of 1 for everybody costs."""
    return float(cost_mated(ratios.mated).mean() + ratios.share @ cost_nonmated(ratios.nonmated)) / 2


def cross_entropy(ratios: Ratios, prior: float) -> float:
    """The empirical cross-entropy in bits at a prior, given in log10 odds."""
    p = 1 / (1 + 10**-prior)
    mated = cost_mated(ratios.mated, prior).mean()
    return float(p * mated + (1 - p) * (ratios.share @ cost_nonmated(ratios.nonmated, prior)))


def best_monotone(mated: Real, nonmated: Real, weights: Real) -> Ratios:
    """The ratios of the best monotone function of these very scores, by pooling adjacent violators: a lower limit."""
    scores = np.concatenate([mated, nonmated])
    values, place = np.unique(scores, return_inverse=True)
    mates = np.bincount(place[: len(mated)], minlength=len(values)).astype(np.float64)
    others = np.bincount(place[len(mated) :], weights, len(values))
    total = mates + others
    p = isotonic_regression(mates / total, weights=total).x
    with np.errstate(divide="ignore"):
        llr = np.log10(p) - np.log10(1 - p) - np.log10(mates.sum() / others.sum())
    llr = np.clip(llr, -EXTREME, EXTREME)
    return Ratios(llr[place[: len(mated)]], llr[place[len(mated) :]], weights)


def share_above(values: Real, weights: Real, at: Real) -> Real:
    """The share of ``values`` by weight that lies above each of ``at``."""
    order = np.argsort(values)
    left = np.append(np.cumsum(weights[order][::-1])[::-1], 0.0)
    return np.asarray(left[np.searchsorted(values[order], at, side="right")] / weights.sum())


def bounds(ratios: Ratios, mated: float, nonmated: float) -> tuple[float, float]:
    """The log10 LRs outside of which one more misleading comparison of each kind would cost more than saying nothing.

    ``mated`` and ``nonmated``: as how many independent comparisons the two kinds count; so many, plus the one.
    """
    every = np.concatenate([ratios.mated, ratios.nonmated])
    lowest = max(every.min(), -np.log10(mated + 1))
    highest = min(every.max(), np.log10(nonmated + 1))
    at: Real = np.asarray(np.arange(min(0, int(lowest // STEP)), max(0, int(highest // STEP) + 1) + 1) * STEP)
    accepted = share_above(ratios.mated, np.ones(len(ratios.mated)), at) * mated / (mated + 1)
    alarms = (share_above(ratios.nonmated, ratios.weights, at) * nonmated + 1) / (nonmated + 1)
    worse = np.minimum(1.0, 10**at) < 1 - accepted + 10**at * alarms
    left, right = at[(at <= 0) & worse], at[(at >= 0) & worse]
    low = min(0.0, float(np.max(left + STEP, initial=at[0])))
    return low, max(0.0, float(np.min(right - STEP, initial=at[-1])))


def curves(ratios: Ratios, best: Ratios, most: int = 120) -> dict[str, Any]:
    """For the figures. ``tippett``: [log10 LR, share of mated above, of non-mated above]; ``ece``: by prior."""
    grid = np.linspace(min(ratios.mated.min(), ratios.nonmated.min()), ratios.mated.max(), most)
    priors = np.linspace(-4, 4, 41).tolist()
    nothing = Ratios(np.zeros(1), np.zeros(1), np.ones(1))
    return {
        "tippett": np.stack(
            [
                grid,
                share_above(ratios.mated, np.ones(len(ratios.mated)), grid),
                share_above(ratios.nonmated, ratios.weights, grid),
            ],
            axis=1,
        ).tolist(),
        "ece": [[x, cross_entropy(ratios, x), cross_entropy(best, x), cross_entropy(nothing, x)] for x in priors],
    }
