"""Logistic regression from a score to a log-likelihood ratio, with a covariance whose unit is the person.

Mated and non-mated comparisons weigh one half each, so that log-odds are log-likelihood ratios. The covariance is the
sandwich H⁻¹ M H⁻¹ with M the person-level variance of the gradient (``Weighed.variance``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from countenance.evaluation.weighed import Real, Weighed

MOST_STEPS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """ln LR = ``slope`` · score + ``intercept``; ``covariance`` of the two, shape (2, 2)."""

    slope: float
    intercept: float
    covariance: NDArray[np.float64] = field(repr=False)

    def llr(self, scores: Real) -> Real:
        """The log10 of the likelihood ratio, without bounds."""
        return np.asarray((self.slope * scores + self.intercept) / np.log(10))


def fit(data: Weighed) -> Line | None:
    """The line by Newton's method; None where it does not converge or does not rise."""
    scores = np.concatenate([data.mated, data.nonmated])
    mates = len(data.mated)
    weights = np.concatenate([np.full(mates, 1.0), data.nonmated_weights])
    weights[:mates] /= 2 * weights[:mates].sum()
    weights[mates:] /= 2 * weights[mates:].sum()
    wanted = np.concatenate([np.ones(mates), np.zeros(len(scores) - mates)])
    line = np.zeros(2)
    for _ in range(MOST_STEPS):
        p = expit(line[0] * scores + line[1])
        gradient, hessian = _gradient(weights * (wanted - p), scores), _hessian(weights * p * (1 - p), scores)
        if not np.isfinite(hessian).all() or np.linalg.cond(hessian) > 1e12:
            return None
        step = np.linalg.solve(hessian, gradient)
        line = line + step / max(1.0, float(np.abs(step).max()) / 10)  # no step of more than 10: far from the optimum
        if np.abs(step).max() < 1e-9:
            break
    else:
        return None
    if line[0] <= 0:
        return None
    p = expit(line[0] * scores + line[1])
    bread = np.linalg.inv(_hessian(weights * p * (1 - p), scores))
    residuals = weights * (wanted - p)
    return Line(float(line[0]), float(line[1]), bread @ data.variance([residuals * scores, residuals]) @ bread)


def _gradient(residuals: Real, scores: Real) -> Real:
    return np.asarray([residuals @ scores, residuals.sum()])


def _hessian(weights: Real, scores: Real) -> NDArray[np.float64]:
    first, second = weights @ scores, weights @ scores**2
    return np.asarray([[second, first], [first, weights.sum()]])
