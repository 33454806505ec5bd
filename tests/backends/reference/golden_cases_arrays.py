"""Cases of ops that move, index, reduce, sort, detect, transform or read text."""

import numpy as np
import tensorflow as tf

from golden_cases import f16, f32, i32, i64, normal, raw


def ints(*values):
    return np.array(values, i64)


def movement(case, rng):
    x = normal(rng, 3, 4, 5)
    case("Transpose", "Transpose(%x) {perm=[2, 0, 1]}", {"x": x}, tf.transpose(x, [2, 0, 1]), 0)
    case("Reshape", "Reshape(%x, %s)", {"x": x, "s": ints(5, -1, 2)}, tf.reshape(x, [5, -1, 2]), 0)
    case("Concat", "Concat(%a, %b) {axis=1}", {"a": x, "b": x[:, :2]}, tf.concat([x, x[:, :2]], 1), 0)
    case("Split", "Split(%x) {axis=-1, sizes=[1, 3, 1]}", {"x": x}, tf.split(x, [1, 3, 1], -1), 0)
    case("Split even", "Split(%x) {axis=1}", {"x": x}, tf.split(x, 2, 1), 0)
    case("Slice steps", "Slice(%x, %s, %e, %a, %t)",
         {"x": x, "s": ints(-1, 1, -1), "e": ints(-9, 4, 0), "a": ints(0, 1, 2), "t": ints(-2, 2, -1)}, x[::-2, 1:4:2, -1:0:-1], 0)
    case("Slice", "Slice(%x, %s, %e, %a)", {"x": x, "s": ints(1, -2), "e": ints(99, -1), "a": ints(2, 0)}, x[-2:-1, :, 1:], 0)
    for mode, theirs in (("constant", "CONSTANT"), ("reflect", "REFLECT"), ("symmetric", "SYMMETRIC")):
        case(f"Pad {mode}", f"Pad(%x, %p) {{mode={mode}}}", {"x": x, "p": ints(1, 0, 3, 2, 3, 1)},
             tf.pad(x, [[1, 2], [0, 3], [3, 1]], theirs), 0)
    case("Pad value", "Pad(%x, %p, %v)", {"x": x, "p": ints(0, 1, 0, 0, 0, 2), "v": f32(7)},
         tf.pad(x, [[0, 0], [1, 0], [0, 2]], constant_values=7), 0)
    case("Expand", "Expand(%x, %s)", {"x": x[:, :1], "s": ints(2, 1, 4, 5)}, tf.broadcast_to(x[:, :1], [2, 3, 4, 5]), 0)
    case("Tile", "Tile(%x, %r)", {"x": x, "r": ints(2, 1, 3)}, tf.tile(x, [2, 1, 3]), 0)
    words = np.array([["a", "bc"], ["d", "ef"]])
    case("Tile strings", "Tile(%x, %r)", {"x": words, "r": ints(1, 2)}, tf.tile(words, [1, 2]), 0)
    case("Reverse", "Reverse(%x) {axes=[0, -1]}", {"x": x}, tf.reverse(x, [0, -1]), 0)
    case("ReverseSequence", "ReverseSequence(%x, %l) {batch_axis=1, time_axis=2}", {"x": x, "l": ints(0, 1, 3, 5)},
         tf.reverse_sequence(x, ints(0, 1, 3, 5), seq_axis=2, batch_axis=1), 0)
    case("Roll", "Roll(%x) {shifts=[1, -2, 7], axes=[0, 2, 0]}", {"x": x}, tf.roll(x, [1, -2, 7], [0, 2, 0]), 0)
    y = normal(rng, 2, 4, 6, 8)
    case("DepthToSpace", "DepthToSpace(%x)", {"x": y}, tf.nn.depth_to_space(y, 2), 0)
    case("SpaceToDepth", "SpaceToDepth(%x)", {"x": y}, tf.nn.space_to_depth(y, 2), 0)
    nchw = np.ascontiguousarray(np.moveaxis(y, -1, 1))
    case("DepthToSpace NCHW", "DepthToSpace(%x) {layout=NCHW}", {"x": nchw}, np.moveaxis(tf.nn.depth_to_space(y, 2).numpy(), -1, 1), 0)
    case("SpaceToDepth NCHW", "SpaceToDepth(%x) {layout=NCHW}", {"x": nchw}, np.moveaxis(tf.nn.space_to_depth(y, 2).numpy(), -1, 1), 0)
    block, pads = np.array([2, 3], i32), np.array([[1, 1], [2, 1]], i32)
    case("SpaceToBatch", "SpaceToBatch(%x, %b, %p)", {"x": y, "b": block, "p": pads}, tf.space_to_batch(y, block, pads), 0)
    z = normal(rng, 12, 3, 2, 2)
    crops = np.array([[1, 0], [1, 2]], i32)
    case("BatchToSpace", "BatchToSpace(%x, %b, %c)", {"x": z, "b": block, "c": crops}, tf.batch_to_space(z, block, crops), 0)
    for lower, upper in ((1, 0), (-1, 1), (0, -1), (2, 5)):
        case(f"MatrixBandPart {lower} {upper}", "MatrixBandPart(%x, %l, %u)", {"x": x, "l": i64(lower), "u": i64(upper)},
             tf.linalg.band_part(x, lower, upper), 0)


