"""The graph digest names what is computed: not how the file is written, and nothing less."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from tests.vision.models import tiny

from countenance.vision.models.graph_digest import file_digest, graph_digest

Change = Callable[[onnx.ModelProto], object]


def model() -> onnx.ModelProto:
    return onnx.load_model_from_string(tiny.recogniser())


def loose(changed: onnx.ModelProto) -> None:
    """Write the scales as a list of floats instead of raw bytes."""
    for each in changed.graph.initializer:
        if each.name == "w_scales":
            values = numpy_helper.to_array(each)
            each.CopyFrom(helper.make_tensor(each.name, each.data_type, each.dims, values.flatten().tolist()))


def turned(changed: onnx.ModelProto) -> None:
    kept = list(changed.graph.initializer)
    del changed.graph.initializer[:]
    changed.graph.initializer.extend(reversed(kept))


def named(changed: onnx.ModelProto) -> None:
    changed.producer_name, changed.doc_string = "another exporter", "words"
    for node in changed.graph.node:
        node.name, node.doc_string = f"node of {node.op_type}", "words"


@pytest.mark.parametrize("change", [loose, turned, named], ids=["loose weights", "order of weights", "names"])
def test_another_way_of_writing_is_the_same_graph(change: Change) -> None:
    """Weights as raw bytes or as numbers, their order, names and words."""
    changed = model()
    change(changed)
    assert changed.SerializeToString() != model().SerializeToString()
    assert graph_digest(changed) == graph_digest(model())


def weight(changed: onnx.ModelProto) -> None:
    (each,) = (t for t in changed.graph.initializer if t.name == "bias")
    values = numpy_helper.to_array(each).copy()
    values[0] = np.nextafter(values[0], np.float32(9))
    each.CopyFrom(numpy_helper.from_array(values, "bias"))


CHANGES: dict[str, Change] = {
    "one bit of a weight": weight,
    "an attribute": lambda m: setattr(m.graph.node[0].attribute[0], "i", 1),
    "an operator": lambda m: setattr(m.graph.node[3], "op_type", "Sub"),
    "the order of an operator's inputs": lambda m: m.graph.node[2].input.reverse(),
    "a shape": lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[0], "dim_value", 2),
    "the operator set": lambda m: setattr(m.opset_import[0], "version", 22),
    "a domain": lambda m: setattr(m.graph.node[3], "domain", "com.example"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_computation_is_another_graph(change: Change) -> None:
    """Every part that the numbers depend on."""
    changed = model()
    change(changed)
    assert graph_digest(changed) != graph_digest(model())


def test_what_lies_in_attributes_counts() -> None:
    """Constants and the bodies of branches are part of the computation."""

    def branch(value: float) -> onnx.GraphProto:
        constant = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.float32([value])))
        return helper.make_graph([constant], "branch", [], [helper.make_tensor_value_info("c", 1, [1])])

    def conditional(value: float) -> str:
        nodes = [helper.make_node("If", ["x"], ["y"], then_branch=branch(1), else_branch=branch(value))]
        inputs, outputs = [helper.make_tensor_value_info("x", 9, [])], [helper.make_tensor_value_info("y", 1, [1])]
        return graph_digest(helper.make_model(helper.make_graph(nodes, "g", inputs, outputs)))

    assert conditional(2.0) == conditional(2.0)
    assert conditional(2.0) != conditional(3.0)


def test_the_canonical_lines_are_frozen(tmp_path: Path) -> None:
    """A recipe of today must have the same digest tomorrow; the model is written out in ``vector``."""
    (tmp_path / "vector.onnx").write_bytes(vector().SerializeToString())
    assert file_digest(tmp_path / "vector.onnx") == "02eb8bc0615f0576d712f91b4d85ee5ca5f582bd1ee85da817a1bc1aaa521867"


def vector() -> onnx.ModelProto:
    """One of each kind of attribute, and a weight."""
    tensor = numpy_helper.from_array(np.array([1, -2], dtype=np.int64), "t")
    attributes = {"f": 0.1, "i": -7, "s": "word", "t": tensor, "fs": [0.5, 1e-8], "is": [1, 2], "ss": ["a", "é"]}
    node = helper.make_node("Everything", ["x", "w"], ["y"], domain="example", **attributes)
    inputs = [helper.make_tensor_value_info("x", 1, ["batch", 2])]
    outputs = [helper.make_tensor_value_info("y", 1, ["batch", 3])]
    weights = [numpy_helper.from_array(np.float32([[1, 2, 3], [4, 5, 6]]), "w")]
    sets = [helper.make_opsetid("", 21), helper.make_opsetid("example", 1)]
    return helper.make_model(helper.make_graph([node], "vector", inputs, outputs, weights), opset_imports=sets)
