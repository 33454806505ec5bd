#!/usr/bin/env python3
"""Has TensorFlow write one tiny network in each form that models come in, with golden outputs.

usage: make_model_goldens.py OUT        (the committed folder is tests/models/data/forms)

Each form is a case as tests/conformance/README.md describes it, but `meta.json` names what to open (`model`, relative to the
case) and further options of `floe run` (`arguments`).  Needs tensorflow-cpu (scripts/make_venv).  Weights are seeded noise.
"""

import json, os, pathlib, shutil, sys, zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
INPUT = (2, 6, 5, 3)
CLASSES = 4


def draw(name, shape, low=-1.0, high=1.0):
    """The values of a name: seeded by it alone."""
    return np.random.default_rng(zlib.crc32(name.encode())).uniform(low, high, shape).astype(np.float32)


def initial(name, shape):
    low, high = (0.5, 1.5) if name.endswith(("gamma", "variance")) else (-1, 1)
    return draw(name, shape, low, high)


class Form:
    """One case's folder."""

    def __init__(self, root, name):
        self.name, self.folder = name, root / name
        self.folder.mkdir(parents=True)

    def path(self, *parts):
        return str(self.folder.joinpath(*parts))

    def finish(self, model, feeds, results, arguments=(), note=""):
        """Stores what went in and came out, by the names under which floe is asked for them."""
        key = lambda prefix, items: [
            dict(name=n, key=f"{prefix}{i}", shape=list(v.shape), dtype=str(v.dtype))
            for i, (n, v) in enumerate(items)
        ]
        feeds = {n: np.asarray(v) for n, v in feeds.items()}
        results = {n: np.asarray(v) for n, v in results.items()}
        arrays = {f"in{i}": v for i, v in enumerate(feeds.values())} | {
            f"out{i}": v for i, v in enumerate(results.values())
        }
        np.savez(self.path("io.npz"), **arrays)
        meta = dict(
            test="Form",
            case=self.name,
            model=model,
            arguments=list(arguments),
            inputs=key("in", feeds.items()),
            outputs=key("out", results.items()),
            rtol=1e-5,
            atol=1e-5,
            mtol=None,
            note=note,
            tf_version=tf.__version__,
        )
        pathlib.Path(self.path("meta.json")).write_text(json.dumps(meta, indent=1) + "\n")


def variable(name, shape, **more):
    full = f"{v1.get_variable_scope().name}/{name}".lstrip("/")
    return v1.get_variable(
        name,
        shape,
        initializer=lambda shape, dtype=None, partition_info=None: tf.constant(initial(full, shape)),
        **more,
    )


def network(x, training=False, keep=None, **more):
    """Convolution, batch norm, ReLU, mean, dropout, dense, softmax, with variables as TF-Slim names them."""
    with v1.variable_scope("Tiny"):
        with v1.variable_scope("Conv"):
            y = tf.nn.conv2d(x, variable("weights", [3, 3, 3, 8], **more), 2, "SAME")
            with v1.variable_scope("BatchNorm"):
                gamma, beta, mean, variance = (
                    variable(n, [8], **(more | (dict(trainable=False) if "moving" in n else {})))
                    for n in ("gamma", "beta", "moving_mean", "moving_variance")
                )
                stats = {} if training else dict(mean=mean, variance=variance)
                y = v1.nn.fused_batch_norm(y, gamma, beta, is_training=training, epsilon=1e-3, **stats)[0]
            y = tf.nn.relu6(y)
        with v1.variable_scope("Logits"):
            y = tf.reduce_mean(y, [1, 2])
            y = y if keep is None else keep(y)
            y = tf.nn.bias_add(
                tf.matmul(y, variable("weights", [8, CLASSES], **more)), variable("biases", [CLASSES], **more)
            )
        return tf.nn.softmax(y, name="Predictions")


def checkpoint(root, name, save, build=network, devices=1, model="model.ckpt", arguments=(), note=""):
    """A form that is a graph with variables beside it; `save(form, session)` writes the files."""
    form, feed = Form(root, name), draw("picture", INPUT)
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, [None, *INPUT[1:]], name="input")
        y = build(x)
        with v1.Session(config=v1.ConfigProto(device_count={"CPU": devices})) as session:
            session.run(v1.global_variables_initializer())
            result = session.run(y, {x: feed})
            save(form, session)
    form.finish(model, {"input:0": feed}, {y.name: result}, arguments, note)


