"""The scores of one template with several others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comparisons:
    """``scores`` in the order of the others; ``use`` is the use count outside galleries."""

    scores: tuple[float, ...]
    use: int