def diagonals(case, rng):
    x = normal(rng, 2, 4, 5)
    for align in ("RIGHT_LEFT", "LEFT_RIGHT", "LEFT_LEFT", "RIGHT_RIGHT"):
        for k in ((-2, 1), (-1, -1), (1, 3), (0, 0), (-3, 4)):
            offsets = np.array(k, i32)
            part = raw.MatrixDiagPartV3(input=x, k=offsets, padding_value=f32(9), align=align)
            case(f"MatrixDiagPart {align} {k}", f"MatrixDiagPart(%x, %k, %p) {{align={align}}}", {"x": x, "k": offsets, "p": f32(9)}, part, 0)
            case(f"MatrixSetDiag {align} {k}", f"MatrixSetDiag(%x, %d, %k) {{align={align}}}",
                 {"x": x, "d": -part.numpy(), "k": offsets}, raw.MatrixSetDiagV3(input=x, diagonal=-part, k=offsets, align=align), 0)
            case(f"MatrixDiag {align} {k}", f"MatrixDiag(%d, %k, %r, %c, %p) {{align={align}}}",
                 {"d": part.numpy(), "k": offsets, "r": i32(4), "c": i32(5), "p": f32(7)},
                 raw.MatrixDiagV3(diagonal=part, k=offsets, num_rows=4, num_cols=5, padding_value=f32(7), align=align), 0)
    d = normal(rng, 3, 4)
    for k in (0, 2, -1):
        case(f"MatrixDiag default {k}", "MatrixDiag(%d, %k, %r, %c, %p)",
             {"d": d, "k": np.array([k], i32), "r": i32(-1), "c": i32(-1), "p": f32(0)},
             raw.MatrixDiagV3(diagonal=d, k=k, num_rows=-1, num_cols=-1, padding_value=f32(0)), 0)


