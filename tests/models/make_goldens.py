#!/usr/bin/env python3
"""What TensorFlow computes for the models of ../shared/models, as tests/models/cases.json says: data/golden/CASE.npz.

usage: PYTHON tests/models/make_goldens.py [CASE...]      a Python with TensorFlow (scripts/make_venv)

in/NAME are the feeds, multiples of 1/128 so that they pack well; out/NAME are every k-th element of a result, so that there are at
most 4096, and shape/NAME its full shape. Pictures are decoded, and resized as TensorFlow 1 did where a size is given.
"""
import json, os, pathlib, sys, zlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
HERE = pathlib.Path(__file__).resolve().parent
MODELS = HERE.parent.parent.parent / "shared" / "models"
KEPT = 4096


def feed_of(name, shape):
    random = np.random.default_rng(zlib.crc32(name.encode()))
    return (random.integers(-128, 129, shape) / 128).astype(np.float32)


def picture(about):
    pixels = tf.io.decode_jpeg(tf.io.read_file(str(MODELS / about["file"])), channels=3).numpy().astype(np.float32)
    if "size" in about:
        pixels = v1.image.resize_bilinear(pixels[None], about["size"]).numpy()
    return pixels[..., ::-1] if about.get("bgr") else pixels


def tensor(name):
    return name if ":" in name else name + ":0"


def read_graph(path):
    graph = v1.GraphDef()
    graph.ParseFromString(path.read_bytes())
    return graph


def run_graph(graph_def, feeds, fetches):
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
        with v1.Session(graph=graph) as session:
            return dict(zip(fetches, session.run([tensor(f) for f in fetches], {tensor(k): v for k, v in feeds.items()})))


def run_saved_model(path, feeds):
    signature = tf.saved_model.load(str(path)).signatures["serving_default"]
    return {k: v.numpy() for k, v in signature(**{k: tf.constant(v) for k, v in feeds.items()}).items()}


def run_checkpoint(path, feeds, fetches):
    prefix = tf.train.latest_checkpoint(str(path)) or str(path / "model.ckpt")
    with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
        v1.train.import_meta_graph(prefix + ".meta", clear_devices=True).restore(session, prefix)
        return dict(zip(fetches, session.run([tensor(f) for f in fetches], {tensor(k): v for k, v in feeds.items()})))


def take_out(graph_def, feeds, fetches):
    """The nodes between feeds and fetches without the loop or branch they are in: TensorFlow feeds nothing inside of those."""
    by_name = {n.name: n for n in graph_def.node}
    out, pending, seen = v1.GraphDef(versions=graph_def.versions), list(fetches), set()
    while pending:
        name = pending.pop().lstrip("^").split(":")[0]
        if name in seen:
            continue
        seen.add(name)
        node = out.node.add()
        if name in feeds:
            node.name, node.op = name, "Placeholder"
            node.attr["dtype"].type = tf.float32.as_datatype_enum
            continue
        node.CopyFrom(by_name[name])
        kept = [i for i in node.input if not i.startswith("^")]
        if node.op in ("Enter", "Switch"):
            node.op, kept = "Identity", kept[:1]
            for attr in ("parallel_iterations", "is_constant", "frame_name"):
                node.attr.pop(attr, None)
        del node.input[:]
        node.input.extend(i.split(":")[0] if by_name[i.split(":")[0]].op == "Switch" else i for i in kept)
        pending.extend(node.input)
    return out


def run_case(case):
    feeds = {name: feed_of(name, shape) for name, shape in case.get("feeds", {}).items()}
    if "picture" in case:
        feeds[case["picture"]["feed"]] = picture(case["picture"])
    given = dict(feeds)
    given.update({k: np.array(v, bool if isinstance(v, bool) else np.float32) for k, v in case.get("sets", {}).items()})
    path, fetches = MODELS / case["model"], case.get("fetches", [])
    if case["oracle"] == "saved_model":
        return feeds, run_saved_model(path, given)
    if case["oracle"] == "checkpoint":
        return feeds, run_checkpoint(path, given, fetches)
    graph = read_graph(path)
    if case["oracle"] == "body":
        return feeds, run_graph(take_out(graph, feeds, fetches), feeds, fetches)
    return feeds, run_graph(graph, given, fetches)


def save(name, feeds, results):
    arrays = {f"in/{k}": v for k, v in feeds.items()}
    for key, value in results.items():
        arrays[f"out/{key}"] = np.asarray(value).ravel()[:: max(1, -(-value.size // KEPT))]
        arrays[f"shape/{key}"] = np.array(value.shape, np.int64)
    folder = HERE / "data" / "golden"
    folder.mkdir(exist_ok=True)
    np.savez_compressed(folder / f"{name}.npz", **arrays)
    print(name, {k: v.shape for k, v in results.items()})


def main():
    wanted = sys.argv[1:]
    for case in json.loads((HERE / "cases.json").read_text())["cases"]:
        if "golden" in case or (wanted and case["name"] not in wanted):
            continue
        feeds, results = run_case(case)
        if "picture" in case:
            feeds.pop(case["picture"]["feed"])
        save(case["name"], feeds, results)


if __name__ == "__main__":
    main()
