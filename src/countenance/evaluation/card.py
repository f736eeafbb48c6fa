"""The model card of a recipe: what its models are, under which licence, and what is known of where they learnt."""

from __future__ import annotations

from typing import Any

from countenance.terms.recipe import Recipe
from countenance.vision.models.catalogue import Catalogue


def card(catalogue: Catalogue, recipe: Recipe) -> list[dict[str, Any]]:
    """For each model of the recipe its words in the catalogue and the digest of the file that was run."""
    detector, *recognisers = (catalogue.model(name) for name in catalogue.recipe(recipe.name).models)
    digests = (recipe.detector_sha256, *recipe.recogniser_sha256.split("+"))
    return [
        {
            "role": entry.role.value,
            "model": entry.name,
            "title": entry.title,
            "licence": entry.licence.spdx,
            "licence_text": entry.licence.text,
            "training_data": entry.training_data,
            "source": entry.source,
            "sha256": sha256,
        }
        for entry, sha256 in zip((detector, *recognisers), digests, strict=True)
    ]
