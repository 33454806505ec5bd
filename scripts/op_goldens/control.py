"""Branches and loops in TensorFlow's two ways of writing them, lists of tensors, texts, random numbers, sparse values."""

from .harness import fed, ints, normal, np, tf, uniform, v1, value

r = tf.raw_ops


def branches(put):
    x = lambda use: use(fed(normal(3, 4)))
    flag = lambda use, yes: use(fed(value(yes)), "flag")
    for yes in (True, False):
        put(
            f"cond_{yes}", lambda use: (lambda x: v1.cond(flag(use, yes), lambda: x * 2.0, lambda: x - 1.0))(x(use))
        )
        put(f"cond_two_results_{yes}", lambda use: two_results(x(use), flag(use, yes)))
        put(f"cond_nested_{yes}", lambda use: nested(x(use), flag(use, yes)))
        put(f"cond_by_cond_{yes}", lambda use: by_cond(x(use), flag(use, yes)))
        put(f"cond_other_shape_{yes}", lambda use: other_shape(x(use), flag(use, yes)))
    put(
        "cond_by_value",
        lambda use: (lambda x: v1.cond(tf.reduce_sum(x) > 0, lambda: tf.exp(x), lambda: -x))(x(use)),
    )
    put("cond_constant", lambda use: (lambda x: v1.cond(tf.constant(True), lambda: x + 1.0, lambda: x))(x(use)))
    put(
        "cond_passes_through",
        lambda use: (lambda x: v1.cond(x[0, 0] > 0, lambda: x, lambda: tf.zeros_like(x)))(x(use)),
    )


def two_results(x, flag):
    return v1.cond(flag, lambda: (x + 1.0, tf.argmax(x, 1)), lambda: (x * x, tf.argmin(x, 1)))


def nested(x, flag):
    inner = lambda: v1.cond(x[0, 0] > 0.0, lambda: x + 1.0, lambda: x - 1.0)
    return v1.cond(flag, inner, lambda: tf.tanh(x))


def by_cond(x, flag):
    """What one conditional gives decides the next, outside of it and in a branch."""
    small = v1.cond(flag, lambda: x[0, 0] < 0.5, lambda: x[0, 1] > 0.0)
    y = v1.cond(small, lambda: x + 1.0, lambda: x * 3.0)
    inner = lambda: v1.cond(small, lambda: y - x, lambda: tf.exp(x))
    return v1.cond(flag, inner, lambda: v1.cond(small, lambda: tf.tanh(y), lambda: y))


def other_shape(x, flag):
    return v1.cond(flag, lambda: x[:1], lambda: tf.concat([x, x], 0))


def loops(put):
    count = lambda use, n: use(fed(value(n, "int32")), "count")
    x = lambda use: use(fed(normal(3, 4)))
    w = lambda use: use(normal(4, 4), "w")
    for n in (0, 1, 5):
        put(f"while_{n}", lambda use: repeat(count(use, n), x(use), w(use)))
    put("while_constant_count", lambda use: repeat(tf.constant(3), x(use), w(use)))
    put(
        "while_by_value",
        lambda use: v1.while_loop(lambda v: tf.reduce_max(v) < 50.0, lambda v: [v * 1.5 + 1.0], [x(use)]),
    )
    put("while_nested", lambda use: repeat_nested(count(use, 3), x(use)))
    put("while_in_while_from_constants", lambda use: constant_start(count(use, 3), x(use)))
    put("while_grows", lambda use: grow(count(use, 3), x(use)))
    put("while_with_cond", lambda use: with_cond(count(use, 5), x(use)))
    put("while_swaps", lambda use: swap(count(use, 3), x(use)))
    put("while_unused_result", lambda use: repeat_pair(count(use, 4), x(use))[1])
    put("collect", lambda use: collect(count(use, 4), x(use)))
    put("rnn", lambda use: rnn(use(fed(normal(5, 2, 3))), use(normal(3, 6), "w"), use(normal(6, 6), "u")))
    put("scan_reverse", lambda use: tf.scan(lambda a, b: a * 0.5 + b, use(fed(normal(5, 3))), reverse=True))
    put("map", lambda use: tf.map_fn(lambda row: tf.reduce_sum(row) * row, x(use)))
    put("fold", lambda use: tf.foldl(lambda a, b: tf.maximum(a, b), x(use)))


