"""A tensor of an ONNX file as an array and back, in the element types that weights come in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from countenance.terms.errors import Malformed
from countenance.vision.models.onnx_schema import Message, TensorProto

Array = NDArray[np.generic]

FLOAT = 1
STRING = 8
EXTERNAL = 1
"""``data_location`` of a tensor whose bytes lie in another file."""


@dataclass(frozen=True, slots=True)
class ElementType:
    """One of ``TensorProto.DataType``: what one element is kept in, and the list that holds it where it is not raw.

    ``bits`` below 8 are packed, the first element lowest. ``number`` is False where the dtype shows an element's bits
    only, since NumPy has no such number (bfloat16, the small floats).
    """

    name: str
    dtype: str
    field: str = "int32_data"
    bits: int = 8
    signed: bool = False
    number: bool = True


ELEMENT_TYPES = {
    1: ElementType("float", "<f4", "float_data"),
    2: ElementType("uint8", "u1"),
    3: ElementType("int8", "i1"),
    4: ElementType("uint16", "<u2"),
    5: ElementType("int16", "<i2"),
    6: ElementType("int32", "<i4"),
    7: ElementType("int64", "<i8", "int64_data"),
    9: ElementType("bool", "?"),
    10: ElementType("float16", "<f2"),
    11: ElementType("double", "<f8", "double_data"),
    12: ElementType("uint32", "<u4", "uint64_data"),
    13: ElementType("uint64", "<u8", "uint64_data"),
    14: ElementType("complex64", "<c8", "float_data"),
    15: ElementType("complex128", "<c16", "double_data"),
    16: ElementType("bfloat16", "<u2", number=False),
    17: ElementType("float8e4m3fn", "u1", number=False),
    18: ElementType("float8e4m3fnuz", "u1", number=False),
    19: ElementType("float8e5m2", "u1", number=False),
    20: ElementType("float8e5m2fnuz", "u1", number=False),
    21: ElementType("uint4", "u1", bits=4),
    22: ElementType("int4", "u1", bits=4, signed=True),
    23: ElementType("float4e2m1", "u1", bits=4, number=False),
    24: ElementType("float8e8m0", "u1", number=False),
    25: ElementType("uint2", "u1", bits=2),
    26: ElementType("int2", "u1", bits=2, signed=True),
}


def elements(tensor: Message) -> Array:
    """The elements as they are kept, little-endian, one a cell, in the tensor's shape; packed ones are unsigned.

    Raises Malformed where the type is unknown or the bytes do not fill the shape.
    """
    kind = _kind(tensor)
    try:
        return _flat(tensor, kind).reshape(tuple(tensor.dims))
    except ValueError as error:
        raise Malformed(f"the weights {tensor.name} do not fill their shape {list(tensor.dims)}") from error


def numbers(tensor: Message) -> Array | None:
    """The elements as numbers; None where NumPy has no such numbers. Raises Malformed as ``elements`` does."""
    if tensor.data_type == STRING or not _kind(tensor).number:
        return None
    kind, kept = _kind(tensor), elements(tensor)
    if not kind.signed:
        return kept
    above = 8 - kind.bits
    return np.asarray((kept.astype(np.uint8) << above).view(np.int8) >> above)


def float_tensor(array: NDArray[np.float32], name: str) -> Message:
    """``array`` as a tensor of raw bytes."""
    raw = np.ascontiguousarray(array, dtype="<f4").tobytes()
    return TensorProto(dims=array.shape, data_type=FLOAT, name=name, raw_data=raw)


def _kind(tensor: Message) -> ElementType:
    kind = ELEMENT_TYPES.get(tensor.data_type)
    if kind is None or tensor.HasField("segment"):
        raise Malformed(f"the weights {tensor.name} are of a type that is not known (ONNX type {tensor.data_type})")
    return kind


def _flat(tensor: Message, kind: ElementType) -> Array:
    if tensor.HasField("raw_data"):
        kept = np.frombuffer(tensor.raw_data, dtype=kind.dtype)
    else:
        listed = np.array(getattr(tensor, kind.field))
        if kind.dtype.startswith("<c"):
            kept = listed.astype(f"<f{int(kind.dtype[2:]) // 2}").view(kind.dtype)
        elif kind.field == "int32_data" and kind.dtype != "<i4":
            # A value is the low bits of its number: also of a float's, which is given by its bits.
            width = np.dtype(kind.dtype).itemsize
            kept = listed.astype("<i4").view("<u4").astype(f"<u{width}").view(kind.dtype)
        else:
            kept = listed.astype(kind.dtype)
    if kind.bits == 8:
        return kept
    each = np.arange(0, 8, kind.bits, dtype=np.uint8)
    unpacked = (kept[:, None] >> each & (2**kind.bits - 1)).reshape(-1)
    wanted: NDArray[np.uint8] = unpacked[: math.prod(tensor.dims)].astype(np.uint8)
    return wanted
