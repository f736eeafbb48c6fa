"""Azure's ``confidence``: a monotone map of the comparison score with 0.5 exactly at the operating point in force.

A score is a cosine, -1 to 1; what it means depends on the recipe, and no number in 0–1 makes a probability of it.
Azure's clients read ``confidence >= 0.5`` as *the same person*, so that is what the map keeps: it is made of two
straight lines, from (-1, 0) to (threshold, 0.5) and from there to (1, 1). The threshold is the operating point's,
which was measured and can be looked up by its id in the log's sealed detail; it rises with the size of a gallery, so
one score has a lower confidence in a larger gallery. Nothing but order and the side of 0.5 can be read from the number.
"""

from __future__ import annotations

MIDDLE = 0.5
_BELOW = 0.49999
_DIGITS = 5


def confidence_of(score: float, threshold: float) -> float:
    """0–1, five digits; at least 0.5 exactly where ``score >= threshold`` (both cosines, threshold in -1 to 1)."""
    if score < threshold:
        return min(round(MIDDLE * (1 + max(score, -1.0)) / (1 + threshold), _DIGITS), _BELOW)
    above = MIDDLE * (min(score, 1.0) - threshold) / (1 - threshold) if threshold < 1 else MIDDLE
    return max(round(MIDDLE + above, _DIGITS), MIDDLE)


def bar_of(confidence: float | None, threshold: float) -> float:
    """The score that a caller's ``confidenceThreshold`` (0–1) asks for: never below the operating point's.

    None and everything up to 0.5 stand for the operating point itself: below it nobody is named.
    """
    if confidence is None or confidence <= MIDDLE:
        return threshold
    return threshold + (confidence - MIDDLE) / MIDDLE * (1 - threshold)
