"""Our part of ONNX's schema and our reading of weights, held against the onnx package itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from tests.vision.models import tiny

from countenance.terms.errors import Malformed
from countenance.vision.models.attribute import attribute_value
from countenance.vision.models.onnx_schema import CLASSES, ModelProto
from countenance.vision.models.onnx_schema import TensorProto as OurTensor
from countenance.vision.models.tensor import ELEMENT_TYPES, elements, float_tensor, numbers

THEIRS = {"TensorType": onnx.TypeProto.Tensor, "Dimension": onnx.TensorShapeProto.Dimension} | {
    "Segment": TensorProto.Segment
}


@pytest.mark.parametrize("name", CLASSES)
def test_every_field_is_onnx_s_own(name: str) -> None:
    """Number, type (an enumeration travels as a whole number), repetition, packing and alternatives."""
    theirs = getattr(onnx, name, None) or THEIRS[name]
    for field in CLASSES[name].DESCRIPTOR.fields:
        real = theirs.DESCRIPTOR.fields_by_name[field.name]
        wire = field.TYPE_INT32 if real.type == real.TYPE_ENUM else real.type
        assert (field.number, field.type) == (real.number, wire)
        assert (field.is_repeated, field.is_packed) == (real.is_repeated, real.is_packed)
        assert (field.containing_oneof is None) == (real.containing_oneof is None) or name == "TypeProto"


def test_what_the_schema_leaves_out_is_kept_byte_for_byte() -> None:
    """Parts of ONNX that we do not read, and fields that do not exist yet."""
    model = onnx.load_model_from_string(tiny.recogniser())
    model.training_info.add().initialization.name = "start"
    model.configuration.add(name="two", num_devices=2)
    model.graph.node[0].device_configurations.add(configuration_id="two", pipeline_stage=3)
    model.graph.output.add(name="many").type.sequence_type.elem_type.tensor_type.elem_type = 1
    later = b"\xfa\x3e\x03new"  # field 1007, of a version to come
    written = ModelProto.FromString(model.SerializeToString() + later).SerializeToString(deterministic=True)
    known = onnx.load_model_from_string(written).SerializeToString(deterministic=True).replace(later, b"")
    assert known == model.SerializeToString(deterministic=True)
    assert later in written


@pytest.mark.parametrize("name", ["yunet-2023mar", "sface-2021dec"])
def test_the_default_models_are_written_as_onnx_writes_them(real_models: Path, name: str) -> None:
    """To the byte: the catalogue pins prepared files."""
    for file in ("original.onnx", "prepared.onnx"):
        data = (real_models / name / file).read_bytes()
        theirs = onnx.load_model_from_string(data).SerializeToString(deterministic=True)
        assert ModelProto.FromString(data).SerializeToString(deterministic=True) == theirs


def as_given(tensor: onnx.TensorProto) -> OurTensor:
    return OurTensor.FromString(tensor.SerializeToString())


@pytest.mark.parametrize("number", ELEMENT_TYPES, ids=[kind.name for kind in ELEMENT_TYPES.values()])
@given(raw=st.binary(min_size=48, max_size=48), taken=st.integers(1, 3))
def test_weights_are_read_as_onnx_reads_them(number: int, raw: bytes, taken: int) -> None:
    """Every element type, from raw bytes and from a list of numbers, also packed ones that end inside a byte."""
    kind = ELEMENT_TYPES[number]
    size = np.dtype(kind.dtype).itemsize
    count = taken * 8 // kind.bits - (1 if kind.bits < 8 else 0)
    raw = bytes(b & 1 for b in raw) if kind.name == "bool" else raw
    tensor = TensorProto(data_type=number, dims=[count, 1], name="w", raw_data=raw[: taken * size])
    theirs = numpy_helper.to_array(tensor)
    assert elements(as_given(tensor)).tobytes() == theirs.tobytes()
    read = numbers(as_given(tensor))
    assert (read is None) != kind.number
    if read is not None:
        assert np.array_equal(read, theirs.astype(read.dtype), equal_nan=read.dtype.kind in "fc")
    if kind.field == "int32_data":
        packed = np.frombuffer(raw[: taken * size], dtype=kind.dtype if kind.dtype != "<f2" else "<u2").astype(np.int32)
        listed = TensorProto(data_type=number, dims=[count, 1], name="w", int32_data=packed.tolist())
        assert elements(as_given(listed)).tobytes() == numpy_helper.to_array(listed).tobytes() == theirs.tobytes()


LISTED = [number for number, kind in ELEMENT_TYPES.items() if kind.field != "int32_data"]


@pytest.mark.parametrize("number", LISTED, ids=[ELEMENT_TYPES[number].name for number in LISTED])
def test_listed_weights_are_read_as_onnx_reads_them(number: int) -> None:
    """The lists that are no int32; complex numbers stand in them as pairs."""
    kind = ELEMENT_TYPES[number]
    count = 8 if kind.name.startswith("complex") else 4
    tensor = TensorProto(data_type=number, dims=[2, 2], **{kind.field: range(count)})
    assert elements(as_given(tensor)).tobytes() == numpy_helper.to_array(tensor).tobytes()


def test_float_weights_are_written_as_onnx_writes_them() -> None:
    """To the byte, in any memory order and for no dimension at all."""
    row = np.arange(6, dtype=np.float32)
    for array in (row[0].reshape(()), row.reshape(2, 3).T, np.zeros((0, 4), np.float32)):
        ours = float_tensor(array, "w").SerializeToString(deterministic=True)
        assert ours == numpy_helper.from_array(array, "w").SerializeToString(deterministic=True)


@pytest.mark.parametrize("value", [1.5, -7, "word", [0.5, 2.0], [1, -2], ["a", "b"]])
def test_attributes_are_read_as_onnx_reads_them(value: object) -> None:
    """By the type that each states."""
    theirs = helper.make_attribute("a", value)
    ours = CLASSES["AttributeProto"].FromString(theirs.SerializeToString())
    read = attribute_value(ours)
    assert (list(read) if isinstance(value, list) else read) == helper.get_attribute_value(theirs)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"data_type": 1, "dims": [3], "raw_data": bytes(8)}, "do not fill"),
        ({"data_type": 1, "dims": [3], "raw_data": bytes(11)}, "do not fill"),
        ({"data_type": 21, "dims": [9], "raw_data": bytes(2)}, "do not fill"),
        ({"data_type": 6, "dims": [-1, -1], "int32_data": [1]}, "do not fill"),
        ({"data_type": 0, "dims": [1]}, "type that is not known"),
        ({"data_type": 99, "dims": [1]}, "type that is not known"),
    ],
)
def test_weights_that_cannot_be_are_refused(fields: dict[str, object], said: str) -> None:
    """By name, never with a traceback."""
    with pytest.raises(Malformed, match=f"w .*{said}"):
        elements(OurTensor(name="w", **fields))
