"""The provisional operating points of a recipe, bound to the space of the templates that they hold for."""

from __future__ import annotations

from countenance.terms.errors import MissingPart
from countenance.terms.operating_point import OperatingPoint
from countenance.terms.recipe import Recipe
from countenance.vision.models.catalogue import Catalogue

FMR = "FMR"


def provisional_point(
    catalogue: Catalogue, recipe: Recipe, target: float, *, gallery_size: int | None = None
) -> OperatingPoint:
    """The threshold that ``recipe``'s table gives for a false match rate of at most ``target`` (0–1).

    Of the tabulated rates the highest that is not above ``target`` holds, so an answer errs on the strict side.
    Where the data do not reach so low a rate, the lowest resolved one holds and ``resolved`` is false. Raises
    MissingPart where nothing was measured: there is no default threshold.
    """
    measured = sorted((p for p in catalogue.recipe(recipe.name).points if p.measure == FMR), key=lambda p: -p.target)
    resolved = [point for point in measured if point.resolved]
    if not resolved:
        raise MissingPart(
            f"no error rates were measured for the recipe {recipe.name}, so there is no threshold",
            remedy="Measure an operating point on pictures like yours, and name it.",
        )
    reached = [point for point in resolved if point.target <= target]
    point = reached[0] if reached else resolved[-1]
    notes = [point.note]
    if not reached:
        notes.append(f"the error rate is not resolved at FMR {target:.1e}: the lowest measured one holds")
    if not recipe.interchangeable:
        notes.append(f"measured with other arithmetic than {recipe.runtime} in {recipe.precision}")
    return OperatingPoint(
        id=point.id,
        threshold=point.threshold,
        measure=FMR,
        target=target,
        resolved=bool(reached),
        gallery_size=gallery_size,
        space=recipe.space,
        source=point.source,
        date=point.date,
        provisional=True,
        note="; ".join(filter(None, notes)),
    )
