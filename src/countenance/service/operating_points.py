"""The operating point that holds for a use: the one that was adopted, or until then a provisional one."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

from countenance.service.adopted_points import AdoptedPoints
from countenance.terms.fmr_curve import FmrCurve
from countenance.terms.measured_point import ONE_TO_MANY, ONE_TO_ONE
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.recipe import Recipe
from countenance.vision.models.catalogue import Catalogue
from countenance.vision.models.points import provisional_point

VERIFY_FMR = 1e-3
"""The false match rate that one comparison of two samples aims at, where nothing was adopted."""
IDENTIFY_FPIR = 0.01
"""The share of strangers for whom a search may name anybody, where nothing was adopted."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OperatingPoints:
    """Adopted points were measured on their owner's pictures; the catalogue's know nothing of those.

    Where a point was adopted for a task, no other recipe than the measured one decides in that task.
    """

    catalogue: Catalogue = field(repr=False)
    adopted: AdoptedPoints | None = field(default=None, repr=False)

    def for_verify(self, recipe: Recipe) -> OperatingPoint:
        """The point for one comparison; raises MissingPart where none fits this recipe."""
        found = None if self.adopted is None else self.adopted.for_recipe(ONE_TO_ONE, recipe)
        if found is not None:
            return replace(found.point.as_operating_point(recipe.space), curve=found.point.curve)
        return provisional_point(self.catalogue, recipe, VERIFY_FMR)

    def for_identify(self, recipe: Recipe, gallery_size: int) -> OperatingPoint:
        """The point for a search among ``gallery_size`` subjects; raises MissingPart where none fits this recipe.

        A provisional one is that of FMR = FPIR / N: a stranger is compared with N subjects, so
        FPIR = 1 - (1 - FMR)^N, at most N · FMR.
        """
        found = None if self.adopted is None else self.adopted.for_recipe(ONE_TO_MANY, recipe, gallery_size)
        if found is not None:
            point = found.point.as_operating_point(recipe.space, gallery_size)
            if point.note:
                _log.warning("operating point %s: %s", point.id, point.note)
        else:
            target = IDENTIFY_FPIR / max(1, gallery_size)
            point = provisional_point(self.catalogue, recipe, target, gallery_size=gallery_size)
        return replace(point, curve=self._curve(recipe))

    def _curve(self, recipe: Recipe) -> FmrCurve:
        """What one comparison of a search is measured by: the curve of the adopted 1:1 point of this recipe."""
        known = () if self.adopted is None else self.adopted.in_force(ONE_TO_ONE)
        return next((each.point.curve for each in known if each.point.recipe_sha256 == recipe.digest), FmrCurve())
