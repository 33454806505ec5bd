#!/usr/bin/env python3
"""Writes the files beside it that the tests of the readers use: TensorFlow and numpy as the other side.

Made with TensorFlow 2.21.0 and numpy 2; the output is committed.
"""

import os
import pathlib
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import ml_dtypes
import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.protobuf import saved_model_pb2

HERE = pathlib.Path(__file__).parent
tf1 = tf.compat.v1

NUMBERS = [
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128",
]


def values(dtype, shape=(2, 3)):
    count = int(np.prod(shape))
    flat = np.arange(count) - (0 if dtype[0] == "u" else 2)
    if dtype == "bool":
        flat = flat % 2
    if dtype.startswith("complex"):
        flat = flat + 1j * (flat + 0.5)
    if dtype.startswith("float"):
        flat = flat + 0.25
    return flat.reshape(shape).astype(dtype)


def numpy_files():
    arrays = {name: values(name) for name in NUMBERS}
    arrays["scalar"] = np.float32(1.5)
    arrays["empty"] = np.zeros((0, 4), np.int32)
    arrays["vector"] = np.arange(5, dtype=np.int64)
    arrays["text"] = np.array([["a", "größe", ""], ["日本", "𝄞", "end"]])
    arrays["bytes"] = np.array([b"ab", b"\xff\x00c", b""])
    arrays["bfloat16"] = values("float32").astype(ml_dtypes.bfloat16)
    np.savez(HERE / "plain.npz", **arrays)
    np.savez_compressed(HERE / "deflated.npz", **arrays)
    rank3 = {name: values(name, (2, 3, 4)) for name in ("float32", "int16", "uint8", "complex128", "float64")}
    rank3["text"] = np.array([str(i) for i in range(24)]).reshape(2, 3, 4)
    np.savez(HERE / "fortran.npz", **{name: np.asfortranarray(a) for name, a in rank3.items()})
    np.savez(HERE / "big_endian.npz", **{name: a.astype(a.dtype.newbyteorder(">")) for name, a in rank3.items()})
    np.savez(HERE / "rank3.npz", **rank3)
    np.savez(HERE / "none.npz")
    with open(HERE / "version2.npy", "wb") as file:
        np.lib.format.write_array(file, values("float32"), version=(2, 0))
    with open(HERE / "version3.npy", "wb") as file:
        np.lib.format.write_array(file, values("float32"), version=(3, 0))
    np.save(HERE / "object.npy", np.array([{}, 1], dtype=object), allow_pickle=True)
    np.save(HERE / "structured.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))


def constants():
    """A graph with a Const of every type, and what TensorFlow says their values are."""
    graph, expected = tf.Graph(), {}
    with graph.as_default(), tf1.Session() as session:
        for name in NUMBERS + ["bfloat16"]:
            array = values("float32").astype(ml_dtypes.bfloat16) if name == "bfloat16" else values(name)
            for kind, data in (("full", array), ("scalar", array[1, 2]), ("splat", np.broadcast_to(array[1, 2], (3, 2)))):
                node = tf.constant(data, shape=np.shape(data), name=f"{name}_{kind}")
                expected[node.op.name] = session.run(node)
        for kind, data in (("full", [["a", "größe"], ["", "end"]]), ("scalar", "x"), ("splat", [["s", "s"]])):
            node = tf.constant(data, name=f"string_{kind}")
            expected[node.op.name] = np.vectorize(bytes.decode, otypes=[str])(session.run(node))
        node = tf.constant(np.zeros((0, 3), np.float32), name="empty")
        expected["empty"] = session.run(node)
        partial = tf1.AttrValue()
        partial.tensor.dtype = tf.int32.as_datatype_enum
        partial.tensor.tensor_shape.dim.add(size=5)
        partial.tensor.int_val.extend([7, 8])
        node = graph.create_op("Const", [], [tf.int32], name="partial",
                               attrs={"value": partial, "dtype": tf1.AttrValue(type=tf.int32.as_datatype_enum)})
        expected["partial"] = session.run(node.outputs[0])
    (HERE / "constants.pb").write_bytes(graph.as_graph_def().SerializeToString(deterministic=True))
    np.savez(HERE / "constants.npz", **expected)


def checkpoints():
    expected = {}
    prefix = str(HERE / "variables.ckpt")
    with tf.Graph().as_default(), tf1.Session() as session:
        tf1.disable_resource_variables()
        saved = {}
        for name in NUMBERS:
            saved[f"types/{name}"] = tf1.Variable(values(name), name=f"types/{name}")
        saved["scalar"] = tf1.Variable(1.5, name="scalar")
        saved["words"] = tf1.Variable([["a", "größe"], ["", "x" * 200]], name="words")
        saved["empty"] = tf1.Variable(np.zeros((0, 4), np.float32), name="empty")
        table = np.arange(70, dtype=np.float32).reshape(7, 10)

        def part(shape, dtype=None, partition_info=None):
            row, column = partition_info.var_offset
            return table[row:row + shape[0], column:column + shape[1]]

        for name, axis in (("rows", 0), ("columns", 1)):
            tf1.get_variable(name, table.shape, initializer=part, partitioner=tf1.fixed_size_partitioner(3 + axis, axis=axis))
        session.run(tf1.global_variables_initializer())
        for name, variable in saved.items():
            value = session.run(variable)
            expected[name] = np.vectorize(bytes.decode, otypes=[str])(value) if value.dtype == object else value
        expected["rows"] = expected["columns"] = table
        tf1.train.Saver().save(session, prefix, write_state=False)
        os.remove(prefix + ".meta")
    np.savez(HERE / "variables.npz", **expected)

    # The first version wrote its tables with SaveSlices.
    numbers = [n for n in NUMBERS if n not in ("uint32", "uint64", "float16")]
    names = [f"types/{n}" for n in numbers] + ["rows", "rows", "scalar"]
    slices = [""] * len(numbers) + ["7 10 0,3:-", "7 10 3,4:-", ""]
    data = [values(n) for n in numbers] + [table[:3], table[3:], np.float32(1.5)]
    tf.raw_ops.SaveSlices(filename=str(HERE / "version1.ckpt"), tensor_names=names, shapes_and_slices=slices, data=data)

    parts = [str(HERE / f"part{i}") for i in range(3)]
    for i, part in enumerate(parts):
        tf.raw_ops.SaveV2(prefix=part, tensor_names=[f"v{i}"], shape_and_slices=[""],
                          tensors=[np.full((i + 1, 2), i, np.float32)])
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=str(HERE / "sharded.ckpt"),
                                  delete_old_dirs=False)


