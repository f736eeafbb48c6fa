"""Split by person: whoever calibrates a threshold does not test it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def calibrating(persons: Sequence[str], seed: int) -> NDArray[np.bool_]:
    """For each person whether it calibrates (else it tests): half of them, by the SHA-256 of seed and name.

    It depends on nothing else of the list, so a person stays on one side when the list grows or is sorted anew.
    """
    sides = [hashlib.sha256(f"{seed}\n{name}".encode("utf-8", "surrogateescape")).digest()[0] < 128 for name in persons]
    return np.asarray(sides, dtype=np.bool_)
