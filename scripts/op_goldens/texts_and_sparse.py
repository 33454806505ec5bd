"""Parts of strings, code points, n-grams, bytes; arithmetic on sparse tensors; rows of ragged tensors and lists that differ in length."""

from .harness import fed, ints, normal, np, tf, uniform, v1, value

r = tf.raw_ops

LETTERS = [
    "h\u00e9llo",
    "\u65e5\u672c\u8a9e",
    "ascii",
    "\u00dcn\u00efcode \u00df",
    "",
    "\u039f\u0394\u039f\u03a3 \u03a3\u0391",
    "\U0001f600a",
]


def strings(w):
    words = fed(value(["abcd", "efgh", "xyzw"]))
    for label, at, count in (
        ("plain", 1, 2),
        ("from_end", -2, 2),
        ("long", 1, 99),
        ("none", 4, 3),
        ("rows", [0, 1, 2], [1, 2, 1]),
    ):
        w.add("Substr", label, input=words, pos=value(at, "int32"), len=value(count, "int32"))
    w.add("Substr", "fed", input=words, pos=fed(value([0, -1, 2], "int64")), len=fed(value([1, 1, 2], "int64")))
    w.add(
        "Substr", "utf8", input=fed(value(LETTERS[:4])), pos=value(1, "int32"), len=value(2, "int32"), unit="UTF8_CHAR"
    )
    groups = dict(
        all=LETTERS,
        latin=["\u00c0\u00e9\u0178", "\u0132\u0133"],
        greek=["\u03a3\u03a3", "\u03c2\u03b1"],
        cyrillic=["\u0416\u0436\u0401"],
        none=[],
    )
    for label, group in groups.items():
        for op in ("StringLower", "StringUpper"):
            w.add(op, f"utf8_{label}", input=fed(value(np.array(group, dtype="<U9"))), encoding="utf-8")
        w.add("StringLength", f"utf8_{label}", input=fed(value(np.array(group, dtype="<U9"))), unit="UTF8_CHAR")
    decode = lambda use, op=r.UnicodeDecode, **more: op(input=use(fed(value(LETTERS))), input_encoding="UTF-8", **more)
    for errors in ("replace", "ignore"):
        broken = value([b"a\xffb", b"\xe6\x97", b"\xc3\xa9\x00", b"\xf0\x9f\x98", b"\xed\xa0\x80z"])
        for control in (False, True):
            w.graph(
                "UnicodeDecode",
                f"{errors}_{control}",
                lambda use: r.UnicodeDecode(
                    input=tf.constant(broken.make(None)),
                    input_encoding="UTF-8",
                    errors=errors,
                    replace_control_characters=control,
                ),
            )
    for split in (tf.int64,):
        w.graph("UnicodeDecode", split.name, lambda use: decode(use, Tsplits=split))
        w.graph(
            "UnicodeDecodeWithOffsets", split.name, lambda use: decode(use, r.UnicodeDecodeWithOffsets, Tsplits=split)
        )
    for label, text in (("one", ["abc"]), ("empty", ["", ""]), ("wide", LETTERS[1:3]), ("emoji", LETTERS[-1:])):
        w.graph(
            "UnicodeDecodeWithOffsets",
            label,
            lambda use: r.UnicodeDecodeWithOffsets(input=use(fed(value(text))), input_encoding="UTF-8"),
        )
        w.graph(
            "UnicodeEncode",
            label,
            lambda use: (
                lambda d: r.UnicodeEncode(
                    input_values=d.char_values, input_splits=d.row_splits, output_encoding="UTF-8"
                )
            )(r.UnicodeDecode(input=use(fed(value(text))), input_encoding="UTF-8")),
        )
        w.graph(
            "UnicodeTranscode",
            label,
            lambda use: r.UnicodeTranscode(
                input=use(fed(value(text))), input_encoding="UTF-8", output_encoding="UTF-8"
            ),
        )
    for label, shape in (("vector", (7,)), ("column", (7, 1)), ("scalar", ())):
        text = value(LETTERS[1] if shape == () else np.array(LETTERS).reshape(shape))
        w.graph(
            "UnicodeTranscode",
            label,
            lambda use: r.UnicodeTranscode(input=use(fed(text)), input_encoding="UTF-8", output_encoding="UTF-8"),
        )
        if shape:
            w.graph(
                "UnicodeEncode",
                label,
                lambda use: (
                    lambda d: r.UnicodeEncode(
                        input_values=d.char_values, input_splits=d.row_splits, output_encoding="UTF-8"
                    )
                )(r.UnicodeDecode(input=tf.reshape(use(fed(text)), [-1]), input_encoding="UTF-8")),
            )
    for label, more in (
        ("pairs", dict(ngram_widths=[2])),
        ("several", dict(ngram_widths=[1, 2, 3])),
        ("padded", dict(ngram_widths=[3], left_pad="<", right_pad=">", pad_width=-1)),
        ("one_pad", dict(ngram_widths=[3, 2], left_pad="<", right_pad=">", pad_width=1)),
        ("short", dict(ngram_widths=[4], preserve_short_sequences=True)),
        (
            "short_padded",
            dict(ngram_widths=[7], left_pad="<", right_pad=">", pad_width=1, preserve_short_sequences=True),
        ),
    ):
        kwargs = dict(separator=" ", left_pad="", right_pad="", pad_width=0, preserve_short_sequences=False) | more
        w.add(
            "StringNGrams",
            label,
            data=fed(value(list("abcdefgh"))),
            data_splits=fed(value([0, 3, 3, 4, 8], "int64")),
            **kwargs,
        )
    for buckets in (2, 7, 1000, 1 << 40, 1):
        w.add(
            "StringToHashBucketStrong",
            f"{buckets}",
            input=fed(value(["a", "hello", "", "a longer text than eight bytes"])),
            num_buckets=buckets,
            key=[12, -3],
        )
        w.add(
            "StringToHashBucket",
            f"{buckets}",
            string_tensor=fed(value(["a", "hello", "", "a longer text than eight bytes"])),
            num_buckets=buckets,
        )
    for dtype in ("uint8", "int8", "int16", "int32", "float32", "float64", "int64", "uint16"):
        for little in (True, False):
            w.add(
                "DecodeRaw",
                f"{dtype}_{little}",
                bytes=fed(value(["abcdefgh", "ABCDEFGH"])),
                out_type=dtype,
                little_endian=little,
            )
    for label, length in (("cut", 2), ("same", 4), ("padded", 8), ("long", 12), ("one", 4)):
        w.add(
            "DecodePaddedRaw",
            label,
            input_bytes=fed(value(["abcd", "e"] if label != "one" else ["abcd"])),
            fixed_length=value(length, "int32"),
            out_type="int16",
        )
    for normalize in (True, False):
        for label, a, b in (
            ("plain", [[1, 2, 3, 0], [4, 0, 0, 0]], [[1, 3, 0], [0, 0, 0]]),
            ("equal", [[1, 2]], [[1, 2]]),
            ("other", [[5, 6, 7]], [[1, 2, 3]]),
        ):
            w.graph(
                "EditDistance",
                f"{label}_{normalize}",
                lambda use: tf.edit_distance(sparse(use, a, "a"), sparse(use, b, "b"), normalize),
            )