def models():
    folder = HERE / "trained"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with tf.Graph().as_default() as graph, tf1.Session() as session:
        x = tf1.placeholder(tf.float32, [None, 4], name="x")
        w = tf1.Variable(np.arange(8, dtype=np.float32).reshape(4, 2), name="w")
        y = tf.matmul(x, w, name="y")
        session.run(tf1.global_variables_initializer())
        saver = tf1.train.Saver(save_relative_paths=True)
        for step in (10, 20):
            saver.save(session, str(folder / "model.ckpt"), global_step=step)
        (HERE / "graph.pb").write_bytes(graph.as_graph_def().SerializeToString(deterministic=True))
        (HERE / "graph.pbtxt").write_text(text_format.MessageToString(graph.as_graph_def()))
        (HERE / "meta.pbtxt").write_text(text_format.MessageToString(saver.export_meta_graph()))
        saved = HERE / "saved_model"
        shutil.rmtree(saved, ignore_errors=True)
        builder = tf1.saved_model.Builder(str(saved))
        signature = tf1.saved_model.predict_signature_def({"in": x}, {"out": y})
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature}, strip_default_attrs=True)
        builder.add_meta_graph(["train", "gpu"])
        builder.save()
    both = saved_model_pb2.SavedModel.FromString((saved / "saved_model.pb").read_bytes())
    text = HERE / "saved_model_text"
    shutil.rmtree(text, ignore_errors=True)
    text.mkdir()
    (text / "saved_model.pbtxt").write_text(text_format.MessageToString(both))

    class Module(tf.Module):
        def __init__(self):
            super().__init__()
            self.v = tf.Variable([1.0, 2.0], name="v")

        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
        def __call__(self, x):
            return {"sum": tf.reduce_sum(x * self.v, axis=1)}

    module = Module()
    functions = HERE / "saved_model_functions"
    shutil.rmtree(functions, ignore_errors=True)
    tf.saved_model.save(module, str(functions), signatures=module.__call__)


def events():
    """A graph that TensorFlow itself wrote for TensorBoard, under a name without time and host."""
    folder = HERE / "events"
    shutil.rmtree(folder, ignore_errors=True)

    @tf.function
    def network(x):
        return tf.identity(tf.nn.relu(x) + 1.0, name="y")

    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default():
        tf.summary.graph(network.get_concrete_function(tf.TensorSpec([None, 3], tf.float32, name="x")).graph)
    writer.close()
    (written,) = folder.iterdir()
    written.rename(folder / "events.out.tfevents.1700000000.host")


def main():
    numpy_files()
    constants()
    checkpoints()
    models()
    events()


if __name__ == "__main__":
    main()