def repeat(count, x, w):
    step = lambda i, v: (i + 1, tf.tanh(v @ w))
    return v1.while_loop(lambda i, v: i < count, step, (0, x))


def repeat_nested(count, x):
    inner = lambda v: v1.while_loop(lambda j, _: j < 2, lambda j, u: (j + 1, u * 0.5 + 1.0), (0, v))[1]
    return v1.while_loop(lambda i, v: i < count, lambda i, v: (i + 1, inner(v)), (0, x))[1]


def constant_start(count, x):
    """Nothing but constants enters the inner loop: what it adds to does not come from the outer one."""
    step = lambda j, u: (j + 1, u * 0.5 + 1.0)
    inner = lambda: v1.while_loop(lambda j, _: j < 3, step, (0, tf.ones([3, 4])), name="x")[1]
    return v1.while_loop(lambda i, v: i < count, lambda i, v: (i + 1, v + inner()), (0, x))[1]


def grow(count, x):
    known = (tf.TensorShape([]), tf.TensorShape([None, 4]))
    return v1.while_loop(lambda i, v: i < count, lambda i, v: (i + 1, tf.concat([v, x], 0)), (0, x), known)[1]


def with_cond(count, x):
    step = lambda i, v: (i + 1, v1.cond(tf.equal(i % 2, 0), lambda: v + 1.0, lambda: v * 2.0))
    return v1.while_loop(lambda i, v: i < count, step, (0, x))[1]


def swap(count, x):
    return v1.while_loop(lambda i, a, b: i < count, lambda i, a, b: (i + 1, b, a + b), (0, x, -x))[1:]


def repeat_pair(count, x):
    return v1.while_loop(lambda i, a, b: i < count, lambda i, a, b: (i + 1, a * 2.0, b + 1.0), (0, x, x))


def collect(count, x):
    out = tf.TensorArray(tf.float32, count, element_shape=[3, 4])
    step = lambda i, out: (i + 1, out.write(i, x * tf.cast(i, tf.float32)))
    return v1.while_loop(lambda i, _: i < count, step, (0, out))[1].stack()


def rnn(x, w, u):
    """A plain cell over time, x [time, batch, features]; all states and the last."""
    rows, out = tf.TensorArray(tf.float32, 5).unstack(x), tf.TensorArray(tf.float32, 5)
    cell = lambda i, h: tf.tanh(rows.read(i) @ w + h @ u)

    def step(i, h, out):
        h = cell(i, h)
        return i + 1, h, out.write(i, h)

    _, last, out = v1.while_loop(lambda i, *_: i < 5, step, (0, tf.zeros([2, 6]), out))
    return [last, out.stack()]


# Lists whose elements get their shapes from values, one iteration at a time.


def varying(count, element, shape=None):
    """The list of element(0), …, element(count - 1)."""
    out = tf.TensorArray(tf.float32, count, element_shape=shape, infer_shape=False, clear_after_read=False)
    step = lambda i, out: (i + 1, out.write(i, element(i)))
    return v1.while_loop(lambda i, _: i < count, step, (0, out))[1]


def some_rows(x, i):
    return tf.boolean_mask(x, x[:, 0] > tf.cast(i, tf.float32) * 0.3 - 0.6)


def total(list, count):
    """Reads every element."""
    step = lambda i, v: (i + 1, v * 0.5 + tf.reduce_sum(list.read(i)))
    return v1.while_loop(lambda i, _: i < count, step, (0, 0.0))[1]


def varying_nested(x, count):
    inner = lambda i: varying(count, lambda j: some_rows(x, i + j), [None, 4]).concat()
    return varying(count, inner, [None, 4]).concat()


def varying_passed_on(x, count):
    """A loop reads the list that another filled."""
    out = varying(count, lambda i: some_rows(x, i), [None, 4])
    return varying(count, lambda i: tf.concat([out.read(i), x[:i]], 0), [None, 4]).concat()


