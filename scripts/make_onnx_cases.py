#!/usr/bin/env python3
"""Makes conformance cases of the ONNX standard's own backend node tests.

usage: make_onnx_cases.py --pack FILE.tar.xz WHEEL

WHEEL is that of onnx 1.12.0, the release of opset 17 and the last whose node tests all stand at the opsets of
their time; it is a zip archive and need not fit the interpreter:
    pip download --no-deps --only-binary :all: --python-version 3.10 --platform manylinux2014_x86_64 onnx==1.12.0
The cases of younger operations (opset 18 to 22) are made by the installed onnx (scripts/requirements.txt).

Left out, since they are no plain tensors: sequences, optionals, strings, and the operators of training. Below opset 7
there is no claim. tests/conformance/README.md describes a case. The same packages write the same bytes.
"""

import argparse, json, pathlib, sys, tarfile, tempfile, zipfile

import numpy as np
import onnx
from onnx import numpy_helper

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from make_archive import pack

OLDEST, SPLIT, NEWEST = 7, 17, 22
RANDOM = {"Bernoulli", "RandomUniform", "RandomUniformLike", "RandomNormal", "RandomNormalLike", "Multinomial"}


def operations(graph):
    """Names of all operations, bodies included."""
    for node in graph.node:
        yield node.op_type
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from operations(attribute.g)


def opset(model):
    return max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0)


def is_plain(model):
    """Only tensors of numbers go in and out, and nothing of training."""
    for value in list(model.graph.input) + list(model.graph.output):
        if not value.type.HasField("tensor_type") or value.type.tensor_type.elem_type == onnx.TensorProto.STRING:
            return False
    return not any("training" in o.domain for o in model.opset_import)


def is_random(model, ops):
    if RANDOM & ops:
        return True
    return "Dropout" in ops and any(i.name == "t" for i in model.graph.input) and "zero_ratio" not in model.graph.name


def as_stored(array, info):
    """Numpy has no bfloat16 of its own: two opaque bytes, as floe writes it. 1.12.0 stores it as uint16."""
    array = np.asarray(array)
    is_bfloat16 = info.type.tensor_type.elem_type == onnx.TensorProto.BFLOAT16
    return array.view("V2") if is_bfloat16 and array.dtype.itemsize == 2 else array


def store(folder, name, model, inputs, outputs):
    case = folder / name
    case.mkdir()
    ops = set(operations(model.graph))
    arrays, rows = {}, {"inputs": [], "outputs": []}
    for kind, values, infos in (("inputs", inputs, model.graph.input), ("outputs", outputs, model.graph.output)):
        for i, (array, info) in enumerate(zip(values, infos)):
            key = f"{kind[:-1].removesuffix('put')}{i}"
            arrays[key] = as_stored(array, info)
            rows[kind].append(dict(name=info.name, key=key, shape=list(array.shape), dtype=str(array.dtype)))
    meta = dict(test=model.graph.node[0].op_type if len(ops) == 1 else "composed", case=name, model="model.onnx")
    meta.update(rows, rtol=1e-3, atol=1e-6, check_value=not is_random(model, ops), opset=opset(model))
    (case / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    np.savez(case / "io.npz", **arrays)
    (case / "meta.json").write_text(json.dumps(meta, separators=(",", ":")))


def from_wheel(wheel, folder):
    """The node tests of a wheel that carries them as files."""
    count = 0
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        root = "onnx/backend/test/data/node/"
        for path in sorted(n for n in names if n.startswith(root) and n.endswith("/model.onnx")):
            model = onnx.load_model_from_string(archive.read(path))
            if not is_plain(model) or not OLDEST <= opset(model) <= SPLIT:
                continue
            data = path.removesuffix("model.onnx") + "test_data_set_0/"
            read = lambda kind, i: numpy_helper.to_array(
                onnx.TensorProto.FromString(archive.read(f"{data}{kind}_{i}.pb"))
            )
            values = [
                [read(kind, i) for i in range(len(infos)) if f"{data}{kind}_{i}.pb" in names]
                for kind, infos in (("input", model.graph.input), ("output", model.graph.output))
            ]
            store(folder, path.removeprefix(root).removesuffix("/model.onnx"), model, *values)
            count += 1
    return count


def from_package(folder):
    """Cases of younger operations, as the installed package computes them."""
    from onnx.backend.test.case.node import collect_testcases

    count = 0
    for case in sorted(collect_testcases(""), key=lambda c: c.name):
        model = case.model
        if not is_plain(model) or not SPLIT < opset(model) <= NEWEST or (folder / case.name).exists():
            continue
        inputs, outputs = case.data_sets[0]
        arrays = [[numpy_helper.to_array(v) if isinstance(v, onnx.TensorProto) else np.asarray(v) for v in side]
                  for side in (inputs, outputs)]
        if any(a.dtype.kind not in "biufc" and a.dtype.name != "bfloat16" for side in arrays for a in side):
            continue  # float8, int4: no type of a file of arrays
        store(folder, case.name, model, *arrays)
        count += 1
    return count


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("wheel", type=pathlib.Path)
    p.add_argument("--pack", type=pathlib.Path, required=True)
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        old, new = from_wheel(a.wheel, folder), from_package(folder)
        pack(folder, a.pack)
    print(f"{a.pack}: {old} cases of opset {OLDEST} to {SPLIT}, {new} of opset {SPLIT + 1} to {NEWEST}; "
          f"{a.pack.stat().st_size} bytes")


if __name__ == "__main__":
    main()
