"""Prepare a model's file for the runtimes: weights unfolded to float32, a free batch or picture size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from countenance.terms.errors import Malformed
from countenance.vision.models.entry import ModelEntry, Role
from countenance.vision.models.graph_digest import graph_digest
from countenance.vision.models.onnx_file import parse

_PROBE = 7
"""A batch size that no shape inside a graph is likely to have by itself."""

Array = NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class PreparedGraph:
    """The bytes of the prepared file, the digest of its graph, and whether it takes batches of any size."""

    data: bytes
    graph: str
    batched: bool


def prepare(original: bytes, entry: ModelEntry) -> PreparedGraph:
    """Prepare a file that was checked; raises Malformed where it is no ONNX graph that can be used alone.

    1. every DequantizeLinear over initialisers becomes its float32 weights (ONNX operators, opset 21:
       y = (x − zero_point) · scale, one scale for each ``block_size`` elements along ``axis``);
    2. inputs that are initialisers, or that no node uses, leave the list of inputs; unused initialisers leave too;
    3. where the entry says so, the only input and the only output take the names that it states;
    4. a recogniser's batch becomes symbolic where the graph allows it, a detector's height and width do.
    """
    model = parse(original, entry.name)
    graph = model.graph
    tidy(graph)
    if entry.rename:
        _rename(graph, entry)
    match entry.role:
        case Role.RECOGNISER:
            batched = _free_batch(model, entry)
        case Role.DETECTOR:
            batched = False
            _free_size(graph, entry)
    return PreparedGraph(model.SerializeToString(deterministic=True), graph_digest(model), batched)


def tidy(graph: onnx.GraphProto) -> None:
    """Steps 1 and 2 of ``prepare``, in place."""
    weights = {each.name: each for each in graph.initializer}
    _fold(graph, weights)
    _drop_unused(graph, weights)
    del graph.value_info[:]


def _fold(graph: onnx.GraphProto, weights: dict[str, onnx.TensorProto]) -> None:
    kept = []
    for node in graph.node:
        given = [weights.get(name) for name in node.input]
        scale = given[1] if (node.op_type, node.domain) == ("DequantizeLinear", "") and len(given) > 1 else None
        if scale is None or None in given or scale.data_type != onnx.TensorProto.FLOAT:
            kept.append(node)
            continue
        arrays = [numpy_helper.to_array(tensor) for tensor in given if tensor is not None]
        (name,) = node.output
        weights[name] = numpy_helper.from_array(_dequantised(node, *arrays), name)
    del graph.node[:]
    graph.node.extend(kept)


def _dequantised(node: onnx.NodeProto, x: Array, scale: Array, zero: Array | None = None) -> NDArray[np.float32]:
    given = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    axis, block = given.get("axis", 1), given.get("block_size", 0)
    values = x.astype(np.float32)
    if zero is not None:
        values -= _spread(zero.astype(np.float32), x, axis, block)
    return values * _spread(scale.astype(np.float32), x, axis, block)


def _spread(each: NDArray[np.float32], x: Array, axis: int, block: int) -> NDArray[np.float32]:
    """Scales or zero points, shaped so that they broadcast over ``x``: per block, per axis, or one for all."""
    if each.size == 1:
        return each.reshape(())
    if block:
        return np.repeat(each, block, axis=axis).take(np.arange(x.shape[axis]), axis=axis)
    return each.reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])


def _drop_unused(graph: onnx.GraphProto, weights: dict[str, onnx.TensorProto]) -> None:
    used = set(_names_used(graph)) | {each.name for each in graph.output}
    kept = [tensor for name, tensor in weights.items() if name in used]
    inputs = [each for each in graph.input if each.name in used and each.name not in weights]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    del graph.input[:]
    graph.input.extend(inputs)


def _names_used(graph: onnx.GraphProto) -> Iterator[str]:
    for node in graph.node:
        yield from node.input
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _names_used(inner)


def _rename(graph: onnx.GraphProto, entry: ModelEntry) -> None:
    if len(graph.input) != 1 or len(graph.output) != 1:
        raise Malformed(f"{entry.name} has not one input and one output")
    names = {graph.input[0].name: entry.input.name, graph.output[0].name: entry.outputs[0]}
    for value in (graph.input[0], graph.output[0]):
        value.name = names[value.name]
    for node in graph.node:
        for ends in (node.input, node.output):
            for position, name in enumerate(ends):
                ends[position] = names.get(name, name)


def _free_batch(model: onnx.ModelProto, entry: ModelEntry) -> bool:
    """Make the first dimension symbolic, or put it to 1 where the graph fixes it somewhere inside.

    Shape inference tells: a batch of ``_PROBE`` must come out as ``_PROBE``. Where it cannot tell, what the file
    declares is believed.
    """
    graph = model.graph
    picture = _value(graph.input, entry.input.name)
    outputs = [_value(graph.output, name) for name in entry.outputs]
    sides = {"nchw": (3, entry.input.height, entry.input.width), "nhwc": (entry.input.height, entry.input.width, 3)}
    declared = not picture.type.tensor_type.shape.dim[0].HasField("dim_value")
    _set_shape(picture, [_PROBE, *sides[entry.input.layout]])
    for each in graph.output:
        each.type.tensor_type.ClearField("shape")
    inferred = {v.name: v for v in onnx.shape_inference.infer_shapes(model, data_prop=True).graph.output}
    first = [inferred[each.name].type.tensor_type.shape.dim[:1] for each in outputs]
    batched = all(d[0].dim_value == _PROBE if d and d[0].HasField("dim_value") else declared for d in first)
    batch: str | int = "batch" if batched else 1
    _set_shape(picture, [batch, *sides[entry.input.layout]])
    for each in outputs:
        _set_shape(each, [batch, entry.dimension or 0])
    return batched


def _free_size(graph: onnx.GraphProto, entry: ModelEntry) -> None:
    _set_shape(_value(graph.input, entry.input.name), [1, 3, "height", "width"])
    for each in graph.output:
        for position, dim in enumerate(each.type.tensor_type.shape.dim):
            if position == 1:
                dim.dim_param = f"anchors_{each.name.rpartition('_')[2]}"


def _value(values: object, name: str) -> onnx.ValueInfoProto:
    found: onnx.ValueInfoProto = next(each for each in values if each.name == name)  # type: ignore[attr-defined]  # repeated
    return found


def _set_shape(value: onnx.ValueInfoProto, shape: list[str | int]) -> None:
    value.type.tensor_type.ClearField("shape")
    for each in shape:
        dim = value.type.tensor_type.shape.dim.add()
        if isinstance(each, str):
            dim.dim_param = each
        else:
            dim.dim_value = each
