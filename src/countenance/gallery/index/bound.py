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

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from countenance.gallery.index.codes import LONGER, WIDER, Codes
from countenance.gallery.index.grid import Grid

Floats = NDArray[np.float64]
_U32 = 2.0**-24
_FINE_STEPS = 2047
LONGEST_TEMPLATE = 1.001 * WIDER
"""No template is longer: whoever enrols or asks is held to it (``kernel.NORM_TOLERANCE``)."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Probes as the scan of one grid wants them; all arrays have a row, or a number, for each probe.

    ``coarse`` int8, shape (probes, chunks · 8): p; ``scale``: a, float32 values; ``rest``: the bracket; ``lost``: |r|,
    not smaller; ``length``: |q|, not smaller; ``weight``: sum |p|, for the slack of float32. ``fine`` int16, shape
    (probes, dimension): y; ``unit``: t; ``fine_lost``: |g|, not smaller.
    """

    coarse: NDArray[np.int8]
    scale: Floats
    rest: Floats
    lost: Floats
    length: Floats
    weight: Floats
    fine: NDArray[np.int16]
    unit: Floats
    fine_lost: Floats

    @classmethod
    def of(cls, probes: NDArray[np.float32], grid: Grid) -> Question:
        """Prepared in float64: each computed length is made larger by more than it can be wrong."""
        q = probes.astype(np.float64)
        w = q * grid.step
        scale = _up(np.abs(w).max(axis=1) / 127)
        p = np.rint(w / scale[:, None]).clip(-127, 127)
        coarse = np.zeros((len(q), grid.chunks * 8), dtype=np.int8)
        coarse[:, : p.shape[1]] = p
        unit = np.abs(q).max(axis=1) / _FINE_STEPS
        y = np.rint(q / unit[:, None])
        return cls(
            coarse,
            scale,
            q @ grid.middle - 7.5 * scale * p.sum(axis=1),
            _length(w - scale[:, None] * p, scale),
            _length(q),
            np.abs(p).sum(axis=1),
            y.astype(np.int16),
            unit,
            _length(q - unit[:, None] * y),
        )

    def step(self, codes: Codes) -> Floats:
        """What one unit of a coarse error is worth: |q| · unit, not smaller, float32 values."""
        return _up(self.length * codes.unit)

    def slack(self, codes: Codes) -> Floats:
        """|r| longest, and what float32 and float64 can lose on the way to the comparison with the bar."""
        largest = 15 * self.scale * self.weight + 255 * self.step(codes)
        float32 = 4 * _U32 * largest  # two products and a sum, each within 2^-24 of numbers no larger than this
        float64 = 1e-12 * (1 + np.abs(self.rest) + largest)  # the bracket's sums: d · 2^-53 of them at most
        return self.lost * codes.longest * WIDER + float32 + float64


def _length(vectors: Floats, unit: Floats | float = 1.0) -> Floats:
    lengths: Floats = np.linalg.norm(vectors, axis=1)
    return lengths * WIDER + LONGER * unit


def _up(values: Floats) -> Floats:
    """The next float32 values, which are surely not smaller."""
    return np.nextafter(values.astype(np.float32), np.float32(np.inf)).astype(np.float64)
