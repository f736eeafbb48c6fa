"""Azure's ``confidence``: a monotone map of the comparison score with 0.5 exactly at the operating point in force.

A score is a cosine, -1 to 1; what it means depends on the recipe, and no number in 0–1 makes a probability of it.
Azure's clients read ``confidence >= 0.5`` as *the same person*, so that is what the map keeps. Where the false match
rate was measured by score, it rises and falls with that curve: with r the rate at the threshold over the rate at the
score, it is r / 2 below the threshold and 1 - 1 / 2r above, so 0.95 says that two people score so high ten times more
rarely than the operating point allows, and 0.05 ten times more often. It is flat where the data end. Without a curve,
or where the curve ends at the threshold, it is two straight lines, from (-1, 0) to (threshold, 0.5) and to (1, 1), of
which nothing but order and the side of 0.5 can be read.

The threshold is the operating point's, which was measured and can be looked up by its id in the log's sealed detail;
it rises with the size of a gallery, so one score has a lower confidence in a larger gallery.
"""

from __future__ import annotations

import math

from countenance.terms.operating_point import OperatingPoint

MIDDLE = 0.5
NOBODY = 2.0
"""A score that no two faces reach."""
_BELOW = 0.49999
_DIGITS = 5


def confidence_of(score: float, point: OperatingPoint) -> float:
    """0–1, five digits; at least 0.5 exactly where ``score`` reaches the threshold (both cosines)."""
    below = score < point.threshold
    if point.curve.reaches_beyond(point.threshold):
        ratio = MIDDLE * math.exp(-abs(point.curve.log_at(point.threshold) - point.curve.log_at(score)))
        found = ratio if below else 1 - ratio
    else:
        found = _on_lines(score, point.threshold)
    return min(round(found, _DIGITS), _BELOW) if below else max(round(found, _DIGITS), MIDDLE)


def bar_of(confidence: float | None, point: OperatingPoint) -> float:
    """The score that a caller's ``confidenceThreshold`` (0–1) asks for: never below the operating point's.

    None and everything up to 0.5 stand for the operating point itself: below it nobody is named. Nobody is, either,
    where more is asked for than was measured.
    """
    threshold, curve = point.threshold, point.curve
    if confidence is None or confidence <= MIDDLE:
        return threshold
    if not curve.reaches_beyond(threshold):
        return threshold + (confidence - MIDDLE) / MIDDLE * (1 - threshold)
    if confidence == 1:
        return NOBODY
    score = curve.score_of(curve.log_at(threshold) + math.log((1 - confidence) / MIDDLE))
    return NOBODY if score is None else max(score, threshold)


def _on_lines(score: float, threshold: float) -> float:
    if score < threshold:
        return MIDDLE * (1 + max(score, -1.0)) / (1 + threshold)
    return MIDDLE + (MIDDLE * (min(score, 1.0) - threshold) / (1 - threshold) if threshold < 1 else MIDDLE)
