"""The models that the user registered, read back from the models directory."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

from countenance.vision.models.catalogue import model_of, recipe_of
from countenance.vision.models.entry import ModelEntry, RecipeEntry
from countenance.vision.models.place import REGISTERED, Place

_log = logging.getLogger(__name__)


def registered_models(directory: Path) -> Iterator[tuple[ModelEntry, RecipeEntry]]:
    """Each registered model with its recipe; the registration holds both as tables in the catalogue's own shape.

    One that cannot be read is logged and left out, so that it does not keep the others from working; whatever
    names it then fails as unknown.
    """
    folder = directory / REGISTERED
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        path = Place(each).registration
        try:
            document = json.loads(path.read_bytes())
            model = model_of(each.name, document["model"], registered=True)
            recipe = recipe_of(each.name, document["recipe"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("the registration %s cannot be read: %r", path, error)
        else:
            yield model, recipe