def indexing(case, rng):
    x = normal(rng, 3, 4, 5)
    i = np.array([[3, 0], [1, 1]], i32)
    case("Gather", "Gather(%x, %i) {axis=1}", {"x": x, "i": i}, tf.gather(x, i, axis=1), 0)
    b = rng.integers(0, 5, (3, 4, 2)).astype(i64)
    case("Gather batch 1", "Gather(%x, %i) {axis=2, batch_dims=1}", {"x": x, "i": b[:, 0]}, tf.gather(x, b[:, 0], axis=2, batch_dims=1), 0)
    case("Gather batch 2", "Gather(%x, %i) {axis=2, batch_dims=2}", {"x": x, "i": b}, tf.gather(x, b, axis=2, batch_dims=2), 0)
    n = np.array([[[0, 1]], [[2, 3]], [[1, 0]]], i32)
    case("GatherND", "GatherND(%x, %i)", {"x": x, "i": n}, tf.gather_nd(x, n), 0)
    m = np.array([[[0], [1]], [[3], [3]], [[2], [0]]], i32)
    case("GatherND batch", "GatherND(%x, %i) {batch_dims=1}", {"x": x, "i": m}, tf.gather_nd(x, m, batch_dims=1), 0)
    places = np.array([[0, 1], [2, 3], [0, 1]], i32)
    updates = normal(rng, 3, 5)
    for name, run in {"none": tf.tensor_scatter_nd_update, "add": tf.tensor_scatter_nd_add, "sub": tf.tensor_scatter_nd_sub,
                      "min": tf.tensor_scatter_nd_min, "max": tf.tensor_scatter_nd_max}.items():
        case(f"ScatterND {name}", f"ScatterND(%x, %i, %u) {{reduction={name}}}", {"x": x, "i": places, "u": updates}, run(x, places, updates), 1e-6)
    for axis in (0, 1, -1):
        hot = np.array([[1, -1, 3], [0, 9, 2]], i32)
        case(f"OneHot {axis}", f"OneHot(%i, %d, %v) {{axis={axis}}}", {"i": hot, "d": i32(4), "v": np.array([-1, 5], f32)},
             tf.one_hot(hot, 4, 5.0, -1.0, axis=axis), 0)
    for start, limit, delta in ((3, 18, 4), (10, -3, -3), (1, 1, 2)):
        case(f"Range {start}", "Range(%a, %b, %c)", {"a": i32(start), "b": i32(limit), "c": i32(delta)}, tf.range(start, limit, delta), 0)
    case("Range float", "Range(%a, %b, %c)", {"a": f32(0.5), "b": f32(4), "c": f32(0.3)}, tf.range(f32(0.5), f32(4), f32(0.3)))
    case("LinSpace", "LinSpace(%a, %b, %c)", {"a": f32(-1), "b": f32(3), "c": i32(7)}, tf.linspace(f32(-1), f32(3), 7))
    flags = rng.integers(0, 2, (3, 4, 2))
    case("NonZero", "NonZero(%x)", {"x": flags.astype(i64)}, tf.where(flags), 0)
    perm = np.array([2, 0, 3, 1], i32)
    case("InvertPermutation", "InvertPermutation(%x)", {"x": perm}, tf.math.invert_permutation(perm), 0)
    case("BroadcastShapes", "BroadcastShapes(%a, %b)", {"a": np.array([3, 1, 5], i32), "b": np.array([4, 1], i32)},
         raw.BroadcastArgs(s0=np.array([3, 1, 5], i32), s1=np.array([4, 1], i32)), 0)
    flat, dims = np.array([22, 41, 37, 0], i32), np.array([7, 6], i32)
    case("UnravelIndex", "UnravelIndex(%x, %d)", {"x": flat, "d": dims}, tf.unravel_index(flat, dims), 0)
    j = np.array([[4, 1], [5, 2], [3, 0]], i32)
    data = normal(rng, 3, 2, 5)
    case("DynamicStitch", "DynamicStitch(%i, %j, %a, %b)", {"i": i32(2), "j": j, "a": x[0, 0], "b": data},
         tf.dynamic_stitch([i32(2), j], [x[0, 0], data]), 0)
    parts = np.array([1, 0, 1], i32)
    case("DynamicPartition", "DynamicPartition(%x, %p) {parts=3}", {"x": x, "p": parts}, tf.dynamic_partition(x, parts, 3), 0)


