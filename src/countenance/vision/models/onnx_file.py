"""Read an ONNX file whose weights all lie inside it, so that a pin of the file covers them."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from countenance.terms.errors import Malformed
from countenance.vision.models.onnx_schema import Message, ModelProto
from countenance.vision.models.tensor import EXTERNAL


def parse(data: bytes, name: str) -> Message:
    """The model in ``data``; raises Malformed, with ``name``, where it is none or does not stand alone."""
    try:
        model = ModelProto.FromString(data)
    except DecodeError as error:
        raise Malformed(f"{name} is not an ONNX file: {error}") from error
    if not model.graph.node:
        raise Malformed(f"{name} is not an ONNX file: it has no nodes")
    outside = [t.name for t in model.graph.initializer if t.data_location == EXTERNAL]
    if outside or model.graph.sparse_initializer:
        raise Malformed(
            f"{name} keeps weights sparse or outside the file ({', '.join(outside[:3]) or 'sparse'})",
            remedy="Save it as one file with dense weights: onnx.save_model(onnx.load(FILE), NEW).",
        )
    return model