def varying_grown(x, count):
    out = tf.TensorArray(tf.float32, 0, dynamic_size=True, element_shape=[None, 4], infer_shape=False)
    step = lambda i, out: (i + 1, out.write(i, some_rows(x, i)))
    return v1.while_loop(lambda i, _: i < count, step, (0, out))[1].concat()


def varying_in_branches(x, count):
    out = tf.TensorArray(tf.float32, count, element_shape=[None, 4], infer_shape=False)
    def step(i, out):
        if v1.control_flow_v2_enabled():
            longer = lambda: out.write(i, some_rows(x, i))
            return i + 1, tf.cond(i % 2 < 1, longer, lambda: out.write(i, x[:2] * 2.0))
        return i + 1, out.write(i, tf.cond(i % 2 < 1, lambda: some_rows(x, i), lambda: x[:2] * 2.0))

    return v1.while_loop(lambda i, _: i < count, step, (0, out))[1].concat()


VARYING = {
    "concat": lambda x, count: varying(count, lambda i: some_rows(x, i), [None, 4]).concat(),
    "concat_unknown": lambda x, count: varying(count, lambda i: some_rows(x, i)).concat(),
    "read": lambda x, count: total(varying(count, lambda i: some_rows(x, i)), count),
    "both_dims": lambda x, count: total(varying(count, lambda i: x[: i + 2, : 4 - i] * 2.0), count),
    "stack": lambda x, count: varying(count, lambda i: x[: tf.shape(x)[0] - count + i * 0]).stack(),
    "nested": varying_nested,
    "passed_on": varying_passed_on,
    "grown": varying_grown,
    "branches": varying_in_branches,
}


def lists(put):
    """TensorArrays become TensorArrayV3 operations in the old way and tensor lists in the new."""
    x = lambda use: use(fed(normal(4, 3)))
    array = lambda x: tf.TensorArray(tf.float32, 4, clear_after_read=False).unstack(x)
    put("list_read", lambda use: (lambda a: a.read(2) + a.read(0))(array(x(use))))
    put("list_gather", lambda use: array(x(use)).gather([3, 1, 1]))
    put("list_stack", lambda use: array(x(use)).stack())
    put("list_size", lambda use: array(x(use)).size())
    put("list_concat", lambda use: array(x(use)).concat())
    gap = lambda x: tf.TensorArray(tf.float32, 5).scatter([4, 0, 3, 1], x)
    put("list_write", lambda use: gap(x(use)).write(2, use(fed(normal(3)), "row")).stack())
    put("list_scatter", lambda use: tf.TensorArray(tf.float32, 4).scatter([2, 0, 3, 1], x(use)).stack())
    for name, make in VARYING.items():
        put("list_varying_" + name, lambda use, make=make: make(use(fed(normal(6, 4))), use(fed(value(4, "int32")), "count")))
    put("list_split", lambda use: tf.TensorArray(tf.float32, 2, infer_shape=False).split(x(use), [1, 3]).read(1))