def reduce(case, rng):
    x = normal(rng, 3, 4, 5)
    empty = np.zeros((2, 0, 3), f32)
    n = rng.integers(-9, 9, (3, 4, 5)).astype(i32)
    flags = rng.integers(0, 3, (3, 4)) > 0
    kinds = {"Sum": "Sum", "Mean": "Mean", "Max": "Max", "Min": "Min", "Prod": "Prod"}
    for ours, theirs in kinds.items():
        run = getattr(raw, theirs)
        for axes, keep in (([1], False), ([0, -1], True), ([0, 1, 2], False)):
            tail = f"{{axes={axes}, keep_dims={str(keep).lower()}}}"
            case(f"Reduce{ours} {axes}", f"Reduce{ours}(%x) {tail}", {"x": x}, run(input=x, axis=axes, keep_dims=keep))
            case(f"Reduce{ours} {axes} int32", f"Reduce{ours}(%x) {tail}", {"x": n}, run(input=n, axis=axes, keep_dims=keep), 0)
        case(f"Reduce{ours} none", f"Reduce{ours}(%x) {{axes=[]}}", {"x": x}, run(input=x, axis=np.zeros(0, i32)), 0)
        case(f"Reduce{ours} empty", f"Reduce{ours}(%x) {{axes=[1]}}", {"x": empty}, run(input=empty, axis=[1]), 0)
    for ours, run in {"ReduceAll": tf.reduce_all, "ReduceAny": tf.reduce_any}.items():
        case(ours, f"{ours}(%x) {{axes=[1]}}", {"x": flags}, run(flags, 1), 0)
    case("ReduceL2", "ReduceL2(%x) {axes=[2]}", {"x": x}, raw.EuclideanNorm(input=x, axis=[2]))
    case("ReduceLogSumExp", "ReduceLogSumExp(%x) {axes=[1, 2]}", {"x": x * 60}, tf.reduce_logsumexp(x * 60, [1, 2]))
    big = normal(rng, 6, dtype=f16) * 100
    case("ReduceSum half", "ReduceSum(%x) {axes=[0]}", {"x": big}, tf.reduce_sum(big), 2e-3)
    ties = np.array([[1, 3, 3, 0], [2, 2, 2, 2]], f32)
    case("ArgMax ties", "ArgMax(%x) {axis=1}", {"x": ties}, tf.argmax(ties, 1), 0)
    case("ArgMin", "ArgMin(%x) {axis=0, to=int32}", {"x": x}, tf.argmin(x, 0, tf.int32), 0)
    many = rng.integers(0, 6, (2, 9)).astype(i32)
    for k in (1, 4, 9):
        case(f"TopK ties {k}", "TopK(%x, %k) {index_type=int32}", {"x": many, "k": i32(k)}, tf.math.top_k(many, k), 0)
    for ours, run in {"CumSum": tf.cumsum, "CumProd": tf.math.cumprod}.items():
        for exclusive in (False, True):
            for reverse in (False, True):
                case(f"{ours} {exclusive} {reverse}",
                     f"{ours}(%x, %a) {{exclusive={str(exclusive).lower()}, reverse={str(reverse).lower()}}}",
                     {"x": x, "a": i32(1)}, run(x, 1, exclusive, reverse), 4e-6)


def segments(case, rng):
    x, n = normal(rng, 6, 3), rng.integers(-9, 9, (6, 3)).astype(i32)
    ids = np.array([0, 0, 1, 1, 1, 4], i32)
    loose = np.array([2, 0, -1, 2, 5, 0], i32)
    for kind in ("Sum", "Mean", "Prod", "Max", "Min"):
        case(f"Segment{kind}", f"SegmentReduce(%x, %i) {{reduction=Reduce{kind}}}", {"x": x, "i": ids},
             getattr(raw, f"Segment{kind}")(data=x, segment_ids=ids))
        if kind == "Mean":
            continue
        for name, data in (("float32", x), ("int32", n)):
            case(f"UnsortedSegment{kind} {name}", f"SegmentReduce(%x, %i, %n) {{reduction=Reduce{kind}, sorted=false}}",
                 {"x": data, "i": loose, "n": i32(7)}, getattr(raw, f"UnsortedSegment{kind}")(data=data, segment_ids=loose, num_segments=7))
    grid = np.array([[0, 2, 1], [1, 0, 0]], i32)
    y = normal(rng, 2, 3, 4)
    case("UnsortedSegmentSum grid", "SegmentReduce(%x, %i, %n) {sorted=false}", {"x": y, "i": grid, "n": i32(3)},
         raw.UnsortedSegmentSum(data=y, segment_ids=grid, num_segments=3))
    where = np.array([5, 0, 0, 2], i32)
    which = np.array([0, 0, 2, 2], i32)
    for name, tail in (("Sum", ""), ("Mean", " {reduction=ReduceMean}"), ("SqrtN", " {sqrt_n=true}")):
        case(f"SparseSegment{name}", f"SparseSegmentReduce(%x, %i, %s){tail}", {"x": x, "i": where, "s": which},
             getattr(raw, f"SparseSegment{name}")(data=x, indices=where, segment_ids=which))
        case(f"SparseSegment{name} count", f"SparseSegmentReduce(%x, %i, %s, %n){tail}", {"x": x, "i": where, "s": which, "n": i32(5)},
             getattr(raw, f"SparseSegment{name}WithNumSegments")(data=x, indices=where, segment_ids=which, num_segments=5))