def sparse(use, dense, name):
    return tf.sparse.from_dense(use(fed(value(dense, "int64")), name))


def sparse_math(w):
    where = [[0, 0], [0, 2], [1, 1], [3, 3]]
    x = lambda use, at=where, name="x": tf.SparseTensor(at, use(fed(normal(len(at))), name), [4, 4])
    dense = lambda use, *s: use(fed(normal(*s)), "dense")
    of = lambda op, label, build, **more: w.graph(op, label, build, **more)
    for a in (False, True):
        for b in (False, True):
            of(
                "SparseTensorDenseMatMul",
                f"{a}_{b}",
                lambda use: tf.sparse.sparse_dense_matmul(x(use), dense(use, *((3, 4) if b else (4, 3))), a, b),
            )
    of(
        "SparseTensorDenseMatMul",
        "empty",
        lambda use: tf.sparse.sparse_dense_matmul(
            tf.SparseTensor(tf.zeros([0, 2], tf.int64), tf.zeros([0]), [4, 4]), dense(use, 4, 2)
        ),
    )
    other = [[0, 1], [0, 2], [2, 1], [3, 3]]
    for label, first, second in (
        ("mixed", where, other),
        ("equal", where, where),
        ("apart", [[0, 0]], [[3, 3]]),
        ("longer", where, [[0, 2]]),
        ("shorter", [[0, 2]], where),
    ):
        two = lambda use, first=first, second=second: (x(use, first), x(use, second, "y"))
        of("SparseAdd", label, lambda use: tf.sparse.add(*two(use)))
        of("SparseSparseMaximum", label, lambda use: tf.sparse.maximum(*two(use)))
        of("SparseSparseMinimum", label, lambda use: tf.sparse.minimum(*two(use)))
        of("SparseTensorDenseAdd", label, lambda use: tf.sparse.add(x(use, first), dense(use, 4, 4)))
        of("SparseReorder", label, lambda use: tf.sparse.reorder(x(use, first[::-1])))
        of("SparseSoftmax", label, lambda use: tf.sparse.softmax(x(use, first)))
        for op in ("Mul", "Div", "Add"):
            call = getattr(r, f"SparseDenseCwise{op}")
            of(
                f"SparseDenseCwise{op}",
                label,
                lambda use: (
                    lambda s: call(
                        sp_indices=s.indices,
                        sp_values=s.values,
                        sp_shape=s.dense_shape,
                        dense=dense(use, *((4, 4) if first is where else (1, 4))),
                    )
                )(x(use, first)),
            )
    of("SparseAdd", "threshold", lambda use: tf.sparse.add(x(use), x(use, other, "y"), threshold=0.8))
    for axis in (0, 1, -1, None, [0, 1]):
        for keep in (False, True):
            of(
                "SparseReduceSum",
                f"{axis}_{keep}".replace(" ", ""),
                lambda use: tf.sparse.reduce_sum(x(use), axis, keep),
            )
            of(
                "SparseReduceMax",
                f"{axis}_{keep}".replace(" ", ""),
                lambda use: tf.sparse.reduce_max(x(use), axis, keep),
            )
    for label, start, size in (
        ("all", (0, 0), (4, 4)),
        ("part", (0, 1), (3, 3)),
        ("row", (0, 0), (1, 4)),
        ("beyond", (2, 2), (9, 9)),
        ("none", (2, 0), (1, 4)),
    ):
        of("SparseSlice", label, lambda use: tf.sparse.slice(x(use), start, size))
    for axis in (0, 1):
        for count in (1, 2, 3):
            of("SparseSplit", f"{axis}_{count}", lambda use: tf.sparse.split(x(use), count, axis))
            of(
                "SparseConcat",
                f"{axis}_{count + 1}",
                lambda use: tf.sparse.concat(axis, [x(use, where, f"x{i}") for i in range(count + 1)]),
            )


