#!/usr/bin/env python3
"""Trains the clothes classifier and leaves it on disk the way a TensorFlow 1 script does.

usage: train.py [--data DIR] [--out DIR] [--epochs N] [--threads N] [--seed N]

Data: the four IDX files of Fashion-MNIST (Debian: apt-get install dataset-fashion-mnist).
Needs tensorflow-cpu; scripts/make_venv installs the version the committed files were made with.
Neither the build nor the tests run this: they read what it wrote into examples/clothes/model.

Written into OUT:
  model.ckpt.{meta,index,data-00000-of-00001}, checkpoint    MetaGraph of the inference graph, variables beside it
  saved_model/                                               the same network, tag `serve`, `serving_default`
  labels.txt, preprocess.json                                class names; how a picture becomes the input
  predictions.npz                                            TensorFlow's probabilities on the test pictures
  training.json                                              versions, seed, accuracy
"""

import argparse, gzip, json, math, os, platform, shutil, time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1

LABELS = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
SIDE = 28
# (output channels, stride) of each depthwise-separable block behind the first convolution.
BLOCKS = [(64, 2), (64, 1), (128, 2), (128, 1), (128, 1), (128, 1), (192, 1)]
BATCH = 128
PEAK_RATE = 0.1  # of SGD with Nesterov momentum 0.9: linear warm-up for one epoch, then a cosine to zero
WEIGHT_DECAY = 5e-4  # on dense and pointwise weights; depthwise filters and batch norm go free
LABEL_SMOOTHING = 0.05
PREPROCESS = {"schema": "floe.preprocess/1", "color": "gray", "divide_by": 255}  # docs/preprocess.md


def read_idx(path):
    """The unsigned bytes of one IDX file, in the shape its header states."""
    with gzip.open(path, "rb") as f:
        data = f.read()
    rank = data[3]
    shape = np.frombuffer(data, ">i4", rank, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_split(folder, stem):
    """(pictures [n, 28, 28, 1] as bytes, labels [n])"""
    pictures = read_idx(os.path.join(folder, f"{stem}-images-idx3-ubyte.gz"))
    return pictures[..., None], read_idx(os.path.join(folder, f"{stem}-labels-idx1-ubyte.gz")).astype(np.int32)


def batch_norm(x, training):
    get = lambda name, value, trainable: v1.get_variable(
        name, x.shape[-1:], initializer=v1.constant_initializer(value), trainable=trainable
    )
    with v1.variable_scope("BatchNorm"):
        gamma, beta = get("gamma", 1.0, True), get("beta", 0.0, True)
        mean, variance = get("moving_mean", 0.0, False), get("moving_variance", 1.0, False)
        if not training:
            return v1.nn.fused_batch_norm(x, gamma, beta, mean, variance, epsilon=1e-3, is_training=False)[0]
        y, batch_mean, batch_variance = v1.nn.fused_batch_norm(x, gamma, beta, epsilon=1e-3, is_training=True)
        for moving, batch in ((mean, batch_mean), (variance, batch_variance)):
            v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, v1.assign_sub(moving, 0.01 * (moving - batch)))
        return y


def weights(name, shape, fan_in):
    return v1.get_variable(name, shape, initializer=v1.random_normal_initializer(stddev=math.sqrt(2 / fan_in)))


def conv(x, depth, kernel, training, scope, act=True):
    with v1.variable_scope(scope):
        w = weights("weights", [kernel, kernel, x.shape[-1], depth], kernel * kernel * int(x.shape[-1]))
        x = batch_norm(v1.nn.conv2d(x, w, [1, 1, 1, 1], "SAME", name="Conv2D"), training)
        return v1.nn.relu6(x) if act else x


def depthwise(x, stride, training, scope):
    with v1.variable_scope(scope):
        w = weights("depthwise_weights", [3, 3, x.shape[-1], 1], 9)
        x = v1.nn.depthwise_conv2d_native(x, w, [1, stride, stride, 1], "SAME", name="depthwise")
        return v1.nn.relu6(batch_norm(x, training))


def network(x, training):
    """Logits [n, 10] for pictures [n, 28, 28, 1] with values from 0 (black) to 1."""
    with v1.variable_scope("Clothes"):
        x = conv(x, 32, 3, training, "Conv2d_0")
        for i, (depth, stride) in enumerate(BLOCKS, 1):
            y = depthwise(x, stride, training, f"Conv2d_{i}_depthwise")
            same = stride == 1 and int(x.shape[-1]) == depth
            y = conv(y, depth, 1, training, f"Conv2d_{i}_pointwise", act=not same)
            x = v1.nn.relu(v1.add(x, y, name=f"residual_{i}")) if same else y
        with v1.variable_scope("Logits"):
            x = v1.reduce_mean(x, [1, 2], name="global_pool")
            if training:
                x = v1.nn.dropout(x, rate=0.2)
            w = weights("weights", [x.shape[-1], len(LABELS)], int(x.shape[-1]))
            b = v1.get_variable("biases", [len(LABELS)], initializer=v1.zeros_initializer())
            return v1.nn.bias_add(v1.matmul(x, w, name="MatMul"), b, name="BiasAdd")