def counts(case, rng):
    x = np.array([4, 1, 4, 9, 1, 1, -3], i32)
    case("Unique", "Unique(%x)", {"x": x}, tf.unique(x), 0)
    case("Unique counts", "Unique(%x)", {"x": x}, tf.unique_with_counts(x), 0)
    words = np.array(["b", "a", "b", "c"])
    case("Unique strings", "Unique(%x) {index_type=int64}", {"x": words}, tf.unique(words, tf.int64), 0)
    case("ListDiff", "ListDiff(%x, %y)", {"x": x, "y": np.array([1, 9], i32)}, raw.ListDiff(x=x, y=np.array([1, 9], i32)), 0)
    bins = np.array([[0, 3, 3], [1, 1, 7]], i32)
    w = normal(rng, 2, 3)
    none = np.zeros(0, f32)
    for binary in (False, True):
        tail = f"{{binary={str(binary).lower()}}}"
        case(f"Bincount {binary}", f"Bincount(%x, %n, %w) {tail}", {"x": bins, "n": i32(5), "w": none},
             raw.DenseBincount(input=bins, size=5, weights=none, binary_output=binary), 0)
    case("Bincount weights", "Bincount(%x, %n, %w)", {"x": bins, "n": i32(5), "w": w}, raw.DenseBincount(input=bins, size=5, weights=w))
    case("Bincount flat", "Bincount(%x, %n, %w)", {"x": bins[0], "n": i32(5), "w": w[0]}, raw.DenseBincount(input=bins[0], size=5, weights=w[0]))
    v = np.array([[-5, 10000], [150, 10], [5, 0]], f32)
    case("Bucketize", "Bucketize(%x) {boundaries=[0, 10, 100]}", {"x": v}, raw.Bucketize(input=v, boundaries=[0, 10, 100]), 0)
    keys, values = np.array(["x", "y", "x2"]), np.array([5, 7, 9], i64)
    asked = np.array(["y", "q", "x"])
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), -1)
    case("LookupTable", "LookupTable(%x, %k, %v, %d)", {"x": asked, "k": keys, "v": values, "d": i64(-1)}, table.lookup(tf.constant(asked)), 0)


