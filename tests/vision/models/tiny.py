"""Tiny ONNX models with the traits of the real ones: block-quantised weights, initialisers among the inputs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from countenance.vision.models.catalogue import Catalogue, model_of, recipe_of
from countenance.vision.models.entry import ModelEntry
from countenance.vision.models.origin import Package

DIMENSION = 6
SIDE = 4


def recogniser(
    *, width: int = SIDE, height: int = SIDE, dimension: int = DIMENSION, block: int = 3, seed: int = 1, batch: int = 0
) -> bytes:
    """float32 (1, 3, height, width) "data" to (1, dimension) "fc1" by one block-quantised matrix.

    ``batch`` fixes the first dimension inside the graph, as a careless export does.
    """
    size = 3 * height * width
    random = np.random.default_rng(seed)
    blocks = -(-size // block)
    arrays = {
        "w_quantised": random.integers(-127, 127, (size, dimension), dtype=np.int8),
        "w_scales": random.random((blocks, dimension), dtype=np.float32),
        "w_zeros": random.integers(-3, 3, (blocks, dimension), dtype=np.int8),
        "bias": random.random(dimension, dtype=np.float32),
        "shape": np.array([batch or -1, size], dtype=np.int64),
        "unused": np.zeros(2, dtype=np.float32),
    }
    nodes = [
        helper.make_node("DequantizeLinear", ["w_quantised", "w_scales", "w_zeros"], ["w"], axis=0, block_size=block),
        helper.make_node("Reshape", ["data", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["fc1"]),
    ]
    floats = {"bias": [dimension], "w": [size, dimension], "unused": [2]}
    stale = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in floats.items()]
    inputs = [helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, height, width]), *stale]
    outputs = [helper.make_tensor_value_info("fc1", TensorProto.FLOAT, [1, dimension])]
    return _file(nodes, inputs, outputs, arrays)


def detector(seed: int = 2) -> bytes:
    """float32 (1, 3, 64, 64) "input" to (1, 64, 1) "cls_8": one quantised stride-8 convolution, batch fixed inside."""
    random = np.random.default_rng(seed)
    arrays = {
        "k_quantised": random.integers(-127, 127, (1, 3, 8, 8), dtype=np.int8),
        "k_scale": np.array(0.01, dtype=np.float32),
        "k_zero": np.array(4, dtype=np.int8),
        "shape": np.array([1, -1, 1], dtype=np.int64),
    }
    nodes = [
        helper.make_node("DequantizeLinear", ["k_quantised", "k_scale", "k_zero"], ["k"]),
        helper.make_node("Conv", ["input", "k"], ["map"], strides=[8, 8]),
        helper.make_node("Transpose", ["map"], ["turned"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", ["turned", "shape"], ["cls_8"]),
    ]
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 64, 64])]
    outputs = [helper.make_tensor_value_info("cls_8", TensorProto.FLOAT, [1, 64, 1])]
    return _file(nodes, inputs, outputs, arrays)


def _file(nodes: Any, inputs: Any, outputs: Any, arrays: Mapping[str, np.ndarray]) -> bytes:
    weights = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return model.SerializeToString()


def table(data: bytes, **changes: Any) -> dict[str, Any]:
    """The catalogue's table of a tiny recogniser whose file is ``data``."""
    return {
        "role": "recogniser",
        "title": "Tiny",
        "licence": {"spdx": "CC0-1.0", "text": "No rights reserved."},
        "training_data": "none: drawn at random",
        "source": "this test",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "input": {
            "name": "data",
            "width": SIDE,
            "height": SIDE,
            "layout": "nchw",
            "channels": "rgb",
            "subtract": 0,
            "divide": 1,
        },
        "outputs": ["fc1"],
        "dimension": DIMENSION,
    } | changes


def detector_table(data: bytes, **changes: Any) -> dict[str, Any]:
    """The catalogue's table of a tiny detector whose file is ``data``."""
    form = {"name": "input", "width": 64, "height": 64, "layout": "nchw", "channels": "bgr", "subtract": 0, "divide": 1}
    own = {"role": "detector", "input": form, "outputs": ["cls_8"], "dimension": None}
    return table(data) | own | changes


def entry(data: bytes, **changes: Any) -> ModelEntry:
    """The entry of a tiny recogniser."""
    return model_of("tiny", table(data, **changes))


def catalogue(wheel: Callable[[str, Mapping[str, bytes]], Package]) -> Catalogue:
    """A detector, a recogniser, a restricted one and one without a known digest, all in the wheel ``carrier``."""
    members = {"models/face.onnx": detector(), "models/tiny.onnx": recogniser(), "models/held.onnx": recogniser(seed=3)}
    wheel("carrier", members)
    at = {path: [{"wheel": "carrier 1.0", "member": path}] for path in members}
    face, open_one, held = members.items()
    restricted = {"spdx": "LicenseRef-research", "text": "For research only.", "restricted": True}
    unknown = table(b"", origins=[])
    del unknown["sha256"], unknown["size"]
    models = {
        "face": detector_table(face[1], origins=at[face[0]]),
        "tiny": table(open_one[1], origins=at[open_one[0]]),
        "held": table(held[1], origins=at[held[0]], licence=restricted),
        "unknown": unknown,
    }
    recipe = {"detector": "face", "alignment": "arcface-5", "recogniser": "tiny"}
    return Catalogue(
        {name: model_of(name, each) for name, each in models.items()}, {"default": recipe_of("default", recipe)}
    )
