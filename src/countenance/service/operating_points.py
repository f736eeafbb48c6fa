"""The operating point that holds for a use: a threshold with its measured error rate, provisional for now."""

from __future__ import annotations

from dataclasses import dataclass, field

from countenance.terms.operating_point import OperatingPoint
from countenance.terms.recipe import Recipe
from countenance.vision.models.catalogue import Catalogue
from countenance.vision.models.points import provisional_point

VERIFY_FMR = 1e-3
"""The false match rate that one comparison of two samples aims at."""
IDENTIFY_FPIR = 0.01
"""The share of strangers for whom a search may name anybody."""


@dataclass(frozen=True, slots=True)
class OperatingPoints:
    """The points that the catalogue states. They know nothing of the pictures that are met in use."""

    catalogue: Catalogue = field(repr=False)

    def for_verify(self, recipe: Recipe) -> OperatingPoint:
        """The point for one comparison; raises MissingPart where nothing was measured for this recipe."""
        return provisional_point(self.catalogue, recipe, VERIFY_FMR)

    def for_identify(self, recipe: Recipe, gallery_size: int) -> OperatingPoint:
        """The point for a search among ``gallery_size`` subjects, with FMR = FPIR / N.

        A stranger is compared with N subjects, so FPIR = 1 - (1 - FMR)^N, at most N · FMR. Raises MissingPart where
        nothing was measured for this recipe.
        """
        target = IDENTIFY_FPIR / max(1, gallery_size)
        return provisional_point(self.catalogue, recipe, target, gallery_size=gallery_size)
