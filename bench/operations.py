#!/usr/bin/env python3
"""Times graphs of one operation in Floe and in TensorFlow, in turns: which operations are slow beside it.

usage: operations.py --floe PATH [--before PATH] [--threads 2] [--seconds 0.3] [--rounds 1] [--work DIR] [--only REGEX] [--list]

Each row of CASES is a function of TensorFlow and the arrays it is given, at the sizes of real networks. Floe builds an engine
(its kernels are measured) and runs it with `floe bench`; `--before` is another build, timed in the same round. TensorFlow runs
the same graph with as many threads. Printed: the least median of the rounds in milliseconds, TensorFlow's time over Floe's, and
Floe's kernels.

Exit: 0 done, 2 usage, 3 a graph that Floe cannot build or run.
"""

import argparse, json, os, pathlib, re, statistics, subprocess, sys, time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np

RANDOM = np.random.default_rng(7)


def floats(*shape, dtype=np.float32):
    return RANDOM.standard_normal(shape).astype(dtype)


def ints(*shape, high=100, low=0, dtype=np.int32):
    return RANDOM.integers(low, high, shape).astype(dtype)


def bools(*shape):
    return RANDOM.random(shape) < 0.5


def complexes(*shape):
    return (floats(*shape) + 1j * floats(*shape)).astype(np.complex64)


def boxes(count, extent=1.0):
    centre = RANDOM.random((count, 2)) * extent
    half = (0.02 + 0.1 * RANDOM.random((count, 2))) * extent
    return np.concatenate([centre - half, centre + half], 1).astype(np.float32)


def scores(*shape):
    """As a detector gives them: most of them small."""
    return (RANDOM.random(shape) ** 6).astype(np.float32)


def positive(n, dtype=np.float32):
    a = floats(n, n, dtype=np.float64)
    return (a @ a.T / n + np.eye(n)).astype(dtype)