def rows(w):
    """Ragged tensors as lists of rows, and lists whose elements differ in length."""
    splits = value([0, 3, 3, 5, 8], "int64")
    ragged = lambda use, *inner: tf.RaggedTensor.from_row_splits(
        use(fed(normal(8, *inner))), use(fed(splits), "splits"), validate=False
    )
    for name, change in (("v1", v1.disable_control_flow_v2), ("v2", v1.enable_control_flow_v2)):
        change()
        put = lambda label, build: w.graph(f"Control.Rows.{name}", label, build, static=True)
        put("map", lambda use: (lambda y: (y.flat_values, y.row_splits))(tf.map_fn(lambda x: x * x + x, ragged(use))))
        put(
            "map_matrix",
            lambda use: (lambda y: (y.flat_values, y.row_splits))(tf.map_fn(lambda x: x * 2.0, ragged(use, 3))),
        )
        put("reduce", lambda use: tf.map_fn(tf.reduce_sum, ragged(use), fn_output_signature=tf.float32))
        longer = lambda x: tf.concat([x, x[:1]], 0)
        put("map_longer", lambda use: (lambda y: (y.flat_values, y.row_splits))(tf.map_fn(longer, ragged(use))))
        array = lambda use, lengths: tf.TensorArray(
            tf.float32, len(lengths), infer_shape=False, clear_after_read=False
        ).split(use(fed(normal(sum(lengths), 3))), lengths)
        put("split", lambda use: (lambda a: (a.read(0), a.read(2), a.size()))(array(use, [1, 3, 2])))
        put("split_concat", lambda use: array(use, [2, 0, 3]).concat())
        if name == "v2":  # the old way refuses a second write
            put("split_write", lambda use: array(use, [1, 3, 2]).write(1, use(fed(normal(2, 3)), "item")).concat())
        put("write", lambda use: written(use(fed(normal(5, 3)))).concat())
    v1.disable_control_flow_v2()
    for index in (0, 1, 2, 7, -1):
        w.graph("Control.Branch.v2", f"switch_case_{index}", lambda use: switch_case(use, index), static=True)


def written(x):
    array = tf.TensorArray(tf.float32, 3, infer_shape=False, element_shape=[None, 3])
    return array.write(0, x[:1]).write(1, x[:3]).write(2, x[3:])


def switch_case(use, index):
    x, which = use(fed(normal(3))), use(fed(value(index, "int32")), "which")
    v1.enable_control_flow_v2()
    y = tf.switch_case(which, [lambda: x + 1.0, lambda: x * 2.0, lambda: tf.exp(x)])
    v1.disable_control_flow_v2()
    return y


def write(w):
    for add in (strings, sparse_math, rows):
        add(w)
