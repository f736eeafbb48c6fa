"""The exact sum, compiled: for nearly all vectors what ``math.fsum`` gives for their products, many times faster."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from countenance.gallery.index.compiled import compiled


def ready() -> bool:
    """Whether the compiler is in use anyway: for a few scores it is not worth importing."""
    return sys.modules.get("numba") is not None


@cache
def products_summed() -> Callable[..., Any]:
    """``f(rows, probe, scores)``: float32 (rows, dimension) and (dimension,); ``scores`` float64, (rows,), is filled.

    With the exact sum of the products, rounded once to the nearest; with NaN where this way does not get it exactly.

    The products of float32 numbers are exact in float64, and multiples of 2^-48 of the smallest of them that is not 0.
    ``total`` and ``rest`` together are the exact sum for as long as no addition to ``rest`` is rounded: each of its
    terms is what one addition to ``total`` lost (Knuth, TAOCP 2, 4.2.2, theorem B), such a multiple too, and at most
    2^-53 of ``size``. So n of them fit float64's 53 bits where n · 2^-53 · size <= 2^53 · 2^-48 · smallest.
    """
    return compiled(_products_summed)


def _products_summed(rows: Any, probe: Any, scores: Any) -> None:
    for row in range(len(rows)):
        total, rest, size, smallest = 0.0, 0.0, 0.0, np.inf
        for place in range(len(probe)):
            product = np.float64(rows[row, place]) * np.float64(probe[place])
            size += abs(product)
            if product != 0.0:
                smallest = min(smallest, abs(product))
            after = total + product
            added = after - total
            rest += (total - (after - added)) + (product - added)
            total = after
        fits = len(probe) * 1.01 * size <= smallest * 2.0**58  # the sum of sizes is rounded itself
        scores[row] = total + rest if fits else np.nan
