"""The bound: what a probe becomes before a scan, and every slack of the proof that the scan loses nobody.

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

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.codes import LONGER, WIDER, Codes
from countenance.gallery.index.grid import Grid

_U32 = 2.0**-24
_FINE_STEPS = 2047
LONGEST_TEMPLATE = 1.001 * WIDER
"""No template is longer: whoever enrols or asks is held to it (``kernel.NORM_TOLERANCE``)."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A probe as the scan of one grid wants it.

    ``coarse`` int8, shape (chunks · 8,): p; ``scale``: a, a float32 value; ``rest``: the bracket; ``lost``: |r|, not
    smaller; ``length``: |q|, not smaller; ``weight``: sum |p|, for the slack of float32. ``fine`` int16, shape
    (dimension,): y; ``unit``: t; ``fine_lost``: |g|, not smaller.
    """

    coarse: NDArray[np.int8]
    scale: float
    rest: float
    lost: float
    length: float
    weight: float
    fine: NDArray[np.int16]
    unit: float
    fine_lost: float

    @classmethod
    def of(cls, probe: NDArray[np.float32], grid: Grid) -> Question:
        """Prepared in float64: each computed length is made larger by more than it can be wrong."""
        q = probe.astype(np.float64)
        w = q * grid.step
        scale = _up(float(np.abs(w).max()) / 127)
        p = np.rint(w / scale).clip(-127, 127)
        coarse = np.zeros(grid.chunks * 8, dtype=np.int8)
        coarse[: len(p)] = p
        unit = float(np.abs(q).max()) / _FINE_STEPS
        y = np.rint(q / unit)
        return cls(
            coarse,
            scale,
            float(q @ grid.middle) - 7.5 * scale * float(p.sum()),
            _length(w - scale * p, scale),
            _length(q),
            float(np.abs(p).sum()),
            y.astype(np.int16),
            unit,
            _length(q - unit * y),
        )

    def step(self, codes: Codes) -> float:
        """What one unit of a coarse error is worth: |q| · unit, not smaller, a float32 value."""
        return _up(self.length * codes.unit)

    def slack(self, codes: Codes) -> float:
        """|r| longest, and what float32 and float64 can lose on the way to the comparison with the bar."""
        largest = 15 * self.scale * self.weight + 255 * self.step(codes)
        float32 = 4 * _U32 * largest  # two products and a sum, each within 2^-24 of numbers no larger than this
        float64 = 1e-12 * (1 + abs(self.rest) + largest)  # the bracket's sums: d · 2^-53 of them at most
        return self.lost * codes.longest * WIDER + float32 + float64


def _length(vector: NDArray[np.float64], unit: float = 1.0) -> float:
    return float(np.linalg.norm(vector)) * WIDER + LONGER * unit


def _up(value: float) -> float:
    """The next float32 value, which is surely not smaller."""
    return float(np.nextafter(np.float32(value), np.float32(np.inf)))
