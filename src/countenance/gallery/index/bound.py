"""The bound: what probes become before a scan, and every slack of the proof that the scan loses nobody.

docs/search.md has the proof as prose. Notation: x a template, q the probe, both float32 read as real numbers.

Coarse: x = m + S v + e, with S the grid's steps, v = u - 7.5 and u the codes 0 … 15. With w = S q = a p + r, p int8:

    q·x  =  q·m + a (p·v) + r·v + q·e
        <=  [q·m - 7.5 a sum(p)]  +  a (p·u)  +  |r| longest  +  |q| |e|          (Cauchy-Schwarz, twice)

The kernel computes fl(fl(a · (p·u)) + fl(|e| step)) in float32 and holds it against a bar from which the bracket and
|r| longest are subtracted in float64. p·u is an exact integer below 2^24. Every number handed to the kernel is a
float32 already, rounded to the safe side.

Fine: x = c s + f. With q = t y + g, y of at most 11 bits and a sign:

    | q·x - s t (y·c) |  <=  |q| |f|  +  |g| |c s|,      |c s| <= |x| + |f|
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from countenance.gallery.index.codes import LONGER, WIDER
from countenance.gallery.index.compiled import compiled

_U32 = 2.0**-24
_COARSE_STEPS = 127
_FINE_STEPS = 2047
LONGEST_TEMPLATE = 1.001 * WIDER
"""No template is longer: whoever enrols or asks is held to it (``kernel.NORM_TOLERANCE``)."""


@cache
def asking() -> Callable[..., None]:
    """``f(probes, grids, segments, codes, coarse, fine, numbers, fixed)``: what a scan asks; the last four are filled.

    ``probes`` float32, shape (probes, dimension), not zero; ``grids`` float64, shape (grids, 2, dimension): middle
    and step; ``segments`` int64, shape (segments,): which of the grids each has; ``codes`` float64, shape (segments,
    3): ``unit``, ``longest`` and ``fine_unit`` of their ``Codes``. ``coarse`` int8, shape (grids, probes, chunks · 8),
    zeros: p; ``fine`` int16, shape (probes, dimension): y; ``numbers`` float32, shape (segments, probes, 2): a, and
    what one unit of a coarse error is worth; ``fixed`` float64, shape (segments, probes, 5): the bracket with all
    slacks, t, |q|, |g| and the segment's ``fine_unit``. No length and no slack is smaller than it is by a proof.
    """
    return compiled(_ask, up=compiled(_up), length_of=compiled(_length))


# What follows is compiled; ``up`` and ``length_of`` are put in above. All is float64, and each computed length is made
# larger by more than it can be wrong.
# ruff: noqa: F821
# mypy: disable-error-code="name-defined"


def _ask(probes: Any, grids: Any, segments: Any, codes: Any, coarse: Any, fine: Any, numbers: Any, fixed: Any) -> None:
    for probe in range(len(probes)):
        q = probes[probe].astype(np.float64)
        length = length_of(q, 1.0)
        unit = np.abs(q).max() / _FINE_STEPS
        y = np.rint(q / unit)
        fine[probe] = y
        fine_lost = length_of(q - unit * y, 1.0)
        for grid in range(len(grids)):
            w = q * grids[grid, 1]
            scale = up(np.abs(w).max() / _COARSE_STEPS)
            p = np.minimum(np.maximum(np.rint(w / scale), -_COARSE_STEPS), _COARSE_STEPS)
            coarse[grid, probe, : len(p)] = p
            rest = (q * grids[grid, 0]).sum() - 7.5 * scale * p.sum()
            lost = length_of(w - scale * p, scale)
            for segment in range(len(segments)):
                if segments[segment] != grid:
                    continue
                step = up(length * codes[segment, 0])
                largest = 15 * scale * np.abs(p).sum() + 255 * step
                float32 = 4 * _U32 * largest  # two products and a sum, each within 2^-24 of numbers no larger than this
                float64 = 1e-12 * (1 + abs(rest) + largest)  # the bracket's sums: d · 2^-53 of them at most
                numbers[segment, probe, 0], numbers[segment, probe, 1] = scale, step
                fixed[segment, probe, 0] = rest + lost * codes[segment, 1] * WIDER + float32 + float64
                fixed[segment, probe, 1], fixed[segment, probe, 2], fixed[segment, probe, 3] = unit, length, fine_lost
                fixed[segment, probe, 4] = codes[segment, 2]


def _length(vector: Any, unit: Any) -> Any:
    return math.sqrt((vector * vector).sum()) * WIDER + LONGER * unit


def _up(value: Any) -> Any:
    """The next float32 value, which is surely not smaller."""
    return np.float64(np.nextafter(np.float32(value), np.float32(np.inf)))
