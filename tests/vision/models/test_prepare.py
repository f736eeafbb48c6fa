"""Preparation changes how a model is written, never what it computes."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from tests.vision.models import tiny

from countenance.terms.errors import Malformed
from countenance.vision.models.catalogue import model_of
from countenance.vision.models.prepare import prepare

Array = NDArray[np.float32]


def run(model: bytes, /, **inputs: Array) -> Array:
    """What the graph computes, by ONNX's own reference implementation of the operators."""
    (answer,) = ReferenceEvaluator(onnx.load_model_from_string(model)).run(None, inputs)
    return np.asarray(answer)


def graph_of(data: bytes) -> onnx.GraphProto:
    return onnx.load_model_from_string(data).graph


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 5),
    height=st.integers(1, 5),
    dimension=st.integers(1, 7),
    block=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_a_prepared_recogniser_computes_the_same(
    width: int, height: int, dimension: int, block: int, seed: int
) -> None:
    """For every size and block (also one that does not divide the axis), to the last bit."""
    data = tiny.recogniser(width=width, height=height, dimension=dimension, block=block, seed=seed)
    form = tiny.table(data)["input"] | {"width": width, "height": height}
    made = prepare(data, tiny.entry(data, input=form, dimension=dimension))
    faces = np.random.default_rng(seed).random((1, 3, height, width), dtype=np.float32)
    assert np.array_equal(run(made.data, data=faces), expected(data, faces, block))


def expected(data: bytes, faces: Array, block: int) -> Array:
    """The tiny recogniser written out in NumPy: y = (x − zero) · scale, block by block."""
    weights = {each.name: numpy_helper.to_array(each) for each in graph_of(data).initializer}
    rows = np.arange(weights["w_quantised"].shape[0]) // block
    quantised = weights["w_quantised"].astype(np.float32) - weights["w_zeros"].astype(np.float32)[rows]
    matrix = quantised * weights["w_scales"][rows]
    return np.asarray(faces.reshape(len(faces), -1) @ matrix + weights["bias"], dtype=np.float32)


def test_nothing_is_left_to_dequantise_and_only_the_picture_is_an_input() -> None:
    """Stale and unused names are gone from inputs and initialisers."""
    data = tiny.recogniser()
    graph = graph_of(prepare(data, tiny.entry(data)).data)
    assert "DequantizeLinear" not in {node.op_type for node in graph.node}
    assert [each.name for each in graph.input] == ["data"]
    assert {each.name for each in graph.initializer} == {"w", "bias", "shape"}


def test_a_recogniser_takes_any_batch() -> None:
    """Faces in one batch get the templates that they get one by one."""
    data = tiny.recogniser()
    made = prepare(data, tiny.entry(data))
    faces = np.random.default_rng(5).random((3, 3, tiny.SIDE, tiny.SIDE), dtype=np.float32)
    assert made.batched
    assert np.allclose(run(made.data, data=faces), np.concatenate([run(made.data, data=f[None]) for f in faces]))


def test_a_graph_that_fixes_its_batch_is_found_out() -> None:
    """A constant 1 deep in a graph would merge the faces of a batch; such a model is run one by one."""
    data = tiny.recogniser(batch=1)
    made = prepare(data, tiny.entry(data))
    assert not made.batched
    shape = graph_of(made.data).input[0].type.tensor_type.shape
    assert [dim.dim_value for dim in shape.dim] == [1, 3, tiny.SIDE, tiny.SIDE]


def test_a_graph_that_mixes_the_faces_of_a_batch_is_found_out() -> None:
    """Here each template has the mean of its batch taken away; alone, a face is measured against itself."""
    model = onnx.load_model_from_string(tiny.recogniser())
    model.graph.node[-1].output[0] = "own"
    mean = helper.make_node("ReduceMean", ["own", "axes"], ["mean"])
    half = helper.make_node("Mul", ["mean", "half"], ["part"])
    model.graph.node.extend([mean, half, helper.make_node("Sub", ["own", "part"], ["fc1"])])
    constants = {"axes": np.array([0]), "half": np.float32([0.5])}
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in constants.items())
    data = model.SerializeToString()
    assert not prepare(data, tiny.entry(data)).batched


