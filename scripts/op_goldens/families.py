"""Features and layers that came late: crossed and counted features, sets of sparse tensors, cuDNN's layers."""

from .harness import fed, ints, normal, np, tf, uniform, value

r = tf.raw_ops


def sparse(use, name, rows, high=5, empty=(), text=False):
    """Rows of 0 to 3 values each: indices, values, shape."""
    rng = np.random.default_rng(rows * 31 + high)
    places, values = [], []
    for row in range(rows):
        for column in range(0 if row in empty else int(rng.integers(1, 4))):
            places.append((row, column))
            values.append(int(rng.integers(0, high)))
    values = np.array([f"v{v}" for v in values], dtype=str) if text else np.array(values, "int64")
    tensors = value(np.array(places, "int64").reshape(-1, 2)), value(values), value([rows, 3], "int64")
    return [use(fed(t), f"{name}_{i}") for i, t in enumerate(tensors)]


def words(*shape):
    return fed(value(np.array([f"w{i % 3}" for i in range(int(np.prod(shape)))], dtype=str).reshape(shape)))


def crosses(w):
    def inputs(use, kind):
        a, b = sparse(use, "a", 3, empty=(1,) if kind == "gap" else ()), sparse(use, "b", 3, 7, text=kind != "numbers")
        dense = [] if kind == "sparse" else [use(fed(ints(-3, 9, 3, 2, dtype="int64")) if kind == "numbers" else words(3, 2), "d")]
        return dict(indices=[a[0], b[0]], values=[a[1], b[1]], shapes=[a[2], b[2]], dense_inputs=dense)

    for kind in ("sparse", "gap", "numbers", "mixed"):
        w.graph("SparseCrossV2", kind, lambda use: r.SparseCrossV2(**inputs(use, kind), sep="_x_"))
        for buckets in (0, 100):
            hashed = lambda use: r.SparseCrossHashed(**inputs(use, kind), num_buckets=buckets, strong_hash=False, salt=[3, 9])
            w.graph("SparseCrossHashed", f"{kind}_{buckets}", hashed)

    def strong(use):
        b = sparse(use, "b", 3, 7, text=True)
        return r.SparseCrossHashed(indices=[b[0]], values=[b[1]], shapes=[b[2]], dense_inputs=[use(words(3, 2), "d")], num_buckets=50, strong_hash=True, salt=[3, 9])

    w.graph("SparseCrossHashed", "strong", strong)
    for hashed in (False, True):
        for order in ("R", "RD", "DSR", "RR"):

            def ragged(use):
                columns = [(use(words(4), "r"), use(fed(value([0, 1, 1, 4], "int64")), "rs")), (use(fed(value([7, 8, 9], "int64")), "q"), use(fed(value([0, 2, 3, 3], "int64")), "qs"))][: order.count("R")]
                s = sparse(use, "s", 3) if "S" in order else None
                return r.RaggedCross(
                    ragged_values=[v for v, _ in columns], ragged_row_splits=[s for _, s in columns],
                    sparse_indices=[s[0]] if s else [], sparse_values=[s[1]] if s else [], sparse_shape=[s[2]] if s else [],
                    dense_inputs=[use(words(3, 2), "d")] if "D" in order else [],
                    input_order=order, hashed_output=hashed, num_buckets=40, hash_key=956888297470,
                    out_values_type=tf.int64 if hashed else tf.string, out_row_splits_type=tf.int64,
                )

            w.graph("RaggedCross", f"{order}_{hashed}", ragged)


def counts(w):
    limits = dict(plain=(-1, -1), least=(9, -1), most=(-1, 4), both=(2, 6))
    for label, (least, most) in limits.items():
        for binary in (False, True):
            more = dict(minlength=least, maxlength=most, binary_output=binary)
            name = f"{label}_{'binary' if binary else 'sum'}"
            none = np.zeros(0, "int64")
            for shape in ((7,), (3, 4), (0,), (2, 0)):
                values = fed(ints(0, 6, *shape, dtype="int64"))
                case = f"{name}_{'x'.join(map(str, shape))}"
                w.graph("DenseCountSparseOutput", case, lambda use: r.DenseCountSparseOutput(values=use(values), weights=none, **more))

            def of_sparse(use, weighted):
                a = sparse(use, "a", 4, empty=(2,))
                weights = use(fed(normal(int(a[1].shape[0]))), "w") if weighted else np.zeros(0, "float32")
                return r.SparseCountSparseOutput(indices=a[0], values=a[1], dense_shape=a[2], weights=weights, **more)

            w.graph("SparseCountSparseOutput", name, lambda use: of_sparse(use, False), static=True)
            splits = fed(value([0, 3, 3, 6], "int64"))
            ragged = lambda use: r.RaggedCountSparseOutput(splits=use(splits, "s"), values=use(fed(ints(0, 6, 6)), "v"), weights=none, **more)
            w.graph("RaggedCountSparseOutput", name, ragged)
        if least < 9:
            w.graph("SparseCountSparseOutput", f"{label}_weighted", lambda use: of_sparse(use, True), static=True)
            weighted = lambda use: r.DenseCountSparseOutput(values=use(fed(ints(0, 6, 3, 4)), "v"), weights=use(fed(normal(3, 4)), "w"), minlength=least, maxlength=most, binary_output=False)
            w.graph("DenseCountSparseOutput", f"{label}_weighted", weighted, static=True)