def detection(case, rng):
    corners = rng.uniform(0, 1, (30, 4)).astype(f32)
    sizes = np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:] * f32(0.5)], -1)
    scores = rng.uniform(0, 1, 30).astype(f32)
    for flipped, boxes in ((False, sizes), (True, sizes[:, [2, 3, 0, 1]])):
        i = raw.NonMaxSuppressionV2(boxes=boxes, scores=scores, max_output_size=10, iou_threshold=0.3)
        case(f"NMS V2 {flipped}", "TfNonMaxSuppression(%b, %s, %m, %t)", {"b": boxes, "s": scores, "m": i32(10), "t": f32(0.3)}, i, 0)
    i = raw.NonMaxSuppressionV3(boxes=sizes, scores=scores, max_output_size=30, iou_threshold=0.5, score_threshold=0.4)
    case("NMS V3", "TfNonMaxSuppression(%b, %s, %m, %t, %u)",
         {"b": sizes, "s": scores, "m": i32(30), "t": f32(0.5), "u": f32(0.4)}, i, 0)
    for pad in (False, True):
        for sigma in (0.0, 0.5):
            y = raw.NonMaxSuppressionV5(boxes=sizes, scores=scores, max_output_size=20, iou_threshold=0.4, score_threshold=0.2,
                                        soft_nms_sigma=sigma, pad_to_max_output_size=pad)
            case(f"NMS V5 {pad} {sigma}", f"TfNonMaxSuppression(%b, %s, %m, %t, %u, %v) {{pad_to_max={str(pad).lower()}}}",
                 {"b": sizes, "s": scores, "m": i32(20), "t": f32(0.4), "u": f32(0.2), "v": f32(sigma)}, list(y))
    for q in (1, 3):
        for per_class in (False, True):
            for clip in (False, True):
                b = (rng.uniform(-0.2, 1.2, (2, 12, q, 4))).astype(f32)
                s = rng.uniform(0, 1, (2, 12, 3)).astype(f32)
                y = raw.CombinedNonMaxSuppression(boxes=b, scores=s, max_output_size_per_class=4, max_total_size=9, iou_threshold=0.3,
                                                  score_threshold=0.25, pad_per_class=per_class, clip_boxes=clip)
                case(f"CombinedNMS {q} {per_class} {clip}",
                     f"CombinedNonMaxSuppression(%b, %s, %c, %m, %t, %u) {{pad_per_class={str(per_class).lower()}, clip_boxes={str(clip).lower()}}}",
                     {"b": b, "s": s, "c": i32(4), "m": i32(9), "t": f32(0.3), "u": f32(0.25)}, list(y), 0)


def fft(case, rng):
    for n in (8, 12, 7):
        z = (normal(rng, 2, n) + 1j * normal(rng, 2, n)).astype(np.complex64)
        case(f"Fft {n}", "Fft(%x)", {"x": z}, tf.signal.fft(z), 2e-6)
        case(f"Ifft {n}", "Ifft(%x)", {"x": z}, tf.signal.ifft(z), 2e-6)
        x = normal(rng, 2, n)
        for length in (n, n - 2):
            case(f"Rfft {n} {length}", "Rfft(%x, %l)", {"x": x, "l": np.array([length], i32)}, raw.RFFT(input=x, fft_length=[length]), 2e-6)
        case(f"Irfft {n}", "Irfft(%x, %l)", {"x": z, "l": np.array([n], i32)}, raw.IRFFT(input=z, fft_length=[n]), 2e-6)
    z = (normal(rng, 2, 4, 6) + 1j * normal(rng, 2, 4, 6)).astype(np.complex64)
    x = normal(rng, 2, 4, 6)
    for dims, suffix in ((2, "2D"), (3, "3D")):
        case(f"Fft {suffix}", f"Fft(%x) {{dims={dims}}}", {"x": z}, getattr(raw, "FFT" + suffix)(input=z), 2e-6)
        case(f"Ifft {suffix}", f"Ifft(%x) {{dims={dims}}}", {"x": z}, getattr(raw, "IFFT" + suffix)(input=z), 2e-6)
        lengths = np.array([2, 3, 5][-dims:], i32)
        case(f"Rfft {suffix}", f"Rfft(%x, %l) {{dims={dims}}}", {"x": x, "l": lengths}, getattr(raw, "RFFT" + suffix)(input=x, fft_length=lengths), 2e-6)
        lengths = np.array([2, 4, 10][-dims:], i32)
        case(f"Irfft {suffix}", f"Irfft(%x, %l) {{dims={dims}}}", {"x": z, "l": lengths},
             getattr(raw, "IRFFT" + suffix)(input=z, fft_length=lengths), 2e-6)