def test_a_graph_that_gives_no_template_is_refused() -> None:
    """Another dimension than the entry's, or nothing that the runtime can compute."""
    data = tiny.recogniser()
    with pytest.raises(Malformed, match=r"gives 1 x 6, batch x 7 is needed"):
        prepare(data, tiny.entry(data, dimension=7))
    model = onnx.load_model_from_string(data)
    model.graph.node[-1].op_type = "Divine"
    with pytest.raises(Malformed, match="cannot run tiny"):
        prepare(model.SerializeToString(), tiny.entry(b""))


def test_a_detector_takes_any_size() -> None:
    """Height and width are free, and the picture of one size gives what it gave."""
    data = tiny.detector()
    made = prepare(data, model_of("face", tiny.detector_table(data)))
    random = np.random.default_rng(6)
    published = random.random((1, 3, 64, 64), dtype=np.float32)
    assert np.array_equal(run(made.data, input=published), run(data, input=published))
    assert run(made.data, input=random.random((1, 3, 32, 96), dtype=np.float32)).shape == (1, 4 * 12, 1)


def test_weights_scaled_by_row_are_folded_along_their_axis() -> None:
    """The older forms of DequantizeLinear: one scale for each row, a negative axis, no zero point."""
    weights = np.arange(-6, 6, dtype=np.int8).reshape(3, 4)
    scales = np.array([1, 10, 100, 1000], dtype=np.float32)
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s"], ["w"], axis=-1),
        helper.make_node("Flatten", ["data"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["fc1"]),
    ]
    inputs = [helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, 3, 1, 1])]
    outputs = [helper.make_tensor_value_info("fc1", TensorProto.FLOAT, [1, 4])]
    initialisers = [numpy_helper.from_array(weights, "q"), numpy_helper.from_array(scales, "s")]
    graph = helper.make_graph(nodes, "rows", inputs, outputs, initialisers)
    data = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]).SerializeToString()
    form = tiny.table(data)["input"] | {"width": 1, "height": 1}
    folded = graph_of(prepare(data, tiny.entry(data, dimension=4, input=form)).data)
    (weight,) = folded.initializer
    assert np.array_equal(numpy_helper.to_array(weight), weights * scales)


def test_a_model_is_renamed_where_its_entry_says_so() -> None:
    """Whatever its only input and output were called."""
    data = tiny.recogniser()
    form = tiny.table(data)["input"] | {"name": "faces"}
    made = prepare(data, tiny.entry(data, rename=True, input=form, outputs=["templates"]))
    faces = np.ones((1, 3, tiny.SIDE, tiny.SIDE), dtype=np.float32)
    assert np.array_equal(run(made.data, faces=faces), expected(data, faces, 3))


def test_preparing_twice_gives_the_same_bytes() -> None:
    """Prepared bytes can be pinned."""
    data = tiny.recogniser()
    assert prepare(data, tiny.entry(data)) == prepare(data, tiny.entry(data))


@pytest.mark.parametrize("data", [b"", b"text, not a model", b"\x08\x0a", tiny.recogniser()[:-40]])
def test_what_is_no_model_is_refused(data: bytes) -> None:
    """Empty, text, a header without a graph, a file cut short."""
    with pytest.raises(Malformed, match="not an ONNX file"):
        prepare(data, tiny.entry(b""))


def test_weights_outside_the_file_are_refused() -> None:
    """A pin of the file would not cover them."""
    model = onnx.load_model_from_string(tiny.recogniser())
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="/etc/passwd")
    with pytest.raises(Malformed, match=r"outside the file \(w_quantised\)"):
        prepare(model.SerializeToString(), tiny.entry(b""))