def texts(w):
    words = fed(value(["The cat", "", "sat on  the", "Mat 42"]))
    of = lambda op, label, build: w.graph("Text", f"{op}_{label}", build)
    for number, pattern in enumerate(("a", "[aeiou]", r"\s+", r"(\w)at", "^The")):
        of(
            "StaticRegexReplace",
            f"{number}",
            lambda use: r.StaticRegexReplace(input=use(words), pattern=pattern, rewrite="_"),
        )
        of(
            "StaticRegexFullMatch",
            f"{number}",
            lambda use: r.StaticRegexFullMatch(input=use(words), pattern=f".*{pattern}.*"),
        )
    of("Case", "lower", lambda use: r.StringLower(input=use(words)))
    of("Case", "upper", lambda use: r.StringUpper(input=use(words)))
    of("Join", "two", lambda use: r.StringJoin(inputs=[use(words), use(words, "z")], separator="+"))
    of("Join", "scalar", lambda use: r.StringJoin(inputs=[use(words), use(value("!"), "z")], separator=""))
    of("Join", "reduce", lambda use: r.ReduceJoin(inputs=use(words), reduction_indices=[0], separator="|"))
    of("Split", "by_space", lambda use: r.StringSplitV2(input=use(words), sep="", maxsplit=-1))
    of("Split", "by_text", lambda use: r.StringSplitV2(input=use(words), sep="at", maxsplit=-1))
    of(
        "Number",
        "float",
        lambda use: r.StringToNumber(string_tensor=use(fed(value(["1.5", "-2e3", "0"]))), out_type=tf.float32),
    )
    of(
        "Number",
        "int",
        lambda use: r.StringToNumber(string_tensor=use(fed(value(["15", "-2"]))), out_type=tf.int64),
    )
    of("Number", "as_string", lambda use: r.AsString(input=use(fed(ints(-99, 99, 6)))))
    for buckets in (1, 7, 1000, 2**31, 2**40):
        of(
            "StringToHashBucketFast",
            f"{buckets}",
            lambda use: r.StringToHashBucketFast(input=use(words), num_buckets=buckets),
        )
    for label, keys, values, default in (
        ("to_int", ["Mat 42", ""], [7, 8], -1),
        ("to_text", ["The cat"], ["dog"], "?"),
        ("to_float", ["x", "Mat 42"], [1.5, 2.5], 0.0),
    ):
        of("Table", label, lambda use: lookup(use(words), keys, values, default))
    of(
        "Table",
        "of_numbers",
        lambda use: lookup(use(fed(value([3, 9, 1], "int64"))), np.array([1, 3]), ["one", "three"], "none"),
    )
    of("Equal", "constant", lambda use: r.Equal(x=use(words), y=use(value("Mat 42"), "z")))
    of("Moves", "concat", lambda use: r.ConcatV2(values=[use(words), use(value(["end"]), "z")], axis=0))
    of(
        "Moves",
        "gather",
        lambda use: r.GatherV2(params=use(value(["a", "bb", "ccc"]), "t"), indices=use(fed(ints(0, 2, 5))), axis=0),
    )


def lookup(x, keys, values, default):
    """By raw operations: tf.lookup puts a random name into the graph."""
    keys, values = tf.constant(keys), tf.constant(values)
    table = r.HashTableV2(key_dtype=keys.dtype, value_dtype=values.dtype, shared_name="table")
    v1.add_to_collection(
        v1.GraphKeys.TABLE_INITIALIZERS, r.LookupTableImportV2(table_handle=table, keys=keys, values=values)
    )
    default = tf.constant(default, values.dtype)
    return r.LookupTableFindV2(table_handle=table, keys=x, default_value=default)


def random(w):
    """Numbers that nobody can foretell: shape and type are what a case checks."""
    put = lambda op, label, **k: w.add(op, label, random=True, **k)
    for label, shape in (
        ("matrix", [3, 4]),
        ("vector", [9]),
        ("scalar", []),
        ("empty", [0, 2]),
        ("4d", [1, 2, 3, 2]),
    ):
        size = value(shape, "int32")
        put("RandomUniform", label, shape=size, dtype=tf.float32, seed=3)
        put("RandomStandardNormal", label, shape=size, dtype=tf.float64)
        put("TruncatedNormal", label, shape=size, dtype=tf.float32)
        put("RandomUniformInt", label, shape=size, minval=value(-2, "int32"), maxval=value(5, "int32"))
        put("RandomUniform", f"fed_{label}", shape=fed(size), dtype=tf.float16)
    for n in (1, 3, 6):
        for out in ("int64", "int32"):
            put(
                "Multinomial",
                f"{n}_{out}",
                logits=fed(normal(2, 5)),
                num_samples=value(n, "int32"),
                output_dtype=out,
            )
    for label, shape in (("rows", (5, 2)), ("vector", (7,)), ("one", (1, 3)), ("empty", (0, 2)), ("3d", (3, 2, 2))):
        put("RandomShuffle", label, value=fed(normal(*shape)))