def recurrent(case, rng):
    batch, time, width, hidden = 3, 4, 5, 2
    x = normal(rng, batch, time, width)
    lstm = tf.keras.layers.LSTM(hidden, return_sequences=True, return_state=True, bias_initializer="normal")
    y, h, c = lstm(x)
    w, r, b = lstm.get_weights()  # gates i f c o

    def gates(m, order, axis=-1):
        parts = np.split(m, len(order), axis)
        return np.concatenate([parts[i] for i in order], axis)

    weights = {"w": gates(w, [0, 3, 1, 2]).T[None], "r": gates(r, [0, 3, 1, 2]).T[None],
               "b": np.concatenate([gates(b, [0, 3, 1, 2]), np.zeros(4 * hidden, f32)])[None]}
    weights = {k: np.ascontiguousarray(v) for k, v in weights.items()}
    first = np.ascontiguousarray(np.swapaxes(x, 0, 1))
    case("Lstm", f"Lstm(%x, %w, %r, %b) {{hidden_size={hidden}}}", {"x": first, **weights},
         [np.swapaxes(y, 0, 1)[:, None], h[None], c[None]], 4e-6)
    case("Lstm batch first", f"Lstm(%x, %w, %r, %b) {{hidden_size={hidden}, batch_first=true}}", {"x": x, **weights},
         [np.asarray(y)[:, :, None], h[None], c[None]], 4e-6)
    case("Lstm reverse", f"Lstm(%x, %w, %r, %b) {{hidden_size={hidden}, direction=reverse}}",
         {"x": np.ascontiguousarray(first[::-1]), **weights}, [np.swapaxes(y, 0, 1)[::-1][:, None], h[None], c[None]], 4e-6)
    lengths = np.array([4, 2, 3], i32)
    y, h, c = lstm(x, mask=tf.sequence_mask(lengths, time))
    kept = np.asarray(y) * np.asarray(tf.sequence_mask(lengths, time, f32))[..., None]
    case("Lstm lengths", f"Lstm(%x, %w, %r, %b, %l) {{hidden_size={hidden}}}", {"x": first, **weights, "l": lengths},
         [np.swapaxes(kept, 0, 1)[:, None], h[None], c[None]], 4e-6)
    for after in (False, True):
        gru = tf.keras.layers.GRU(hidden, return_sequences=True, return_state=True, bias_initializer="normal", reset_after=after)
        y, h = gru(x)
        w, r, b = gru.get_weights()  # gates z r h
        b = b.reshape(-1) if after else np.concatenate([b, np.zeros(3 * hidden, f32)])
        case(f"Gru {after}", f"Gru(%x, %w, %r, %b) {{hidden_size={hidden}, linear_before_reset={str(after).lower()}}}",
             {"x": first, "w": np.ascontiguousarray(w.T[None]), "r": np.ascontiguousarray(r.T[None]), "b": b[None]},
             [np.swapaxes(y, 0, 1)[:, None], h[None]], 4e-6)


