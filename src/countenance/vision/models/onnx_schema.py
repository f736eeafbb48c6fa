"""The part of ONNX's schema that preparing needs, as message classes; what it leaves out is kept as unknown fields.

Names and numbers are those of ``onnx-ml.proto``, which never change. All that a recogniser's file usually has stands
here, since unknown fields are written elsewhere than known ones and pinned bytes must not move.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Message = Any
"""A protobuf message: its class is made when this file is imported."""

_PACKAGE = "countenance.onnx"
# Each field: name, number, type; "*" repeated, "+" repeated and packed, "|" one of the message's alternatives.
_MESSAGES = {
    "ModelProto": """
        ir_version 1 int64, opset_import 8 OperatorSetIdProto*, producer_name 2 string, producer_version 3 string,
        domain 4 string, model_version 5 int64, doc_string 6 string, graph 7 GraphProto,
        metadata_props 14 StringStringEntryProto*, functions 25 FunctionProto*""",
    "GraphProto": """
        node 1 NodeProto*, name 2 string, initializer 5 TensorProto*, sparse_initializer 15 SparseTensorProto*,
        doc_string 10 string, input 11 ValueInfoProto*, output 12 ValueInfoProto*, value_info 13 ValueInfoProto*,
        quantization_annotation 14 TensorAnnotation*, metadata_props 16 StringStringEntryProto*""",
    "NodeProto": """
        input 1 string*, output 2 string*, name 3 string, op_type 4 string, domain 7 string, overload 8 string,
        attribute 5 AttributeProto*, doc_string 6 string, metadata_props 9 StringStringEntryProto*""",
    "AttributeProto": """
        name 1 string, ref_attr_name 21 string, doc_string 13 string, type 20 int32, f 2 float, i 3 int64, s 4 bytes,
        t 5 TensorProto, g 6 GraphProto, sparse_tensor 22 SparseTensorProto, tp 14 TypeProto, floats 7 float*,
        ints 8 int64*, strings 9 bytes*, tensors 10 TensorProto*, graphs 11 GraphProto*,
        sparse_tensors 23 SparseTensorProto*, type_protos 15 TypeProto*""",
    "TensorProto": """
        dims 1 int64*, data_type 2 int32, segment 3 Segment, float_data 4 float+, int32_data 5 int32+,
        string_data 6 bytes*, int64_data 7 int64+, name 8 string, doc_string 12 string, raw_data 9 bytes,
        external_data 13 StringStringEntryProto*, data_location 14 int32, double_data 10 double+,
        uint64_data 11 uint64+, metadata_props 16 StringStringEntryProto*""",
    "Segment": "begin 1 int64, end 2 int64",
    "SparseTensorProto": "values 1 TensorProto, indices 2 TensorProto, dims 3 int64*",
    "ValueInfoProto": "name 1 string, type 2 TypeProto, doc_string 3 string, metadata_props 4 StringStringEntryProto*",
    "TypeProto": "tensor_type 1 TensorType, denotation 6 string",
    "TensorType": "elem_type 1 int32, shape 2 TensorShapeProto",
    "TensorShapeProto": "dim 1 Dimension*",
    "Dimension": "dim_value 1 int64|, dim_param 2 string|, denotation 3 string",
    "FunctionProto": """
        name 1 string, input 4 string*, output 5 string*, attribute 6 string*, attribute_proto 11 AttributeProto*,
        node 7 NodeProto*, doc_string 8 string, opset_import 9 OperatorSetIdProto*, domain 10 string,
        overload 13 string, value_info 12 ValueInfoProto*, metadata_props 14 StringStringEntryProto*""",
    "OperatorSetIdProto": "domain 1 string, version 2 int64",
    "StringStringEntryProto": "key 1 string, value 2 string",
    "TensorAnnotation": "tensor_name 1 string, quant_parameter_tensor_names 2 StringStringEntryProto*",
}

Field = descriptor_pb2.FieldDescriptorProto


def _message(name: str, fields: str) -> Message:
    message = descriptor_pb2.DescriptorProto(name=name)
    for each in fields.split(","):
        field_name, number, kind = each.split()
        of = kind.rstrip("*+|")
        field = message.field.add(name=field_name, number=int(number), label=Field.LABEL_OPTIONAL)
        if of in _MESSAGES:
            field.type, field.type_name = Field.TYPE_MESSAGE, f".{_PACKAGE}.{of}"
        else:
            field.type = Field.Type.Value(f"TYPE_{of.upper()}")
        if kind[-1] in "*+":
            field.label = Field.LABEL_REPEATED
            field.options.packed = kind[-1] == "+"
        if kind[-1] == "|":
            field.oneof_index = 0
    if "|" in fields:
        message.oneof_decl.add(name="value")
    return message


def _classes() -> dict[str, Message]:
    file = descriptor_pb2.FileDescriptorProto(name="countenance/onnx", package=_PACKAGE, syntax="proto2")
    file.message_type.extend(_message(name, fields) for name, fields in _MESSAGES.items())
    # A pool of our own: the onnx package, where it is installed too, registers its own descriptors in the default one.
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = {name: pool.FindMessageTypeByName(f"{_PACKAGE}.{name}") for name in _MESSAGES}
    return {name: message_factory.GetMessageClass(each) for name, each in found.items()}


CLASSES = _classes()
ModelProto = CLASSES["ModelProto"]
TensorProto = CLASSES["TensorProto"]
