"""The value of a node's attribute, by the type that the attribute states."""

from __future__ import annotations

from typing import Any

from countenance.terms.errors import Malformed
from countenance.vision.models.onnx_schema import Message

_FIELDS = {
    1: "f",
    2: "i",
    3: "s",
    4: "t",
    5: "g",
    6: "floats",
    7: "ints",
    8: "strings",
    9: "tensors",
    10: "graphs",
    11: "sparse_tensor",
    12: "sparse_tensors",
    13: "tp",
    14: "type_protos",
}
"""``AttributeProto.AttributeType`` and the field that holds a value of that type."""


def attribute_value(attribute: Message) -> Any:
    """A number, bytes, a message or a list of these; None where a function's caller gives the value, or none is typed.

    Raises Malformed where the type is unknown.
    """
    if attribute.ref_attr_name or attribute.type == 0:
        return None
    field = _FIELDS.get(attribute.type)
    if field is None:
        raise Malformed(f"the attribute {attribute.name} is of a type that is not known ({attribute.type})")
    return getattr(attribute, field)
