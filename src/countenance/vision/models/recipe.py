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
    names, originals, graphs, dimension = recogniser.name, embedded.original, embedded.graph, recogniser.dimension or 0
    if stated.second is not None:
        other, besides = store.catalogue.model(stated.second.model), store.record(stated.second.model)
        mirrored = " mirrored" if stated.second.mirrored else ""
        names += f" + {stated.second.weight:g} {other.name}{mirrored}"
        originals += f"+{besides.original}"
        graphs += f"+{besides.graph}"
        dimension += other.dimension or 0
    return Recipe(
        name=name,
        detector=detector.name,
        detector_sha256=found.original,
        alignment=f"{stated.alignment}@{size}{' steady-1' if stated.steady else ''}",
        recogniser=names,
        recogniser_sha256=originals,
        preparation=f"{embedded.preparation}:{found.graph}:{graphs}",
        dimension=dimension,
        runtime=runtime,
        precision=precision,
        interchangeable=interchange is not None and (runtime, precision) in interchange.computed,
    )
