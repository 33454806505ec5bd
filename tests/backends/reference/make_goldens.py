#!/usr/bin/env python3
"""Writes data/goldens.npz: small graphs in Floe's text form with inputs and the outputs TensorFlow gives.

Run with TensorFlow 2.21: python make_goldens.py. The archive has one flat array a type, and `index`, a line a case of
fields that tabs separate: name, tolerance (relative to the result's largest magnitude), graph, then for each tensor its
name ("" for the outputs, in order), type, dims ("2,3") and where it begins in the array of its type.
"""

import os, zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf

import golden_cases
import golden_cases_arrays


class Archive:
    def __init__(self):
        self.index = {}
        self.pools = {}

    def case(self, name, line, inputs, outputs, tolerance=2e-6):
        """`line`: the node, its values named as in `inputs`; outputs are %y0, %y1, … in order."""
        assert name not in self.index, name
        outputs = [plain(o) for o in (outputs if isinstance(outputs, (list, tuple)) else [outputs])]
        inputs = {key: plain(value) for key, value in inputs.items()}
        types = ", ".join(f"%{key}: {type_of(v)}[{', '.join(map(str, v.shape))}]" for key, v in inputs.items())
        given = ", ".join(f"%y{i}" for i in range(len(outputs)))
        fields = [name, repr(float(tolerance)), f"graph g({types}) -> ({given}) {{ {given} = {line} }}"]
        for key, value in [*inputs.items(), *(("", v) for v in outputs)]:
            fields += [key, type_of(value), ",".join(map(str, value.shape)), str(self.put(value))]
        self.index[name] = "\t".join(fields)

    def put(self, value):
        pool = self.pools.setdefault(type_of(value), [])
        offset = sum(len(v) for v in pool)
        pool.append(value.reshape(-1))
        return offset

    def write(self, path):
        pools = {name: np.concatenate(pool) for name, pool in self.pools.items()}
        np.savez_compressed(path, index=np.array(list(self.index.values())), **pools)


def plain(value):
    """As a numpy array; byte strings as text."""
    value = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
    if value.dtype.kind not in "SO":
        return value
    value = value.astype(object)
    return np.array([v.decode() for v in value.reshape(-1)], dtype="U").reshape(value.shape)


def type_of(array):
    return "string" if array.dtype.kind == "U" else array.dtype.name


def main():
    archive = Archive()
    for group in golden_cases.GROUPS + golden_cases_arrays.GROUPS:
        group(archive.case, np.random.default_rng(zlib.crc32(group.__name__.encode())))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "goldens.npz")
    archive.write(path)
    print(f"{len(archive.index)} cases, TensorFlow {tf.__version__}, {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main()