def save_meta(form, session, **more):
    v1.train.Saver(save_relative_paths=True, **more).save(session, form.path("model.ckpt"))


def save_text(form, session):
    tf.io.write_graph(session.graph.as_graph_def(), str(form.folder), "graph.pbtxt", as_text=True)
    v1.train.Saver().save(session, form.path("weights"), write_meta_graph=False, write_state=False)


def save_binary(form, session):
    tf.io.write_graph(session.graph.as_graph_def(), str(form.folder), "graph.pb", as_text=False)
    v1.train.Saver().save(session, form.path("weights"), write_meta_graph=False, write_state=False)


def on_two_devices(x):
    with v1.device(lambda op: "/cpu:1" if "Logits" in op.name and op.type.startswith("Var") else "/cpu:0"):
        return network(x, use_resource=False)


def with_switch(x):
    """Dropout that a placeholder switches, by the control flow of TensorFlow 1, beside a loss, gradients and momentum."""
    training = v1.placeholder_with_default(False, [], name="is_training")
    y = network(
        x,
        keep=lambda y: v1.cond(training, lambda: tf.nn.dropout(y, 0.5), lambda: tf.identity(y)),
        use_resource=False,
    )
    loss = tf.reduce_mean(-tf.math.log(y[:, 0])) + 1e-4 * tf.add_n(
        [tf.nn.l2_loss(v) for v in v1.trainable_variables()]
    )
    v1.summary.scalar("loss", loss)
    v1.train.MomentumOptimizer(0.1, 0.9).minimize(loss, global_step=v1.train.get_or_create_global_step())
    return y


def with_checks(x):
    """Assertions, control inputs, a queue in front that the feed goes round."""
    queue = v1.FIFOQueue(4, [tf.float32], [INPUT[1:]])
    v1.train.add_queue_runner(v1.train.QueueRunner(queue, [queue.enqueue(tf.zeros(INPUT[1:]))]))
    positive = v1.Assert(tf.reduce_all(tf.shape(x) > 0), ["empty"])
    with tf.control_dependencies([positive, tf.no_op()]):
        x = tf.debugging.check_numerics(tf.identity(x), "input")
    return network(tf.stop_gradient(x), use_resource=False)


def checkpoints(root):
    meta = lambda name, build, **more: checkpoint(root, name, save_meta, build, **more)
    meta("variables", lambda x: network(x, use_resource=False), note="VariableV2, checkpoint prefix")
    meta(
        "variables_by_meta",
        lambda x: network(x, use_resource=False),
        model="model.ckpt.meta",
        note="the .meta file is named",
    )
    meta("resource_variables", lambda x: network(x, use_resource=True), note="VarHandleOp, ReadVariableOp")
    meta("partitioned", lambda x: partitioned(x), note="variables in slices")
    checkpoint(
        root,
        "sharded",
        lambda f, s: save_meta(f, s, sharded=True),
        on_two_devices,
        devices=2,
        note="two data files",
    )
    meta(
        "training_graph",
        with_switch,
        arguments=["--set", "is_training=false"],
        note="loss, gradients, slots, summaries; dropout behind Switch and Merge",
    )
    meta("training_graph_default", with_switch, note="the same; is_training has its default")
    meta("checks_and_queue", with_checks, note="Assert, CheckNumerics, control inputs, QueueRunner")
    beside = ["--checkpoint", "weights"]
    checkpoint(
        root,
        "text_graph",
        save_text,
        lambda x: network(x, use_resource=False),
        model="graph.pbtxt",
        arguments=beside,
        note="restore operations are in the graph",
    )
    checkpoint(
        root,
        "binary_graph",
        save_binary,
        lambda x: network(x, use_resource=True),
        model="graph.pb",
        arguments=beside,
    )


def partitioned(x):
    with v1.variable_scope("", partitioner=v1.fixed_size_partitioner(2, axis=0), use_resource=False):
        return network_in_slices(x)