def strings(case, rng):
    words = np.array(["Hello World", "  padded\t", "", "a,b;c,,d", "MiXeD 123"])
    case("StringLower", "StringLower(%x)", {"x": words}, tf.strings.lower(words), 0)
    case("StringUpper", "StringUpper(%x)", {"x": words}, tf.strings.upper(words), 0)
    case("StringStrip", "StringStrip(%x)", {"x": words}, tf.strings.strip(words), 0)
    case("StringLength", "StringLength(%x)", {"x": words}, tf.strings.length(words), 0)
    for n, (pattern, rewrite) in enumerate([(r"[aeiou]", "<>"), (r"(\w+) (\w+)", r"\2-\1"), (r"\s*", "_"), (r"(?i)m.x|o", r"[\0]"), (r"[^a-z]+", ""),
                                            (r"b?", "!"), (r"(a|b|c){1,2}?", "#"), (r"\b", "|"), (r"^|$", "^"), (r"[[:upper:]]\B", "U")]):
        for every in (True, False):
            quoted = pattern.replace("\\", "\\\\"), rewrite.replace("\\", "\\\\")
            case(f"StringRegexReplace {n} {every}",
                 f'StringRegexReplace(%x) {{pattern="{quoted[0]}", rewrite="{quoted[1]}", replace_global={str(every).lower()}}}',
                 {"x": words}, tf.strings.regex_replace(words, pattern, rewrite, every), 0)
    for n, pattern in enumerate([r".*o.*", r"", r"[A-Z][a-z]+ \S+", r"(\s|\w)*", r"a.{6}d"]):
        quoted = pattern.replace("\\", "\\\\")
        case(f"StringRegexFullMatch {n}", f'StringRegexFullMatch(%x) {{pattern="{quoted}"}}', {"x": words},
             tf.strings.regex_full_match(words, pattern), 0)
    case("StringJoin", 'StringJoin(%a, %b, %c) {separator="-"}', {"a": words, "b": np.array("x"), "c": words},
         tf.strings.join([words, "x", words], "-"), 0)
    grid = np.array([["a", "b", "c"], ["d", "e", "f"]])
    for axes in ([0], [1], [1, 0], [0, 1]):
        case(f"StringReduceJoin {axes}", f'StringReduceJoin(%x) {{separator="+", axes={axes}}}', {"x": grid},
             raw.ReduceJoin(inputs=grid, reduction_indices=axes, separator="+", keep_dims=False), 0)
    for separator in ("", ",", ",,", " "):
        y = raw.StringSplitV2(input=words, sep=separator)
        case(f"StringSplit '{separator}'", "StringSplit(%x, %s)", {"x": words, "s": np.array(separator)}, list(y), 0)
        y = raw.StringSplitV2(input=words, sep=separator, maxsplit=1)
        case(f"StringSplit '{separator}' once", "StringSplit(%x, %s) {max_split=1}", {"x": words, "s": np.array(separator)}, list(y), 0)
    for skip in (True, False):
        y = raw.StringSplit(input=words, delimiter=",;", skip_empty=skip)
        case(f"StringSplit legacy {skip}", f"StringSplit(%x, %s) {{legacy=true, skip_empty={str(skip).lower()}}}",
             {"x": words, "s": np.array(",;")}, list(y), 0)
    texts = np.array(["".join(chr(97 + (i * 7 + n) % 26) for i in range(n)) for n in
                      (0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 127, 128, 129, 200, 500)])
    case("StringHash", f"StringHash(%x) {{buckets={2**62}}}", {"x": texts}, tf.strings.to_hash_bucket_fast(texts, 2**62), 0)
    x = np.array([0, 1.5, -2.25, 1e-7, 123456.789, 1e20], f32)
    case("AsString", "AsString(%x)", {"x": x}, tf.strings.as_string(x), 0)
    case("AsString precise", 'AsString(%x) {precision=2, width=9, fill="0"}', {"x": x}, tf.strings.as_string(x, precision=2, width=9, fill="0"), 0)
    case("AsString scientific", "AsString(%x) {scientific=true}", {"x": x}, tf.strings.as_string(x, scientific=True), 0)
    case("AsString shortest", "AsString(%x) {shortest=true}", {"x": x}, tf.strings.as_string(x, shortest=True), 0)
    case("AsString int", "AsString(%x) {width=4}", {"x": np.array([-3, 0, 12345], i64)}, tf.strings.as_string(np.array([-3, 0, 12345], i64), width=4), 0)
    case("AsString bool", "AsString(%x)", {"x": np.array([True, False])}, tf.strings.as_string(np.array([True, False])), 0)
    numbers = np.array(["1.5", " -3e2 ", "0", "inf", "0.1"])
    case("StringToNumber", "StringToNumber(%x)", {"x": numbers}, tf.strings.to_number(numbers), 0)
    case("StringToNumber int", "StringToNumber(%x) {to=int64}", {"x": np.array(["7", "-12"])}, tf.strings.to_number(np.array(["7", "-12"]), tf.int64), 0)


GROUPS = [movement, diagonals, indexing, reduce, segments, counts, detection, fft, recurrent, strings]