def cases(tf):
    raw, lin, m = tf.raw_ops, tf.linalg, tf.math
    row = {}
    image = lambda *s, **k: floats(*s, **k)
    combined = lambda most, iou, score: lambda b, s: tf.image.combined_non_max_suppression(b, s, most, most, iou, score)
    row["combined nms 8400x80, score 0.25"] = combined(100, 0.5, 0.25), [boxes(8400)[None, :, None], scores(1, 8400, 80)]
    row["combined nms 8400x80, score 0.001"] = combined(300, 0.7, 0.001), [boxes(8400)[None, :, None], scores(1, 8400, 80)]
    row["combined nms 4x2000x90 own boxes"] = combined(100, 0.5, 0.05), [
        boxes(4 * 2000 * 90).reshape(4, 2000, 90, 4), scores(4, 2000, 90)]
    row["nms v3 8400"] = lambda b, s: raw.NonMaxSuppressionV3(boxes=b, scores=s, max_output_size=300, iou_threshold=0.5,
                                                              score_threshold=0.001), [boxes(8400), scores(8400)]
    row["nms v3 25200 to 1000"] = lambda b, s: raw.NonMaxSuppressionV3(
        boxes=b, scores=s, max_output_size=1000, iou_threshold=0.7, score_threshold=float("-inf")), [
            boxes(25200), scores(25200)]
    row["nms v4 padded 8400"] = lambda b, s: raw.NonMaxSuppressionV4(
        boxes=b, scores=s, max_output_size=300, iou_threshold=0.5, score_threshold=0.001, pad_to_max_output_size=True), [
            boxes(8400), scores(8400)]
    row["nms v5 soft 2000"] = lambda b, s: raw.NonMaxSuppressionV5(
        boxes=b, scores=s, max_output_size=100, iou_threshold=0.5, score_threshold=0.001, soft_nms_sigma=0.5), [
            boxes(2000), scores(2000)]
    row["nms padded, batched 4x5000"] = lambda b, s: tf.image.non_max_suppression_padded(
        b, s, 100, iou_threshold=0.5, pad_to_max_output_size=True, sorted_input=False, canonicalized_coordinates=True)[0], [
            boxes(4 * 5000).reshape(4, 5000, 4), scores(4, 5000)]
    row["max pool with argmax 1x112x112x64"] = lambda x: tf.nn.max_pool_with_argmax(x, 2, 2, "SAME"), [image(1, 112, 112, 64)]

    def unpool(x):
        y, at = tf.nn.max_pool_with_argmax(x, 2, 2, "SAME")
        flat = tf.scatter_nd(tf.reshape(at, [-1, 1]), tf.reshape(y, [-1]), tf.constant([56 * 56 * 64], tf.int64))
        return tf.reshape(flat, [1, 56, 56, 64])
    row["unpool 1x56x56x64"] = unpool, [image(1, 56, 56, 64)]
    for kind in ["sum", "max", "min", "prod", "mean"]:
        row[f"reduce {kind} int32 64x1000x16, axis 1"] = lambda x, k=kind: getattr(tf, "reduce_" + k)(x, 1), [
            ints(64, 1000, 16)]
    row["reduce sum int64 1000x1000, axis 1"] = lambda x: tf.reduce_sum(x, 1), [ints(1000, 1000, dtype=np.int64)]
    row["reduce sum uint8 224x224x3, axis 2"] = lambda x: tf.reduce_max(x, 2), [ints(224, 224, 3, dtype=np.uint8)]
    for kind in ["any", "all"]:
        row[f"reduce {kind} 1000x1000, axis 1"] = lambda x, k=kind: getattr(tf, "reduce_" + k)(x, 1), [bools(1000, 1000)]
        row[f"reduce {kind} 64x512x512, axes 1 2"] = lambda x, k=kind: getattr(tf, "reduce_" + k)(x, [1, 2]), [
            bools(16, 256, 256)]
    row["reduce logsumexp 1000x1000"] = lambda x: tf.reduce_logsumexp(x, 1), [floats(1000, 1000)]
    row["reduce sum float64 1000x1000, axis 1"] = lambda x: tf.reduce_sum(x, 1), [floats(1000, 1000, dtype=np.float64)]
    row["reduce max float64 1000x1000, axis 0"] = lambda x: tf.reduce_max(x, 0), [floats(1000, 1000, dtype=np.float64)]
    row["reduce euclidean norm 1000x1000"] = lambda x: m.reduce_euclidean_norm(x, 1), [floats(1000, 1000)]
    row["argmax int32 1000x1000"] = lambda x: tf.argmax(x, 1), [ints(1000, 1000, high=9999)]
    row["argmax uint8 256x256x21"] = lambda x: tf.argmax(x, 2), [ints(256, 256, 21, high=255, dtype=np.uint8)]
    row["argmax float64 1000x1000"] = lambda x: tf.argmax(x, 1), [floats(1000, 1000, dtype=np.float64)]
    ids = np.sort(ints(5000, high=500))
    for kind in ["sum", "max", "min", "mean", "prod"]:
        row[f"segment {kind} 5000x64"] = lambda x, i, k=kind: getattr(m, "segment_" + k)(x, i), [floats(5000, 64), ids]
        row[f"unsorted segment {kind} 5000x64"] = lambda x, i, k=kind: getattr(m, "unsorted_segment_" + k)(x, i, 500), [
            floats(5000, 64), ints(5000, high=500)]
    row["sparse segment mean 5000x64"] = lambda x, at, i: raw.SparseSegmentMean(data=x, indices=at, segment_ids=i), [
        floats(2000, 64), ints(5000, high=2000), ids]
    row["sparse segment sum 5000x64"] = lambda x, at, i: raw.SparseSegmentSum(data=x, indices=at, segment_ids=i), [
        floats(2000, 64), ints(5000, high=2000), ids]
    big = (1, 224, 224, 16)
    for kind in ["less", "equal"]:
        row[f"{kind} float32"] = lambda a, b, k=kind: getattr(m, k)(a, b), [floats(*big), floats(*big)]
        row[f"{kind} int32"] = lambda a, b, k=kind: getattr(m, k)(a, b), [ints(*big), ints(*big)]
    row["less float64"] = lambda a, b: m.less(a, b), [floats(*big, dtype=np.float64), floats(*big, dtype=np.float64)]
    row["logical and"] = lambda a, b: tf.logical_and(a, b), [bools(*big), bools(*big)]
    row["select float32"] = lambda c, a, b: tf.where(c, a, b), [bools(*big), floats(*big), floats(*big)]
    row["select broadcast"] = lambda c, a, b: tf.where(c, a, b), [bools(1, 224, 224, 1), floats(*big), floats(*big)]
    row["where 1000x1000"] = lambda c: tf.where(c), [bools(1000, 1000)]
    row["boolean mask 10000x64"] = lambda x, c: tf.boolean_mask(x, c), [floats(10000, 64), bools(10000)]
    half = (1, 112, 112, 32)
    h = lambda *s: floats(*s, dtype=np.float16)
    row["float16 relu(x*y+x)"] = lambda x, y: tf.nn.relu(x * y + x), [h(*half), h(*half)]
    row["float16 exp tanh"] = lambda x: tf.tanh(tf.exp(-x)), [h(*half)]
    row["float16 softmax"] = lambda x: tf.nn.softmax(x), [h(1000, 1000)]
    row["float16 reduce mean"] = lambda x: tf.reduce_mean(x, [1, 2]), [h(*half)]
    row["float16 cast"] = lambda x: tf.cast(x, tf.float32), [h(*half)]
    row["float32 to float16"] = lambda x: tf.cast(x, tf.float16), [floats(*half)]
    row["float16 max pool"] = lambda x: tf.nn.max_pool2d(x, 2, 2, "SAME"), [h(*half)]
    row["bfloat16 add"] = lambda x: tf.cast(tf.cast(x, tf.bfloat16) + tf.cast(2.5, tf.bfloat16), tf.float32), [floats(*half)]
    row["searchsorted 100x1000"] = lambda a, v: tf.searchsorted(a, v), [np.sort(floats(100, 1000)), floats(100, 1000)]
    row["searchsorted 1x10000, right"] = lambda a, v: tf.searchsorted(a, v, side="right"), [
        np.sort(floats(1, 10000)), floats(1, 20000)]
    row["unique 100000"] = lambda x: tf.unique(x), [ints(100000, high=5000)]
    row["unique with counts 100000"] = lambda x: tf.unique_with_counts(x), [ints(100000, high=5000)]
    row["bincount 1000000"] = lambda x: tf.raw_ops.Bincount(arr=x, size=256, weights=tf.constant([], tf.int32)), [
        ints(1000000, high=256)]
    row["dense bincount 256x1000"] = lambda x: m.bincount(x, minlength=1000, maxlength=1000, axis=-1), [
        ints(256, 1000, high=1000)]
    row["bucketize 100000"] = lambda x: raw.Bucketize(input=x, boundaries=list(np.linspace(-2, 2, 50))), [floats(100000)]
    row["top_k int64 100x10000"] = lambda x: m.top_k(x, 100), [ints(100, 10000, high=1 << 40, dtype=np.int64)]
    row["sort float32 100x10000"] = lambda x: tf.sort(x), [floats(100, 10000)]
    row["argsort float32 100x10000"] = lambda x: tf.argsort(x), [floats(100, 10000)]
    row["in_top_k 1000x1000"] = lambda x, t: m.in_top_k(t, x, 5), [floats(1000, 1000), ints(1000, high=1000)]
    for dtype, made in [("float64", lambda *s: floats(*s, dtype=np.float64)), ("complex64", complexes),
                        ("int32", ints)]:
        row[f"matmul {dtype} 256"] = lambda a, b: a @ b, [made(256, 256), made(256, 256)]
        row[f"batch matmul {dtype} 16x64x64"] = lambda a, b: a @ b, [made(16, 64, 64), made(16, 64, 64)]
    row["matmul float64 512, transposed"] = lambda a, b: tf.matmul(a, b, transpose_b=True), [
        floats(512, 512, dtype=np.float64), floats(512, 512, dtype=np.float64)]
    row["einsum float32 bhqd,bhkd->bhqk"] = lambda a, b: tf.einsum("bhqd,bhkd->bhqk", a, b), [
        floats(1, 8, 128, 64), floats(1, 8, 128, 64)]
    row["einsum float32 abcd,cde->abe"] = lambda a, b: tf.einsum("abcd,cde->abe", a, b), [
        floats(4, 64, 8, 32), floats(8, 32, 256)]
    row["einsum float32 bxyio,bxyi->bxyo"] = lambda a, b: tf.einsum("bxyio,bxyi->bxyo", a, b), [
        floats(1, 16, 9, 32, 32), floats(1, 16, 9, 32)]
    row["einsum complex bixy,ioxy->boxy"] = lambda a, b: tf.einsum("bixy,ioxy->boxy", a, b), [
        complexes(1, 32, 12, 12), complexes(32, 32, 12, 12)]
    row["einsum three operands"] = lambda a, b, c: tf.einsum("ij,jk,kl->il", a, b, c), [
        floats(64, 64), floats(64, 64), floats(64, 64)]
    d = lambda *s: floats(*s, dtype=np.float64)
    row["float64 x*y+x"] = lambda x, y: x * y + x, [d(*half), d(*half)]
    row["float64 exp"] = lambda x: tf.exp(x), [d(*half)]
    row["float64 tanh"] = lambda x: tf.tanh(x), [d(*half)]
    row["float64 sqrt neg abs"] = lambda x: -tf.sqrt(tf.abs(x)), [d(*half)]
    row["complex64 exp"] = lambda x: tf.exp(x), [complexes(100, 1000)]
    row["complex64 div"] = lambda x, y: x / y, [complexes(100, 1000), complexes(100, 1000)]
    row["complex64 angle"] = lambda x: m.angle(x), [complexes(100, 1000)]
    row["cholesky 256"] = lambda x: lin.cholesky(x), [positive(256)]
    row["cholesky 64x32"] = lambda x: lin.cholesky(x), [np.stack([positive(32)] * 64)]
    row["inverse 256"] = lambda x: lin.inv(x), [positive(256)]
    row["inverse 1000x4x4"] = lambda x: lin.inv(x), [np.stack([positive(4)] * 1000)]
    row["determinant 256"] = lambda x: lin.det(x), [positive(256)]
    row["solve 256"] = lambda x, y: lin.solve(x, y), [positive(256), floats(256, 64)]
    row["triangular solve 256"] = lambda x, y: lin.triangular_solve(x, y), [np.tril(positive(256)), floats(256, 256)]
    row["qr 256"] = lambda x: lin.qr(x), [floats(256, 256)]
    row["svd 128"] = lambda x: lin.svd(x), [floats(128, 128)]
    row["eigh 128"] = lambda x: lin.eigh(x), [positive(128)]
    row["band part 8x512x512"] = lambda x: lin.band_part(x, -1, 0), [floats(8, 512, 512)]
    row["diag 8x512"] = lambda x: lin.diag(x), [floats(8, 512)]
    row["diag part 8x512x512"] = lambda x: lin.diag_part(x), [floats(8, 512, 512)]
    row["set diag 8x512x512"] = lambda x, y: lin.set_diag(x, y), [floats(8, 512, 512), floats(8, 512)]
    rgb = RANDOM.random((224, 224, 3)).astype(np.float32)
    row["rgb to hsv 224"] = lambda x: tf.image.rgb_to_hsv(x), [rgb]
    row["hsv to rgb 224"] = lambda x: tf.image.hsv_to_rgb(x), [rgb]
    row["adjust hue 224"] = lambda x: tf.image.adjust_hue(x, 0.2), [rgb]
    row["adjust saturation 224"] = lambda x: tf.image.adjust_saturation(x, 0.7), [rgb]
    row["adjust contrast 224"] = lambda x: tf.image.adjust_contrast(x, 0.7), [rgb]
    row["depth to space"] = lambda x: tf.nn.depth_to_space(x, 2), [image(1, 112, 112, 64)]
    row["space to depth"] = lambda x: tf.nn.space_to_depth(x, 2), [image(1, 224, 224, 16)]
    row["space to batch"] = lambda x: tf.space_to_batch(x, [2, 2], [[0, 0], [0, 0]]), [image(1, 112, 112, 64)]
    row["batch to space"] = lambda x: tf.batch_to_space(x, [2, 2], [[0, 0], [0, 0]]), [image(4, 56, 56, 64)]
    row["extract patches 3x3"] = lambda x: tf.image.extract_patches(x, [1, 3, 3, 1], [1, 1, 1, 1], [1, 1, 1, 1], "SAME"), [
        image(1, 56, 56, 64)]
    row["dilation2d"] = lambda x, f: tf.nn.dilation2d(x, f, [1, 1, 1, 1], "SAME", "NHWC", [1, 1, 1, 1]), [
        image(1, 112, 112, 16), floats(3, 3, 16)]
    row["lrn"] = lambda x: tf.nn.local_response_normalization(x), [image(1, 56, 56, 64)]
    row["reverse"] = lambda x: tf.reverse(x, [1]), [image(1, 112, 112, 64)]
    row["reverse sequence"] = lambda x, n: tf.reverse_sequence(x, n, 1, 0), [floats(16, 100, 256), ints(16, high=100)]
    row["roll"] = lambda x: tf.roll(x, 3, 1), [image(1, 112, 112, 64)]
    row["mirror pad"] = lambda x: tf.pad(x, [[0, 0], [3, 3], [3, 3], [0, 0]], "REFLECT"), [image(1, 112, 112, 64)]
    row["one hot 10000x100"] = lambda x: tf.one_hot(x, 100), [ints(10000)]
    row["gather nd"] = lambda x, i: tf.gather_nd(x, i), [floats(100, 100, 64), ints(10000, 2)]
    row["gather batch dims"] = lambda x, i: tf.gather(x, i, batch_dims=1), [floats(16, 1000, 64), ints(16, 500, high=1000)]
    row["scatter nd add"] = lambda i, u: tf.scatter_nd(i, u, [1000, 64]), [ints(5000, 1, high=1000), floats(5000, 64)]
    row["tensor scatter max"] = lambda x, i, u: tf.tensor_scatter_nd_max(x, i, u), [
        floats(1000, 64), ints(5000, 1, high=1000), floats(5000, 64)]
    row["dynamic partition 10000x64"] = lambda x, p: tf.dynamic_partition(x, p, 4), [floats(10000, 64), ints(10000, high=4)]
    row["dynamic stitch 10000x64"] = lambda i, x: tf.dynamic_stitch([i], [x]), [
        RANDOM.permutation(10000).astype(np.int32), floats(10000, 64)]
    row["cumlogsumexp 64x1000"] = lambda x: m.cumulative_logsumexp(x, 1), [floats(64, 1000)]
    row["cumsum float64 64x1000x16"] = lambda x: tf.cumsum(x, 1), [d(64, 1000, 16)]
    row["unsorted segment sum int32"] = lambda x, i: m.unsorted_segment_sum(x, i, 500), [ints(5000, 64), ints(5000, high=500)]
    row["range 1000000"] = lambda n: tf.range(n), [np.int32(1000000)]
    row["linspace 100000"] = lambda a: tf.linspace(a, 1.0, 100000), [np.float32(0.5)]
    row["fill"] = lambda a: tf.fill([1000, 1000], a), [np.float32(0.5)]
    row["tile"] = lambda x: tf.tile(x, [1, 4, 1]), [floats(16, 100, 128)]
    row["crop and resize"] = lambda x, b: tf.image.crop_and_resize(x, b, tf.zeros([100], tf.int32), [14, 14]), [
        image(1, 50, 50, 256), boxes(100)]
    row["resize bilinear uint8"] = lambda x: tf.image.resize(x, [224, 224]), [ints(1, 480, 640, 3, high=255, dtype=np.uint8)]
    row["resize bicubic"] = lambda x: tf.image.resize(x, [224, 224], "bicubic"), [image(1, 480, 640, 3)]
    row["resize nearest int32"] = lambda x: tf.image.resize(x, [224, 224], "nearest"), [ints(1, 480, 640, 3)]
    row["cast uint8 to float, scaled"] = lambda x: tf.cast(x, tf.float32) / 255.0, [
        ints(8, 224, 224, 3, high=255, dtype=np.uint8)]
    row["multinomial"] = lambda x: tf.random.stateless_categorical(x, 10, [1, 2]), [floats(100, 10000)]
    row["random uniform"] = lambda s: tf.random.stateless_uniform([1000, 1000], s), [np.array([1, 2], np.int32)]
    row["random normal"] = lambda s: tf.random.stateless_normal([1000, 1000], s), [np.array([1, 2], np.int32)]
    row["ctc greedy 100x16x80"] = lambda x: tf.nn.ctc_greedy_decoder(x, [100] * 16)[0][0].values, [floats(100, 16, 80)]
    row["ctc beam 50x4x40"] = lambda x: tf.nn.ctc_beam_search_decoder(x, [50] * 4, 10)[0][0].values, [floats(50, 4, 40)]
    row["sparse to dense"] = lambda i, v: raw.SparseToDense(sparse_indices=i, output_shape=[1000, 1000], sparse_values=v,
                                                            default_value=0.0, validate_indices=False), [
        np.unique(ints(5000, 2, high=1000), axis=0).astype(np.int64), np.float32(1)]
    row["pow"] = lambda x, y: tf.pow(tf.abs(x), y), [floats(*half), floats(*half)]
    for kind in ["sin", "atan", "acosh", "erfc", "lgamma", "digamma", "ndtri", "bessel_i0"]:
        row[f"float32 {kind}"] = lambda x, k=kind: getattr(m, k)(x), [
            (RANDOM.random(half) * 0.9 + (1.01 if kind == "acosh" else 0.05)).astype(np.float32)]
    row["floormod float32"] = lambda x, y: m.floormod(x, y), [floats(*half), floats(*half)]
    row["floordiv int32"] = lambda x, y: m.floordiv(x, y), [ints(*half), ints(*half, low=1)]
    row["log_softmax"] = lambda x: tf.nn.log_softmax(x), [floats(1000, 1000)]
    row["softmax cross entropy"] = lambda x, y: tf.nn.softmax_cross_entropy_with_logits(y, x), [
        floats(1000, 1000), floats(1000, 1000)]
    row["l2 normalize"] = lambda x: tf.nn.l2_normalize(x, -1), [floats(1000, 512)]
    row["l2 loss"] = lambda x: tf.nn.l2_loss(x), [floats(1000, 512)]
    row["max pool 3d"] = lambda x: tf.nn.max_pool3d(x, 2, 2, "SAME"), [floats(1, 16, 56, 56, 32)]
    row["max pool int8-like int32"] = lambda x: tf.cast(tf.nn.max_pool2d(x, 3, 2, "SAME"), tf.int32), [
        ints(1, 112, 112, 32)]
    row["bitwise and"] = lambda a, b: tf.bitwise.bitwise_and(a, b), [ints(*big), ints(*big)]
    row["left shift"] = lambda a, b: tf.bitwise.left_shift(a, b), [ints(*big), ints(*big, high=8)]
    row["list diff 10000"] = lambda a, b: raw.ListDiff(x=a, y=b), [ints(10000, high=20000), ints(5000, high=20000)]
    row["invert permutation"] = lambda a: m.invert_permutation(a), [RANDOM.permutation(100000).astype(np.int32)]
    row["transpose 5-d int32"] = lambda a: tf.transpose(a, [0, 3, 1, 4, 2]), [ints(4, 16, 16, 16, 16)]
    row["concat int32"] = lambda a, b: tf.concat([a, b], 1), [ints(1000, 500), ints(1000, 500)]
    row["strided slice step 2"] = lambda a: a[:, ::2, ::2], [image(1, 224, 224, 16)]
    row["fft 64x1024"] = lambda a: tf.signal.fft(a), [complexes(64, 1024)]
    row["rfft 64x1000"] = lambda a: tf.signal.rfft(a), [floats(64, 1000)]
    row["adjoint complex"] = lambda a: lin.adjoint(a), [complexes(512, 512)]
    row["matrix diag v3 band"] = lambda a: lin.diag(a, k=(-1, 1)), [floats(8, 3, 256)]
    row["batch norm not constant"] = lambda x, s: tf.nn.batch_normalization(x, s, s * s, s, s, 1e-3), [image(*big), floats(16)]
    row["instance norm"] = lambda x: (x - tf.reduce_mean(x, [1, 2], True)) * tf.math.rsqrt(
        tf.math.reduce_variance(x, [1, 2], True) + 1e-5), [image(1, 112, 112, 64)]
    row["conv float64"] = lambda x, w: tf.nn.conv2d(x, w, 1, "SAME"), [d(1, 28, 28, 32), d(3, 3, 32, 32)]
    row["conv filter fed"] = lambda x, w: tf.nn.conv2d(x, w, 1, "SAME"), [image(1, 56, 56, 64), floats(3, 3, 64, 64)]
    row["conv3d"] = lambda x, w: tf.nn.conv3d(x, w, [1] * 5, "SAME"), [image(1, 8, 28, 28, 16), floats(3, 3, 3, 16, 32)]
    row["conv3d transpose"] = lambda x, w: tf.nn.conv3d_transpose(x, w, [1, 16, 28, 28, 16], [1, 2, 2, 2, 1]), [
        image(1, 8, 14, 14, 32), floats(3, 3, 3, 16, 32)]
    row["quantize dequantize"] = lambda x: tf.quantization.quantize_and_dequantize_v2(x, -3.0, 3.0, range_given=True), [
        image(*half)]
    row["nan to zero"] = lambda x: tf.where(m.is_nan(x), tf.zeros_like(x), x), [image(*big)]
    row["clip int32"] = lambda x: tf.clip_by_value(x, 10, 50), [ints(*big)]
    row["add int32"] = lambda x: x + x * 3, [ints(*big)]
    row["add uint16"] = lambda x: x + x, [ints(*big, dtype=np.uint16)]
    row["confusion matrix"] = lambda a, b: m.confusion_matrix(a, b, 21), [ints(50000, high=21), ints(50000, high=21)]
    row["edit distance-like unique rows"] = lambda x: raw.UniqueV2(x=x, axis=[0]), [ints(2000, 8, high=4)]
    row["scatter elements one hot argmax"] = lambda x: tf.one_hot(tf.argmax(x, -1), 21), [floats(1, 128, 128, 21)]
    row["gather axis 2"] = lambda x, i: tf.gather(x, i, axis=2), [floats(1, 100, 100, 64), ints(100, high=100)]
    row["meshgrid"] = lambda x, y: tf.stack(tf.meshgrid(x, y), -1), [floats(500), floats(500)]
    row["nn distance matrix"] = lambda x, y: tf.reduce_min(tf.reduce_sum((x[:, None] - y[None]) ** 2, -1), 1), [
        floats(1000, 3), floats(1000, 3)]
    return row


