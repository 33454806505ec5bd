#!/usr/bin/env python3
"""Writes src/formats/tensorflow/op_defs.txt: the definitions of TensorFlow's operations, one a line.

Run it with a Python that has TensorFlow; the output is committed. The form of a line:

  Name (input:T filter:N*T other:Tin... var:DT_FLOAT&) -> (output:T) [T:type pad:list(int)=[0,1]] stateful

N*T is as many tensors as the attribute N says, each of the type in T; `Tin...` is one tensor of each type in the list;
`&` marks a reference. Defaults: true, 3, 0.5, "text", DT_FLOAT, <2,?> or <unknown> (shapes), a list of these in [], and
for a tensor its text form as a string.
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework import op_def_pb2, types_pb2
from tensorflow.python.client import pywrap_tf_session


def quoted(data):
    out = []
    for byte in data:
        char = chr(byte)
        out.append("\\" + char if char in '"\\' else char if 32 <= byte < 127 else f"\\x{byte:02x}")
    return '"' + "".join(out) + '"'


def number(value):
    return str(np.float32(value)).removesuffix(".0")  # the shortest that reads back as the same float32


def shape(value):
    if value.unknown_rank:
        return "<unknown>"
    return "<" + ",".join("?" if d.size < 0 else str(d.size) for d in value.dim) + ">"


def tensor(value):
    return quoted(text_format.MessageToString(value, as_one_line=True).encode())


PRINTERS = {
    "s": quoted,
    "i": str,
    "f": number,
    "b": lambda b: "true" if b else "false",
    "type": types_pb2.DataType.Name,
    "shape": shape,
    "tensor": tensor,
}


def default(attr):
    value = attr.default_value
    kind = value.WhichOneof("value")
    if kind != "list":
        return PRINTERS[kind](value.__getattribute__(kind))
    items = [PRINTERS[field.name](item) for field, values in value.list.ListFields() for item in values]
    return "[" + ",".join(items) + "]"


def argument(arg):
    if arg.type_list_attr:
        text = arg.type_list_attr + "..."
    else:
        text = arg.type_attr or types_pb2.DataType.Name(arg.type)
        if arg.number_attr:
            text = f"{arg.number_attr}*{text}"
    return f"{arg.name}:{text}{'&' if arg.is_ref else ''}"


def attribute(attr):
    text = f"{attr.name}:{attr.type}"
    return f"{text}={default(attr)}" if attr.HasField("default_value") else text


def line(op):
    inputs = " ".join(map(argument, op.input_arg))
    outputs = " ".join(map(argument, op.output_arg))
    attrs = " ".join(map(attribute, op.attr))
    return f"{op.name} ({inputs}) -> ({outputs}) [{attrs}]{' stateful' if op.is_stateful else ''}"


def main():
    data = pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList())
    ops = sorted(op_def_pb2.OpList.FromString(data).op, key=lambda op: op.name)
    ops = [op for op in ops if "Mkl" not in op.name]  # made while a graph runs, never saved
    path = pathlib.Path(__file__).parent.parent / "src/formats/tensorflow/op_defs.txt"
    head = f"# Operations of TensorFlow {tf.__version__}, written by scripts/make_op_defs.py\n"
    path.write_text(head + "".join(line(op) + "\n" for op in ops))
    print(f"{path}: {len(ops)} operations")


if __name__ == "__main__":
    main()
