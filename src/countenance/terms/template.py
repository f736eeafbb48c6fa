"""A template: the numbers that are compared, with the recipe and the sample that they come from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from countenance.terms.recipe import Recipe
from countenance.terms.sample import SampleRef

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """``vector`` is float32, shape (dimension,), of unit length and read-only."""

    vector: Vector = field(repr=False)
    recipe: Recipe
    sample: SampleRef

    def __post_init__(self) -> None:
        self.vector.setflags(write=False)