class Case:
    def __init__(self, tf, name, function, arrays, work):
        self.name = name
        names = [f"in{i}" for i in range(len(arrays))]
        specs = [tf.TensorSpec(a.shape, a.dtype, name=n) for a, n in zip(arrays, names)]
        self.concrete = tf.function(function).get_concrete_function(*specs)
        self.tensors = [tf.constant(a) for a in arrays]
        stem = re.sub("[^a-z0-9]+", "_", name.lower())
        self.model, self.engines, self.feeds = work / f"{stem}.pb", {}, []
        outputs = [t.name for t in tf.nest.flatten(self.concrete.structured_outputs)]
        self.model.write_bytes(self.concrete.graph.as_graph_def().SerializeToString())
        self.outputs = [part for o in outputs for part in ("--output", o)]
        for array, name in zip(arrays, names):
            path = work / f"{stem}.{name}.npy"
            np.save(path, array)
            self.feeds += ["--feed", f"{name}:0={path}"]

    def build(self, floe, threads, key):
        self.engines[key] = self.model.with_suffix(f".{key}.floe")
        command = [floe, "build", self.model, "-o", self.engines[key], "--threads", threads, *self.outputs]
        return subprocess.run([str(c) for c in command], capture_output=True, text=True)

    def floe(self, floe, threads, seconds, key):
        command = [floe, "bench", self.engines[key], "--json", "--threads", threads, "--duration", seconds, *self.feeds]
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError((done.stderr.strip().splitlines() or ["no message"])[-1])
        return json.loads(done.stdout)

    def tensorflow(self, seconds):
        times, end = [], time.perf_counter() + seconds
        self.concrete(*self.tensors)
        while time.perf_counter() < end or len(times) < 3:
            begin = time.perf_counter()
            self.concrete(*self.tensors)
            times.append(time.perf_counter() - begin)
        return statistics.median(times) * 1e3


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("--floe", required=True)
    parser.add_argument("--before")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("build/operations"))
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    rows = {n: c for n, c in cases(tf).items() if re.search(options.only, n)}
    if options.list:
        print("\n".join(rows))
        return 0
    failed = False
    floes = {"before": options.before, "now": options.floe} if options.before else {"now": options.floe}
    for name, (function, arrays) in rows.items():
        try:
            case = Case(tf, name, function, [np.asarray(a) for a in arrays], options.work)
            for key, floe in floes.items():
                done = case.build(floe, options.threads, key)
                if done.returncode != 0:
                    raise RuntimeError((done.stderr.strip().splitlines() or ["no message"])[-1])
            best, kernels = {}, None
            for _ in range(options.rounds):
                for key, floe in floes.items():
                    found = case.floe(floe, options.threads, options.seconds, key)
                    best[key] = min(best.get(key, 1e9), found["latency_ms"]["median"])
                    kernels = found
                best["tf"] = min(best.get("tf", 1e9), case.tensorflow(options.seconds))
        except Exception as error:  # a graph that does not build is a row, too
            print(f"| {name} | {str(error)[:160]} |", flush=True)
            failed = True
            continue
        steps = sorted({layer["kernel"] for layer in kernels["layers"]})
        times = " | ".join(f"{best[k]:.3f}" for k in [*floes, "tf"])
        print(f"| {name} | {times} | {best['tf'] / best['now']:.2f} | {' '.join(steps)} |", flush=True)
    return 3 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
