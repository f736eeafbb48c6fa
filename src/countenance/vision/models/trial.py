"""Run a recogniser once before its prepared file is kept: does it give templates, and does it take several faces?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from countenance.terms.errors import Malformed
from countenance.vision.models.entry import ModelEntry
from countenance.vision.runtime.choose import choose_runtime, usable_cores
from countenance.vision.runtime.session import Precision

_BATCH = 7
"""A number of faces that no shape inside a graph is likely to have by itself."""
_AGREE = 1e-2
"""Far more than rounding in another order changes of a template, relative to its largest element."""


def takes_batches(prepared: bytes, entry: ModelEntry) -> bool:
    """Whether several faces in one batch each get the template that they get alone; raises MissingPart (no runtime)."""
    try:
        together, alone = _templates(prepared, entry, _BATCH, 1)
    except Malformed:
        return False
    fits = together.shape == (_BATCH, entry.dimension) and alone.shape == (1, entry.dimension)
    return fits and bool(np.allclose(together[:1], alone, rtol=0, atol=_AGREE * float(np.abs(alone).max())))


def check_one(prepared: bytes, entry: ModelEntry) -> None:
    """Raises Malformed where one face does not give one template, MissingPart where there is no runtime."""
    (alone,) = _templates(prepared, entry, 1)
    shape = alone.shape
    if shape != (1, entry.dimension):
        raise Malformed(
            f"output.dimension: {entry.name} gives {' x '.join(map(str, shape))}, batch x {entry.dimension} is needed"
        )


def _templates(prepared: bytes, entry: ModelEntry, *counts: int) -> list[NDArray[np.float32]]:
    """The answers to the first so many of some drawn pictures."""
    runtime = choose_runtime("auto")
    drawn = np.random.default_rng(1).integers(0, 256, (_BATCH, entry.input.height, entry.input.width, 3), np.uint8)
    try:
        session = runtime.open(entry, prepared, Precision.FLOAT32, threads=usable_cores(), streams=1)
        return [session.run(drawn[:count])[entry.outputs[0]] for count in counts]
    except Exception as error:  # each runtime has its own tree of errors, and all of them mean this
        reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise Malformed(f"{runtime.name} cannot run {entry.name}: {reason[0]}") from error
