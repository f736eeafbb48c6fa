"""What the rest of the room asks of a runtime: open a model, run a batch of pictures through it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from countenance.vision.models.entry import ModelEntry

Floats = NDArray[np.float32]
Batch = NDArray[np.uint8]


class Precision(StrEnum):
    """The number format in which a runtime multiplies. It is always asked for by name, never left to the runtime."""

    FLOAT32 = "f32"
    BFLOAT16 = "bf16"


class Session(Protocol):
    """A loaded model. Safe to call from several threads at once; the interpreter lock is free while it runs."""

    def run(self, batch: Batch) -> dict[str, Floats]:
        """``batch`` is uint8, (n, height, width, 3), RGB, C-contiguous; the answer is the caller's, by output name."""
        ...


class Runtime(Protocol):
    """A way to run models on this machine."""

    name: str
    """As it stands in a recipe."""

    def natural_precision(self) -> Precision:
        """The fastest precision that this machine's processor computes natively."""
        ...

    def open(
        self, entry: ModelEntry, model: Path | bytes, precision: Precision, *, threads: int, streams: int
    ) -> Session:
        """Load ``entry``'s prepared file ``model``, or its bytes; the entry says how pixels enter it.

        ``threads`` cores serve ``streams`` calls at a time.
        """
        ...
