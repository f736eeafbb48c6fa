"""Register a user's own ONNX recogniser: checked against its recipe file, pinned, and kept whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from countenance.storage.durable import write_durably
from countenance.terms.errors import Malformed, NameTaken
from countenance.vision.models.catalogue import Catalogue, model_of
from countenance.vision.models.entry import ModelEntry, Prepared
from countenance.vision.models.intake import reading, writing
from countenance.vision.models.onnx_file import parse
from countenance.vision.models.onnx_schema import Message
from countenance.vision.models.place import PREPARATION, REGISTERED, Place, PreparedRecord
from countenance.vision.models.prepare import prepare, tidy
from countenance.vision.models.progress import Progress
from countenance.vision.models.recipe_file import read_recipe_file
from countenance.vision.models.tensor import ELEMENT_TYPES, FLOAT
from countenance.vision.models.workplace import land, workplace


def register(
    recipe: Path, model: Path, directory: Path, catalogue: Catalogue, *, who: str, when: int, progress: Progress
) -> ModelEntry:
    """Register ``model`` under the name that its recipe file gives; the file itself is copied, not moved.

    Its SHA-256, and what its preparation computes, are pinned from now on. Raises Malformed with all that is
    wrong with the recipe file or with the graph, or where the runtime gets no templates from it; MissingPart where
    there is no runtime; NameTaken, UnknownName (the detector), Unwritable.
    """
    stated = read_recipe_file(recipe)
    if stated.name in catalogue.models or stated.name in catalogue.recipes or stated.name == REGISTERED:
        raise NameTaken(f"there is a model or recipe {stated.name!r} already", remedy="Give yours another name.")
    catalogue.model(stated.recipe["detector"])
    data = _bytes(model)
    table = stated.model | {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    entry = model_of(stated.name, table, registered=True)
    _check_graph(parse(data, model.name), entry, model)
    progress.phase(f"preparing {entry.name}", None)
    made = prepare(data, entry)
    pins = {"graph": made.graph, "sha256": hashlib.sha256(made.data).hexdigest()}
    record = PreparedRecord(table["sha256"], PREPARATION, made.graph, pins["sha256"], made.batched)
    registration = {
        "model": table | {"prepared": pins},
        "recipe": stated.recipe,
        "registered": {"who": who, "when": when},
    }
    with workplace(directory, progress) as arriving:
        place = Place(arriving / entry.name)
        with writing(place.folder):
            place.folder.mkdir()
        write_durably(place.original, data)
        write_durably(place.prepared, made.data)
        write_durably(place.record, json.dumps(asdict(record), indent=1).encode())
        write_durably(place.registration, json.dumps(registration, indent=1).encode())
        final = Place.of(directory, entry).folder
        if final.exists():
            raise NameTaken(f"there is a registered model {entry.name!r} already", where=str(final))
        land(place.folder, final)
    return replace(entry, prepared=Prepared(**pins))


def _bytes(path: Path) -> bytes:
    try:
        with reading(path):
            return path.read_bytes()
    except FileNotFoundError as error:
        raise Malformed("there is no such model file", where=str(path)) from error


def _check_graph(model: Message, entry: ModelEntry, path: Path) -> None:
    """Compare the graph with what the recipe file says of it; raises Malformed with every difference."""
    tidy(model.graph)
    wrong = _input_faults(model.graph.input, entry) + _output_faults(model.graph.output, entry)
    if wrong:
        lines = "".join(f"\n  {each}" for each in wrong)
        raise Malformed(
            f"the model and its recipe file differ:{lines}",
            where=str(path),
            remedy="Correct the recipe file, or export the model again.",
        )


def _input_faults(inputs: Sequence[Message], entry: ModelEntry) -> list[str]:
    names = [each.name for each in inputs]
    if names != [entry.input.name]:
        return [f"input.name: the graph's inputs are {', '.join(names)}; one named {entry.input.name} is needed"]
    faults = []
    tensor = inputs[0].type.tensor_type
    if tensor.elem_type != FLOAT:
        faults.append(f"input.name: {entry.input.name} takes {_type(tensor.elem_type)}, float32 is needed")
    width, height = entry.input.width, entry.input.height
    wanted = [None, 3, height, width] if entry.input.layout == "nchw" else [None, height, width, 3]
    shape = _shape(inputs[0])
    fits = len(shape) == len(wanted) and all(
        want is None or not isinstance(dim, int) or dim == want for dim, want in zip(shape, wanted, strict=False)
    )
    if not fits:
        faults.append(
            f"input.width, input.height, input.layout: the graph takes {_said(shape)}, "
            f"{entry.input.layout} of {width}x{height} would be {_said(['batch', *wanted[1:]])}"
        )
    return faults


def _output_faults(outputs: Sequence[Message], entry: ModelEntry) -> list[str]:
    (wanted,) = entry.outputs
    found = {each.name: each for each in outputs}
    if wanted not in found:
        return [f"output.name: there is no output {wanted}; there are {', '.join(found)}"]
    shape = _shape(found[wanted])
    if shape and (len(shape) != 2 or (isinstance(shape[1], int) and shape[1] != entry.dimension)):
        return [f"output.dimension: the graph gives {_said(shape)}, batch x {entry.dimension} is needed"]
    return []


def _shape(value: Message) -> list[int | str]:
    """Each dimension as a number, or as its symbol where it is free."""
    return [d.dim_value if d.HasField("dim_value") else d.dim_param or "?" for d in value.type.tensor_type.shape.dim]


def _said(shape: Sequence[int | str | None]) -> str:
    return " x ".join(map(str, shape))


def _type(number: int) -> str:
    return ELEMENT_TYPES[number].name if number in ELEMENT_TYPES else f"ONNX type {number}"