def augment(pictures, rng):
    """Half of the pictures mirrored, each moved by up to two pixels, a small square of each blanked; floats in [0, 1]."""
    n = len(pictures)
    x = np.where(rng.random(n)[:, None, None, None] < 0.5, pictures[:, :, ::-1], pictures)
    x = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (SIDE, SIDE), axis=(1, 2))
    x = windows[np.arange(n), rng.integers(0, 5, n), rng.integers(0, 5, n)].transpose(0, 2, 3, 1)
    x = x.astype(np.float32) / np.float32(255)
    at, axis = rng.integers(-2, SIDE - 2, (n, 2, 1)), np.arange(SIDE)
    inside = (axis >= at) & (axis < at + 5)
    return np.where((inside[:, 0, :, None] & inside[:, 1, None, :])[..., None], np.float32(0), x)


def session_config(threads):
    return v1.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=1)


def train(data, epochs, threads, seed):
    """The variables of the trained network by name."""
    pictures, labels = read_split(data, "train")
    rng, per_epoch = np.random.default_rng(seed), len(pictures) // BATCH
    with tf.Graph().as_default():
        v1.set_random_seed(seed)
        x = v1.placeholder(tf.float32, [None, SIDE, SIDE, 1])
        y = v1.placeholder(tf.int32, [None])
        logits = network(x, True)
        loss = v1.losses.softmax_cross_entropy(tf.one_hot(y, len(LABELS)), logits, label_smoothing=LABEL_SMOOTHING)
        decayed = [v for v in v1.trainable_variables() if v.op.name.endswith("/weights")]
        total = loss + WEIGHT_DECAY * tf.add_n([tf.nn.l2_loss(v) for v in decayed])
        step = v1.train.get_or_create_global_step()
        at = tf.cast(step, tf.float32) / per_epoch
        rate = PEAK_RATE * tf.where(at < 1, at, 0.5 * (1 + tf.cos(math.pi * (at - 1) / max(1e-6, epochs - 1))))
        with tf.control_dependencies(v1.get_collection(v1.GraphKeys.UPDATE_OPS)):
            update = v1.train.MomentumOptimizer(rate, 0.9, use_nesterov=True).minimize(total, global_step=step)
        keep = [v for v in v1.global_variables() if "Momentum" not in v.op.name]
        with v1.Session(config=session_config(threads)) as sess:
            sess.run(v1.global_variables_initializer())
            start = time.time()
            for epoch in range(epochs):
                order, losses, hits = rng.permutation(len(pictures)), [], 0
                for i in range(per_epoch):
                    pick = order[i * BATCH : (i + 1) * BATCH]
                    _, value, out = sess.run(
                        [update, loss, logits], {x: augment(pictures[pick], rng), y: labels[pick]}
                    )
                    losses.append(value)
                    hits += int((out.argmax(1) == labels[pick]).sum())
                print(
                    f"epoch {epoch + 1}/{epochs}: loss {np.mean(losses):.4f}, training accuracy "
                    f"{100 * hits / (per_epoch * BATCH):.2f} %, {time.time() - start:.0f} s",
                    flush=True,
                )
            return {v.op.name: value for v, value in zip(keep, sess.run(keep))}


def write(values, data, out, threads):
    """Writes the inference graph in all its forms; returns the accuracy on the test pictures."""
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    pictures, labels = read_split(data, "t10k")
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, [None, SIDE, SIDE, 1], name="input")
        logits = network(x, False)
        with v1.name_scope("Clothes/Predictions/"):
            y = v1.nn.softmax(logits, name="Softmax")
        v1.train.get_or_create_global_step()
        with v1.Session(config=session_config(threads)) as sess:
            for v in v1.global_variables():
                v.load(values[v.op.name], sess)
            chunks = [
                pictures[i : i + 500].astype(np.float32) / np.float32(255) for i in range(0, len(pictures), 500)
            ]
            probabilities = np.concatenate([sess.run(y, {x: chunk}) for chunk in chunks])
            v1.train.Saver(save_relative_paths=True).save(sess, os.path.join(out, "model.ckpt"))
            v1.saved_model.simple_save(sess, os.path.join(out, "saved_model"), {"input": x}, {"predictions": y})
    np.savez_compressed(os.path.join(out, "predictions.npz"), probabilities=probabilities)
    with open(os.path.join(out, "labels.txt"), "w") as f:
        f.write("".join(name + "\n" for name in LABELS))
    with open(os.path.join(out, "preprocess.json"), "w") as f:
        json.dump(PREPROCESS, f, indent=1)
        f.write("\n")
    return float((probabilities.argmax(1) == labels).mean())


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    p.add_argument(
        "--data", default="/usr/share/datasets/fashion-mnist", help="folder of the IDX files (default: %(default)s)"
    )
    p.add_argument("--out", default=os.path.join(here, "model"), help="folder to write (default: %(default)s)")
    p.add_argument("--epochs", type=int, default=26)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--seed", type=int, default=7)
    a = p.parse_args()
    v1.disable_v2_behavior()
    start = time.time()
    values = train(a.data, a.epochs, a.threads, a.seed)
    accuracy = write(values, a.data, a.out, a.threads)
    record = dict(
        tensorflow=tf.__version__,
        numpy=np.__version__,
        python=platform.python_version(),
        seed=a.seed,
        epochs=a.epochs,
        batch=BATCH,
        seconds=round(time.time() - start),
        test_accuracy=accuracy,
        parameters=int(sum(v.size for n, v in values.items() if n != "global_step")),
    )
    with open(os.path.join(a.out, "training.json"), "w") as f:
        json.dump(record, f, indent=1)
        f.write("\n")
    print(json.dumps(record))


if __name__ == "__main__":
    main()