def sparse(w):
    for label, at, shape, rows in (
        ("gaps", [[0, 1], [2, 0]], [4, 3], 2),
        ("none_empty", [[0, 0], [1, 2]], [2, 3], 2),
        ("first_empty", [[1, 1]], [2, 2], 1),
        ("all_empty", np.zeros((0, 2)), [2, 3], 0),
        ("repeated_row", [[1, 0], [1, 2]], [3, 3], 2),
    ):
        base = dict(indices=value(at, "int64"), values=fed(normal(rows)), dense_shape=value(shape, "int64"))
        w.add("SparseFillEmptyRows", label, **base, default_value=value(-1, "float32"))
    for label, at, old, new in (
        ("flatten", [[0, 1], [2, 0]], [3, 2], [-1]),
        ("split", [[3], [5]], [6], [2, 3]),
        ("same", [[0, 1]], [2, 2], [2, 2]),
        ("deeper", [[1, 1]], [2, 4], [2, 2, -1]),
        ("none", np.zeros((0, 2)), [2, 3], [3, 2]),
    ):
        w.add(
            "SparseReshape",
            label,
            input_indices=fed(value(at, "int64")),
            input_shape=value(old, "int64"),
            new_shape=value(new, "int64"),
        )
    for label, splits, limit in (
        ("plain", [0, 2, 2, 5], [-1, -1]),
        ("wider", [0, 1, 5], [2, 6]),
        ("cut", [0, 4, 5], [2, 2]),
        ("one_row", [0, 5], [1, 5]),
        ("more_rows", [0, 3, 5], [4, -1]),
    ):
        w.add(
            "RaggedTensorToTensor",
            label,
            shape=value(limit, "int64"),
            values=fed(normal(5)),
            default_value=value(0, "float32"),
            row_partition_tensors=[fed(value(splits, "int64"))],
            row_partition_types=["ROW_SPLITS"],
        )
    for label, start, limit, step in (
        ("rows", [0, 5], [3, 8], [1, 1]),
        ("steps", [0, 9], [7, 0], [2, -3]),
        ("scalar_start", 0, [2, 0, 4], 1),
        ("empty", [3], [3], [1]),
        ("one", [1], [2], [5]),
    ):
        w.add(
            "RaggedRange",
            label,
            starts=fed(value(start, "int32")),
            limits=fed(value(limit, "int32")),
            deltas=value(step, "int32"),
        )
    for label, classes in (("ten", 10), ("two", 2), ("one", 1), ("wide", 40), ("three", 3)):
        w.add(
            "SoftmaxCrossEntropyWithLogits",
            label,
            features=fed(normal(4, classes)),
            labels=fed(uniform(0, 1, 4, classes)),
            tolerance=(1e-5, 1e-5),
        )
        w.add(
            "SparseSoftmaxCrossEntropyWithLogits",
            label,
            features=fed(normal(4, classes)),
            labels=fed(ints(0, classes - 1, 4)),
            tolerance=(1e-5, 1e-5),
        )


def recurrent(w):
    """Cells in one operation; the sequence is cut at seq_len_max."""
    for label, bias, clip in (("plain", 1.0, -1.0), ("no_forget_bias", 0.0, -1.0), ("clipped", 1.0, 0.3)):
        for peephole in (False, True):
            more = dict(forget_bias=bias, cell_clip=clip, use_peephole=peephole)
            parts = lambda: dict(
                cs_prev=fed(normal(2, 4)),
                h_prev=fed(normal(2, 4)),
                w=normal(7, 16),
                wci=normal(4),
                wcf=normal(4),
                wco=normal(4),
                b=normal(16),
            )
            name = f"{label}{'_peephole' if peephole else ''}"
            w.add("LSTMBlockCell", name, x=fed(normal(2, 3)), **parts(), **more)
            w.add("BlockLSTM", name, seq_len_max=value(5, "int64"), x=fed(normal(5, 2, 3)), **parts(), **more)
    for batch in (1, 2, 3, 5, 8):
        w.add(
            "GRUBlockCell",
            f"batch_{batch}",
            x=fed(normal(batch, 3)),
            h_prev=fed(normal(batch, 4)),
            w_ru=normal(7, 8),
            w_c=normal(7, 4),
            b_ru=normal(8),
            b_c=normal(4),
        )


def write(w):
    for name, change in (("v1", v1.disable_control_flow_v2), ("v2", v1.enable_control_flow_v2)):
        change()
        for family, add in (("Branch", branches), ("Loop", loops), ("List", lists)):
            add(lambda label, build: w.graph(f"Control.{family}.{name}", label, build))
    v1.disable_control_flow_v2()
    for add in (texts, random, sparse, recurrent):
        add(w)
