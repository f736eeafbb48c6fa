"""Prepare a model's file for the runtimes: weights unfolded to float32, a free batch or picture size."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from countenance.terms.errors import Malformed
from countenance.vision.models.attribute import attribute_value
from countenance.vision.models.entry import ModelEntry, Role
from countenance.vision.models.graph_digest import graph_digest
from countenance.vision.models.onnx_file import parse
from countenance.vision.models.onnx_schema import Message
from countenance.vision.models.tensor import FLOAT, Array, float_tensor, numbers
from countenance.vision.models.trial import check_one, takes_batches


@dataclass(frozen=True, slots=True)
class PreparedGraph:
    """The bytes of the prepared file, the digest of its graph, and whether it takes batches of any size."""

    data: bytes
    graph: str
    batched: bool


def prepare(original: bytes, entry: ModelEntry) -> PreparedGraph:
    """Prepare a file that was checked; raises Malformed where it is no ONNX graph that can be used alone.

    A recogniser is tried on the runtime; raises MissingPart where none is installed. A TensorFlow Lite file stays as
    it is, and its digest stands for its graph's.

    1. every DequantizeLinear over initialisers becomes its float32 weights (ONNX operators, opset 21:
       y = (x − zero_point) · scale, one scale for each ``block_size`` elements along ``axis``);
    2. inputs that are initialisers, or that no node uses, leave the list of inputs; unused initialisers leave too;
    3. where the entry says so, the only input and the only output take the names that it states;
    4. a recogniser's batch becomes symbolic where the graph allows it, a detector's height and width do.
    """
    if entry.form == "tflite":
        return PreparedGraph(original, hashlib.sha256(original).hexdigest(), batched=False)
    model = parse(original, entry.name)
    graph = model.graph
    tidy(graph)
    if entry.rename:
        _rename(graph, entry)
    match entry.role:
        case Role.RECOGNISER:
            batched = _free_batch(model, entry)
        case Role.LANDMARKS:
            batched = False
        case Role.DETECTOR:
            batched = False
            _free_size(graph, entry)
    return PreparedGraph(_written(model), graph_digest(model), batched)


def _written(model: Message) -> bytes:
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def tidy(graph: Message) -> None:
    """Steps 1 and 2 of ``prepare``, in place."""
    weights = {each.name: each for each in graph.initializer}
    _fold(graph, weights)
    _drop_unused(graph, weights)
    del graph.value_info[:]


def _fold(graph: Message, weights: dict[str, Message]) -> None:
    kept = []
    for node in graph.node:
        folded = _dequantised(node, weights)
        if folded is None:
            kept.append(node)
            continue
        (name,) = node.output
        weights[name] = float_tensor(folded, name)
    del graph.node[:]
    graph.node.extend(kept)


def _dequantised(node: Message, weights: dict[str, Message]) -> NDArray[np.float32] | None:
    """The float32 weights that ``node`` makes of initialisers; None where it is another node or makes others."""
    if (node.op_type, node.domain) != ("DequantizeLinear", ""):
        return None
    tensors = [weights[name] for name in node.input if name in weights]
    if not 2 <= len(tensors) == len(node.input) or tensors[1].data_type != FLOAT:
        return None
    arrays = [array for array in map(numbers, tensors) if array is not None]
    if len(arrays) < len(tensors):
        return None
    given = {each.name: attribute_value(each) for each in node.attribute}
    axis, block = given.get("axis", 1), given.get("block_size", 0)
    x, scale, *zeros = arrays
    values: NDArray[np.float32] = x.astype(np.float32)
    for zero in zeros:
        values -= _spread(zero.astype(np.float32), x, axis, block)
    values *= _spread(scale.astype(np.float32), x, axis, block)
    return values


def _spread(each: NDArray[np.float32], x: Array, axis: int, block: int) -> NDArray[np.float32]:
    """Scales or zero points, shaped so that they broadcast over ``x``: per block, per axis, or one for all."""
    if each.size == 1:
        return each.reshape(())
    if block:
        return np.repeat(each, block, axis=axis).take(np.arange(x.shape[axis]), axis=axis)
    return each.reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])


def _drop_unused(graph: Message, weights: dict[str, Message]) -> None:
    used = set(_names_used(graph)) | {each.name for each in graph.output}
    kept = [tensor for name, tensor in weights.items() if name in used]
    inputs = [each for each in graph.input if each.name in used and each.name not in weights]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    del graph.input[:]
    graph.input.extend(inputs)


def _names_used(graph: Message) -> Iterator[str]:
    for node in graph.node:
        yield from node.input
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _names_used(inner)


def _rename(graph: Message, entry: ModelEntry) -> None:
    if len(graph.input) != 1 or len(graph.output) != 1:
        raise Malformed(f"{entry.name} has not one input and one output")
    names = {graph.input[0].name: entry.input.name, graph.output[0].name: entry.outputs[0]}
    for value in (graph.input[0], graph.output[0]):
        value.name = names[value.name]
    for node in graph.node:
        for ends in (node.input, node.output):
            for position, name in enumerate(ends):
                ends[position] = names.get(name, name)


def _free_batch(model: Message, entry: ModelEntry) -> bool:
    """Make the first dimension symbolic, or put it to 1 where the graph fixes it somewhere inside: the runtime tells.

    Raises Malformed where it gives no templates either way.
    """
    graph = model.graph
    picture = _value(graph.input, entry.input.name)
    outputs = [_value(graph.output, name) for name in entry.outputs]
    sides = {"nchw": (3, entry.input.height, entry.input.width), "nhwc": (entry.input.height, entry.input.width, 3)}

    def shaped(batch: str | int) -> bytes:
        _set_shape(picture, [batch, *sides[entry.input.layout]])
        for each in outputs:
            _set_shape(each, [batch, entry.dimension or 0])
        return _written(model)

    if takes_batches(shaped("batch"), entry):
        return True
    check_one(shaped(1), entry)
    return False


def _free_size(graph: Message, entry: ModelEntry) -> None:
    _set_shape(_value(graph.input, entry.input.name), [1, 3, "height", "width"])
    for each in graph.output:
        for position, dim in enumerate(each.type.tensor_type.shape.dim):
            if position == 1:
                dim.dim_param = f"anchors_{each.name.rpartition('_')[2]}"


def _value(values: object, name: str) -> Message:
    found: Message = next(each for each in values if each.name == name)  # type: ignore[attr-defined]  # repeated
    return found


def _set_shape(value: Message, shape: list[str | int]) -> None:
    value.type.tensor_type.ClearField("shape")
    for each in shape:
        dim = value.type.tensor_type.shape.dim.add()
        if isinstance(each, str):
            dim.dim_param = each
        else:
            dim.dim_value = each
