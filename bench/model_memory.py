#!/usr/bin/env python3
"""Time and peak memory of inspect, check and freeze on a large model, as parts of its size.

usage: bench/model_memory.py [--floe build/release/floe] [--mb 500] [--only frozen,checkpoint] [--keep FOLDER]

frozen: a GraphDef with --mb megabytes of weights, half in matrix products, half in convolutions, written by this script.
checkpoint: the same as variables with a MetaGraph; written with TensorFlow, left out in a Python without it.
Memory is the largest resident set of the process, pages of mapped files included.
"""
import argparse, json, os, pathlib, subprocess, sys, tempfile, time

MATRIX = 2048  # 16.8 MB
CHANNELS = 512  # 3 x 3: 9.4 MB


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def number(field_number, value):
    return varint(field_number << 3) + varint(value)


def attr(key, value):
    return field(5, field(1, key.encode()) + field(2, value))


FLOAT = number(6, 1)
INT32 = number(6, 3)


def shape(dims):
    return b"".join(field(2, number(1, d)) for d in dims)


def node(name, op, inputs=(), *attrs):
    body = field(1, name.encode()) + field(2, op.encode()) + b"".join(field(3, i.encode()) for i in inputs)
    return field(1, body + b"".join(attrs))


def write_const(file, name, dims, content_bytes):
    """Seeded noise, written in pieces."""
    head = number(1, 1) + field(2, shape(dims)) + varint(4 << 3 | 2) + varint(content_bytes)
    tensor = varint(8 << 3 | 2) + varint(len(head) + content_bytes) + head
    entry = field(1, b"value") + varint(2 << 3 | 2) + varint(len(tensor) + content_bytes) + tensor
    before = field(1, name.encode()) + field(2, b"Const") + attr("dtype", FLOAT) + varint(5 << 3 | 2) + varint(len(entry) + content_bytes) + entry
    file.write(varint(1 << 3 | 2) + varint(len(before) + content_bytes) + before)
    piece = b"".join((0x3D000000 + (i * 2654435761 & 0x7FFFFF)).to_bytes(4, "little") for i in range(4096))
    while content_bytes > 0:
        file.write(piece[:content_bytes])
        content_bytes -= len(piece)


def ints(values):
    return field(1, b"".join(number(3, v) for v in values))


def layers(megabytes):
    """(kind, number): half of the bytes each."""
    return max(1, round(megabytes * 5e5 / (4 * MATRIX * MATRIX))), max(1, round(megabytes * 5e5 / (36 * CHANNELS * CHANNELS)))


def write_frozen(path, megabytes):
    products, convolutions = layers(megabytes)
    with open(path, "wb") as file:
        file.write(node("x", "Placeholder", (), attr("dtype", FLOAT), attr("shape", field(7, shape([1, 8, 8, CHANNELS])))))
        last = "x"
        for i in range(convolutions):
            write_const(file, f"filter{i}", [3, 3, CHANNELS, CHANNELS], 36 * CHANNELS * CHANNELS)
            file.write(node(f"conv{i}", "Conv2D", (last, f"filter{i}"), attr("T", FLOAT), attr("strides", ints([1, 1, 1, 1])),
                            attr("padding", field(2, b"SAME"))))
            last = f"conv{i}"
        file.write(node("rows", "Const", (), attr("dtype", INT32), attr("value", field(8, number(1, 3) + field(2, shape([2])) +
                   field(7, varint(-1 & (1 << 64) - 1) + varint(MATRIX))))))
        file.write(node("flat", "Reshape", (last, "rows"), attr("T", FLOAT), attr("Tshape", INT32)))
        last = "flat"
        for i in range(products):
            write_const(file, f"matrix{i}", [MATRIX, MATRIX], 4 * MATRIX * MATRIX)
            file.write(node(f"product{i}", "MatMul", (last, f"matrix{i}"), attr("T", FLOAT)))
            last = f"product{i}"
        file.write(node("y", "Identity", (last,), attr("T", FLOAT)))


def write_checkpoint(folder, megabytes):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf
    v1 = tf.compat.v1
    products, convolutions = layers(megabytes)
    with tf.Graph().as_default(), v1.Session() as session:
        y = v1.placeholder(tf.float32, [1, 8, 8, CHANNELS], "x")
        noise = v1.random_uniform_initializer(seed=1)
        for i in range(convolutions):
            y = tf.nn.conv2d(y, v1.get_variable(f"filter{i}", [3, 3, CHANNELS, CHANNELS], initializer=noise), 1, "SAME")
        y = tf.reshape(y, [-1, MATRIX])
        for i in range(products):
            y = tf.matmul(y, v1.get_variable(f"matrix{i}", [MATRIX, MATRIX], initializer=noise))
        tf.identity(y, "y")
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, str(folder / "model.ckpt"))


def measure(command):
    """Seconds, seconds of processor and peak bytes of a process; the third of three runs, so that the files are in memory."""
    for _ in range(3):
        start = time.monotonic()
        child = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        error = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - start
        if status != 0:
            raise RuntimeError(f"{' '.join(map(str, command))}: {error}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--floe", default="build/release/floe")
    parser.add_argument("--mb", type=int, default=500)
    parser.add_argument("--only", default="frozen,checkpoint")
    parser.add_argument("--keep")
    parser.add_argument("--write", help="(for itself)")
    args = parser.parse_args()
    if args.write:
        return write_checkpoint(pathlib.Path(args.write), args.mb)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(args.keep or scratch)
        folder.mkdir(exist_ok=True)
        models = []
        if "frozen" in args.only:
            write_frozen(folder / "large.pb", args.mb)
            models.append(("frozen", folder / "large.pb", (folder / "large.pb").stat().st_size))
        if "checkpoint" in args.only:
            # In a process of its own, so that its memory goes.
            if subprocess.run([sys.executable, __file__, "--write", folder, "--mb", str(args.mb)], capture_output=True).returncode == 0:
                models.append(("checkpoint", folder / "model.ckpt", sum(f.stat().st_size for f in folder.glob("model.ckpt.*"))))
            else:
                print("checkpoint: left out, no TensorFlow in this Python", file=sys.stderr)
        print("| model | MB | command | s | CPU s | peak MB | of its size |\n| --- | --- | --- | --- | --- | --- | --- |")
        for name, path, size in models:
            for command in (["inspect", path], ["check", path], ["freeze", path, "-o", folder / "out.pb", "--output", "y"]):
                seconds, cpu, peak = measure([args.floe, *command])
                print(f"| {name} | {size / 1e6:.0f} | {command[0]} | {seconds:.2f} | {cpu:.2f} | {peak / 1e6:.0f} | {peak / size:.2f} |", flush=True)
            (folder / "out.pb").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
