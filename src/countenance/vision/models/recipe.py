"""The recipe that templates will carry: a named recipe with the models as they lie here and what computes them."""

from __future__ import annotations

from countenance.terms.recipe import Recipe
from countenance.vision.models.store import ModelStore


def build_recipe(store: ModelStore, name: str, runtime: str, precision: str) -> Recipe:
    """The recipe ``name`` computed by ``runtime`` in ``precision``; raises UnknownName, MissingPart."""
    stated = store.catalogue.recipe(name)
    detector, recogniser = (store.catalogue.model(each) for each in (stated.detector, stated.recogniser))
    found, embedded = store.record(detector.name), store.record(recogniser.name)
    size = f"{recogniser.input.width}x{recogniser.input.height}"
    interchange = stated.interchange
    return Recipe(
        name=name,
        detector=detector.name,
        detector_sha256=found.original,
        alignment=f"{stated.alignment}@{size}",
        recogniser=recogniser.name,
        recogniser_sha256=embedded.original,
        preparation=f"{embedded.preparation}:{found.graph}:{embedded.graph}",
        dimension=recogniser.dimension or 0,
        runtime=runtime,
        precision=precision,
        interchangeable=interchange is not None and (runtime, precision) in interchange.computed,
    )