def network_in_slices(x):
    y = tf.nn.relu(tf.nn.conv2d(x, tf.convert_to_tensor(whole("weights", [3, 3, 3, 8])), 1, "SAME"))
    y = tf.reshape(y, [-1, 6 * 5 * 8])
    return tf.nn.softmax(tf.matmul(y, tf.convert_to_tensor(whole("dense", [240, CLASSES]))), name="Predictions")


def whole(name, shape):
    """A variable whose slices hold parts of one array."""
    values = initial(name, shape)
    part = lambda info: tuple(slice(o, o + s) for o, s in zip(info.var_offset, info.full_shape)) if info else ...
    return v1.get_variable(
        name,
        shape,
        initializer=lambda shape, dtype=None, partition_info=None: tf.constant(
            values[tuple(slice(o, o + n) for o, n in zip(partition_info.var_offset, shape))]
            if partition_info
            else values
        ),
    )


def saved_models_v1(root):
    form, feed = Form(root, "saved_model_v1"), draw("picture", INPUT)
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, *INPUT[1:]], name="input")
        y = network(x, use_resource=False)
        logits = tf.identity(y.op.inputs[0], name="raw")
        session.run(v1.global_variables_initializer())
        probabilities, raw = session.run([y, logits], {x: feed})
        info = v1.saved_model.build_tensor_info
        sign = lambda outputs: v1.saved_model.build_signature_def(
            {"pictures": info(x)}, {k: info(t) for k, t in outputs.items()}, "tensorflow/serving/predict"
        )
        builder = v1.saved_model.Builder(form.path("saved_model"))
        builder.add_meta_graph_and_variables(
            session, ["serve"], {"serving_default": sign({"scores": y}), "raw": sign({"logits": logits})}
        )
        builder.save()
    form.finish(
        "saved_model",
        {"pictures": feed},
        {"scores": probabilities},
        note="asked for by the keys of the default signature",
    )
    other = Form(root, "saved_model_v1_signature")
    shutil.copytree(form.path("saved_model"), other.path("saved_model"))
    other.finish("saved_model", {"pictures": feed}, {"logits": raw}, ["--signature", "raw"], "another signature")


class Classifier(tf.Module):
    """Variables in the object graph, one function that calls another."""

    def __init__(self):
        self.layers = [tf.Variable(initial("f0", [3, 3, 3, 8])), tf.Variable(initial("f1", [3, 3, 8, 1]))]
        self.dense = dict(
            weights=tf.Variable(initial("w", [8, CLASSES])), biases=tf.Variable(initial("b", [CLASSES]))
        )

    @tf.function
    def features(self, x):
        y = tf.nn.relu(tf.nn.conv2d(x, self.layers[0], 1, "SAME"))
        return tf.nn.depthwise_conv2d(y, self.layers[1], [1, 2, 2, 1], "SAME")

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.float32, name="pictures")])
    def __call__(self, pictures):
        y = tf.reduce_mean(self.features(pictures), [1, 2])
        return {"scores": tf.nn.softmax(tf.matmul(y, self.dense["weights"]) + self.dense["biases"]), "features": y}


class Steps(tf.Module):
    """A loop and a branch that the values decide."""

    def __init__(self):
        self.w = tf.Variable(initial("steps", [5, 5]) * 0.5)

    @tf.function(
        input_signature=[tf.TensorSpec([None, 5], tf.float32, name="x"), tf.TensorSpec([], tf.int32, name="steps")]
    )
    def __call__(self, x, steps):
        for _ in tf.range(steps):
            x = tf.tanh(tf.matmul(x, self.w))
        return tf.cond(tf.reduce_sum(x) > 0, lambda: x, lambda: -x)


class Lookup(tf.Module):
    """A table filled from constants."""

    def __init__(self):
        keys, values = tf.constant(["cat", "dog", "owl"]), tf.constant([3, 1, 2], tf.int64)
        self.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), -1)
        self.embedding = tf.Variable(initial("embedding", [5, 3]))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])
    def __call__(self, words):
        ids = self.table.lookup(words)
        return {"ids": ids, "vectors": tf.gather(self.embedding, ids + 1)}


