"""The digest of what a graph computes: its nodes, shapes and weights, however the file is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from google.protobuf.message import Message as AnyMessage

from countenance.vision.models.attribute import attribute_value
from countenance.vision.models.onnx_file import parse
from countenance.vision.models.onnx_schema import Message
from countenance.vision.models.tensor import STRING, elements

Line = list[object]


def graph_digest(model: Message) -> str:
    """SHA-256 (hex) of the canonical lines of ``model``.

    One JSON array a line, ASCII, no spaces: operator sets, inputs, outputs, initialisers by name with the
    SHA-256 of their little-endian bytes, then the nodes in their order. Names of nodes, documentation and the
    producer are left out: they compute nothing. Floats stand as the hexadecimal of their float32 value.
    """
    digest = hashlib.sha256()
    for line in _model(model):
        digest.update(json.dumps(line, separators=(",", ":"), ensure_ascii=True).encode("ascii") + b"\n")
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """The graph digest of an ONNX file, the SHA-256 of another; raises Malformed where it is none, OSError."""
    if path.suffix == ".tflite":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return graph_digest(parse(path.read_bytes(), path.name))


def _model(model: Message) -> Iterator[Line]:
    for each in sorted(model.opset_import, key=lambda o: o.domain):
        yield ["opset", each.domain, each.version]
    for function in model.functions:
        yield ["function", function.domain, function.name, list(function.input), list(function.output)]
        yield ["attributes", list(function.attribute), [_attribute(a) for a in function.attribute_proto]]
        yield from (_node(node) for node in function.node)
    yield from _graph(model.graph)


def _graph(graph: Message) -> Iterator[Line]:
    for kind, values in (("input", graph.input), ("output", graph.output)):
        for value in values:
            tensor = value.type.tensor_type
            shape = [d.dim_param or d.dim_value for d in tensor.shape.dim]
            yield [kind, value.name, tensor.elem_type, shape]
    for tensor in sorted(graph.initializer, key=lambda t: t.name):
        yield ["initialiser", *_tensor(tensor)]
    yield from (_node(node) for node in graph.node)


def _node(node: Message) -> Line:
    attributes = sorted((_attribute(a) for a in node.attribute), key=lambda a: str(a[0]))
    return ["node", node.domain, node.op_type, list(node.input), list(node.output), attributes]


def _tensor(tensor: Message) -> Line:
    data = b"\0".join(tensor.string_data) if tensor.data_type == STRING else elements(tensor).tobytes()
    return [tensor.name, tensor.data_type, list(tensor.dims), hashlib.sha256(data).hexdigest()]


def _attribute(attribute: Message) -> Line:
    return [attribute.name, attribute.type, attribute.ref_attr_name, _value(attribute_value(attribute))]


def _value(value: object) -> object:
    match value:
        case float():
            return float(np.float32(value)).hex()
        case bytes():
            return value.hex()
        case int() | str() | None:
            return value
        case AnyMessage():
            return _message(value)
        case _:
            return [_value(each) for each in value]  # type: ignore[attr-defined]  # a repeated field


def _message(value: Message) -> object:
    match value.DESCRIPTOR.name:
        case "TensorProto":
            return _tensor(value)
        case "GraphProto":
            return list(_graph(value))
        case name:
            return [name, value.SerializeToString(deterministic=True).hex()]