def sets(w):
    for operation in ("a-b", "b-a", "intersection", "union"):
        for label, empty in dict(full=(), gap=(1,), none=(0, 1, 2)).items():
            more = dict(set_operation=operation, validate_indices=True)

            def to_sparse(use):
                b = sparse(use, "b", 3, 6, empty)
                return r.DenseToSparseSetOperation(set1=use(fed(ints(0, 6, 3, 4, dtype="int64")), "a"), set2_indices=b[0], set2_values=b[1], set2_shape=b[2], **more)

            def both_sparse(use):
                a, b = sparse(use, "a", 3, 9), sparse(use, "b", 3, 6, empty)
                return r.SparseToSparseSetOperation(set1_indices=a[0], set1_values=a[1], set1_shape=a[2], set2_indices=b[0], set2_values=b[1], set2_shape=b[2], **more)

            w.graph("DenseToSparseSetOperation", f"{operation}_{label}", to_sparse)
            w.graph("SparseToSparseSetOperation", f"{operation}_{label}", both_sparse)
    for label, empty in dict(full=(), gap=(1,), none=(0, 1, 2)).items():
        for text in (False, True):
            size = lambda use: r.SetSize(**dict(zip(("set_indices", "set_values", "set_shape"), sparse(use, "a", 3, 3, empty, text))))
            w.graph("SetSize", f"{label}_{'text' if text else 'numbers'}", size)


def cudnn(w):
    """TensorFlow has no kernel for the CPU, so the layers' formulas stand in for it."""

    def layer(x, h, c, weights, biases, mode, backwards):
        g = len(weights) // 2
        outputs = []
        for t in reversed(range(x.shape[0])) if backwards else range(x.shape[0]):
            xs = [tf.matmul(x[t], weights[k], transpose_b=True) + biases[k] for k in range(g)]
            hs = [tf.matmul(h, weights[g + k], transpose_b=True) + biases[g + k] for k in range(g)]
            if mode == "lstm":
                i, f, o = (tf.sigmoid(xs[k] + hs[k]) for k in (0, 1, 3))
                c = f * c + i * tf.tanh(xs[2] + hs[2])
                h = o * tf.tanh(c)
            else:
                reset, update = tf.sigmoid(xs[0] + hs[0]), tf.sigmoid(xs[1] + hs[1])
                h = (1 - update) * tf.tanh(xs[2] + reset * hs[2]) + update * h
            outputs.append(h)
        return tf.stack(outputs[::-1] if backwards else outputs), h, c

    def stack(x, h, c, params, mode, layers, directions, units):
        gates, at, matrices, hs, cs = 4 if mode == "lstm" else 3, 0, [], [], []

        def take(*shape):
            nonlocal at
            at += int(np.prod(shape))
            return tf.reshape(params[at - int(np.prod(shape)) : at], shape)

        for l in range(layers):
            width = x.shape[2] if l == 0 else units * directions
            matrices += [[take(units, width) for _ in range(gates)] + [take(units, units) for _ in range(gates)] for _ in range(directions)]
        biases = [[take(units) for _ in range(2 * gates)] for _ in range(layers * directions)]
        for l in range(layers):
            ways = []
            for p in range(l * directions, (l + 1) * directions):
                y, a, b = layer(x, h[p], c[p] if mode == "lstm" else None, matrices[p], biases[p], mode, p % directions == 1)
                ways.append(y)
                hs.append(a)
                cs.append(b)
            x = tf.concat(ways, 2)
        return [x, tf.stack(hs)] + ([tf.stack(cs)] if mode == "lstm" else [])

    for mode in ("lstm", "gru"):
        for layers, directions in ((1, 1), (1, 2), (2, 1), (2, 2)):
            for first in (False, True):
                units, size, gates = 3, 5, 4 if mode == "lstm" else 3
                count = sum(directions * gates * units * ((size if l == 0 else units * directions) + units + 2) for l in range(layers))
                turn = lambda t: tf.transpose(t, [1, 0, 2]) if first else t

                def inputs(use):
                    x, h = use(fed(normal(*((2, 4) if first else (4, 2)), size)), "x"), use(fed(normal(*((2, layers * directions) if first else (layers * directions, 2)), units)), "h")
                    c = use(fed(normal(*h.shape)), "c") if mode == "lstm" else tf.zeros([0])
                    return x, h, c, use(normal(count, scale=0.5), "params")

                def expected(use):
                    x, h, c, params = inputs(use)
                    results = stack(turn(x), turn(h), turn(c) if mode == "lstm" else None, params, mode, layers, directions, units)
                    return [turn(t) for t in results]

                def shown(use):
                    x, h, c, params = inputs(use)
                    more = dict(rnn_mode=mode, direction="bidirectional" if directions == 2 else "unidirectional", is_training=False)
                    op = dict(input=x, input_h=h, input_c=c, params=params, **more)
                    if first:
                        y = r.CudnnRNNV3(**op, sequence_lengths=[4, 4], time_major=False)
                    else:
                        y = (r.CudnnRNN if layers == 1 else r.CudnnRNNV2)(**op)
                    return [y.output, y.output_h] + ([y.output_c] if mode == "lstm" else [])

                name = "CudnnRNNV3" if first else "CudnnRNN" if layers == 1 else "CudnnRNNV2"
                w.graph(name, f"{mode}_{layers}_{directions}", expected, shown=shown, static=True, tolerance=(1e-4, 1e-5))


def others(w):
    for size, stride, padding in ((2, 1, "VALID"), (3, 2, "SAME"), (1, 2, "VALID")):
        more = dict(ksizes=[1, size, size, size, 1], strides=[1, stride, stride, stride, 1], padding=padding)
        w.add("ExtractVolumePatches", f"{size}_{stride}_{padding}", input=fed(normal(2, 5, 4, 6, 3)), exact=True, **more)
    for count in (1, 5):
        w.add("Fingerprint", f"{count}", data=words(count), method="farmhash64")


def write(w):
    others(w)
    crosses(w)
    counts(w)
    sets(w)
    cudnn(w)