def saved_models_v2(root):
    def put(name, module, feeds, note):
        form = Form(root, name)
        tf.saved_model.save(module, form.path("saved_model"), signatures=module.__call__)
        result = tf.saved_model.load(form.path("saved_model")).signatures["serving_default"](
            **{k: tf.constant(v) for k, v in feeds.items()}
        )
        pathlib.Path(form.path("saved_model", "fingerprint.pb")).unlink(missing_ok=True)
        form.finish("saved_model", feeds, {k: v.numpy() for k, v in sorted(result.items())}, note=note)

    put(
        "saved_model_v2",
        Classifier(),
        {"pictures": draw("picture", INPUT)},
        "functions, object graph, unknown height and width",
    )
    put("saved_model_v2_loop", Steps(), {"x": draw("rows", (3, 5)), "steps": np.int32(4)}, "While and If")
    put(
        "saved_model_v2_table",
        Lookup(),
        {"words": np.array(["owl", "cow", "cat", "cat"])},
        "StaticHashTable of strings",
    )


def keras(root):
    layer = tf.keras.layers
    model = tf.keras.Sequential(
        [
            tf.keras.Input(INPUT[1:], name="pictures"),
            layer.Conv2D(8, 3, padding="same", use_bias=False),
            layer.BatchNormalization(),
            layer.ReLU(6.0),
            layer.SeparableConv2D(6, 3, strides=2, padding="same", activation="relu"),
            layer.GlobalAveragePooling2D(),
            layer.Dropout(0.3),
            layer.Dense(CLASSES, activation="softmax"),
        ]
    )
    for i, w in enumerate(model.weights):
        w.assign(initial(f"{i}/{'variance' if 'variance' in w.path or 'gamma' in w.path else 'w'}", w.shape))
    form, feed = Form(root, "saved_model_keras"), draw("picture", INPUT)
    model.export(form.path("saved_model"), verbose=False)
    signature = tf.saved_model.load(form.path("saved_model")).signatures["serving_default"]
    pathlib.Path(form.path("saved_model", "fingerprint.pb")).unlink(missing_ok=True)
    key = next(iter(signature.structured_input_signature[1]))
    form.finish(
        "saved_model",
        {key: feed},
        {k: v.numpy() for k, v in signature(**{key: tf.constant(feed)}).items()},
        note="Keras 3, model.export",
    )


def frozen_loop(root):
    """A frozen graph with a while loop and TensorArrays of TensorFlow 1."""
    form, feed = Form(root, "frozen_v1_loop"), draw("sequence", (4, 3, 5))
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [4, None, 5], name="input")
        w = tf.constant(initial("loop", [5, 5]))
        rows = tf.TensorArray(tf.float32, 4).unstack(x)
        out = tf.TensorArray(tf.float32, 4)
        step = lambda i, state, out: (lambda s: (i + 1, s, out.write(i, s)))(
            tf.tanh(tf.matmul(state, w) + rows.read(i))
        )
        _, last, out = v1.while_loop(lambda i, *_: i < 4, step, (0, tf.zeros([tf.shape(x)[1], 5]), out))
        y, z = tf.identity(last, name="last"), tf.identity(out.stack(), name="all")
        results = session.run([y, z], {x: feed})
        tf.io.write_graph(session.graph.as_graph_def(), str(form.folder), "graph.pb", as_text=False)
    form.finish(
        "graph.pb",
        {"input:0": feed},
        {"last:0": results[0], "all:0": results[1]},
        note="Enter, Switch, NextIteration, TensorArrayV3",
    )


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    root = pathlib.Path(sys.argv[1])
    shutil.rmtree(root, ignore_errors=True)
    v1.disable_control_flow_v2()
    checkpoints(root)
    saved_models_v1(root)
    frozen_loop(root)
    v1.enable_control_flow_v2()
    saved_models_v2(root)
    keras(root)
    size = sum(f.stat().st_size for f in root.rglob("*") if f.is_file())
    print(f"{len(list(root.iterdir()))} forms, {size} bytes")


if __name__ == "__main__":
    main()
