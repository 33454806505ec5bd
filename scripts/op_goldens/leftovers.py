"""What feature engineering and TensorFlow's own graph rewrites leave in models: counts of rows, crossed columns, pictures seen
through a transform, convolutions fused with padding, dimensions in another data format, updates in place."""

from .harness import distinct, fed, ints, normal, number, tf, value

WORDS = ["red", "green", "", "gr\u00fcn", "blue", "a much longer word than sixteen bytes, and then some more to pass sixty-four of them"]


def counts(w):
    splits, items = [0, 3, 3, 5, 8], [1, 2, 1, 0, 9, 4, 4, 4]
    places = [[0, 0], [0, 2], [0, 3], [2, 1], [2, 2], [3, 0], [3, 1], [3, 4]]
    for label, kind, size, weights, binary in (
        ("plain", "int64", 5, value([], "float32"), False),
        ("all", "int32", 10, value([], "int32"), False),
        ("weights", "int64", 5, fed(normal(8)), False),
        ("binary", "int64", 6, value([], "float32"), True),
        ("wide", "int32", 12, value([], "float64"), False),
        ("none", "int64", 0, value([], "float32"), False),
    ):
        common = dict(size=value(size, kind), weights=weights, binary_output=binary, static=True)
        w.add("RaggedBincount", label, splits=fed(value(splits, "int64")), values=fed(value(items, kind)), **common)
        w.add(
            "SparseBincount",
            label,
            indices=fed(value(places, "int64")),
            values=fed(value(items, kind)),
            dense_shape=fed(value([4, 5], "int64")),
            **common,
        )
    w.add(
        "SparseBincount",
        "vector",
        static=True,
        indices=fed(value([[0], [3], [4]], "int64")),
        values=fed(value([1, 1, 3], "int64")),
        dense_shape=fed(value([6], "int64")),
        size=value(5, "int64"),
        weights=value([], "float32"),
    )


def cross(w):
    words, numbers = fed(value([[x] for x in WORDS])), fed(value([[0], [-1], [7], [2**40], [3], [5]], "int64"))
    several = fed(value([["a", "b"], ["c", "d"], ["", "e"], ["f", "f"], ["g", "h"], ["i", "j"]]))
    nothing = dict(indices=[], values=[], shapes=[])
    for label, columns, buckets, key in (
        ("words", [words, several], 100, 0xDECAFCAFFE),
        ("numbers", [numbers, words], 7, 0xDECAFCAFFE),
        ("three", [several, numbers, several], 1000, 1),
        ("one", [words], 2, -5),
        ("unbounded", [words, numbers], 0, 0xDECAFCAFFE),
    ):
        w.add(
            "SparseCross",
            label,
            static=True,
            dense_inputs=columns,
            hashed_output=True,
            num_buckets=buckets,
            hash_key=key,
            out_type="int64",
            internal_type="int64",
            **nothing,
        )
    first = fed(value([[0, 0], [0, 1], [2, 0], [3, 0], [3, 1], [3, 2]], "int64"))
    second = fed(value([[0, 0], [1, 0], [2, 0], [2, 1], [3, 1]], "int64"))
    texts = [str(x) for x in (3, -4, 5, 6, 7)]
    for label, hashed, kind in (("sparse", True, "int64"), ("sparse_joined", False, "string")):
        w.add(
            "SparseCross",
            label,
            static=True,
            indices=[first, second],
            values=[fed(value(WORDS)), fed(value([3, -4, 5, 6, 7], "int64") if hashed else value(texts))],
            shapes=[fed(value([4, 3], "int64")), fed(value([4, 2], "int64"))],
            dense_inputs=[fed(value([["u", "v"], ["w", "x"], ["y", "z"], ["", "q"]]))],
            hashed_output=hashed,
            num_buckets=50,
            hash_key=0xDECAFCAFFE,
            out_type=kind,
            internal_type="int64" if hashed else "string",
        )


def projection(w):
    turn = [[0.8, -0.6, 1.5, 0.6, 0.8, -1.0, 0, 0]]
    several = [[1.1, 0.1, -0.5, 0.05, 0.9, 0.25, 0.01, -0.02], [0.5, 0, 0.3, 0, 0.5, 0.2, 0, 0]]
    for mode in ("CONSTANT", "NEAREST", "REFLECT", "WRAP"):
        for how in ("NEAREST", "BILINEAR"):
            for label, transforms, size in (("turn", turn, [6, 5]), ("several", several, [4, 9])):
                w.add(
                    "ImageProjectiveTransformV3",
                    f"{label}_{how}_{mode}",
                    tolerance=(1e-4, 1e-4),
                    images=fed(normal(2, 6, 5, 3)),
                    transforms=fed(value(transforms, "float32")),
                    output_shape=value(size, "int32"),
                    fill_value=value(0.5, "float32"),
                    interpolation=how,
                    fill_mode=mode,
                )
    for d in ("uint8", "int32", "int64", "float16", "float64"):
        w.add(
            "ImageProjectiveTransformV2",
            d,
            tolerance=(1e-3, 1e-2) if d == "float16" else (1e-5, 1e-5),
            images=fed(number(d, 1, 5, 4, 2, low=0, high=99)),
            transforms=value([[1, 0, 1, 0, 1, -2, 0, 0]], "float32"),
            output_shape=fed(value([5, 5], "int32")),
            interpolation="NEAREST",
        )


def fused(w):
    """One picture: of several, TensorFlow's fused kernel gets all but the first wrong."""
    image, filters = (1, 7, 6, 3), (3, 3, 3, 4)
    for label, pads, mode, stride, padding in (
        ("reflect", [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT", 1, "VALID"),
        ("symmetric", [[0, 0], [2, 1], [0, 2], [0, 0]], "SYMMETRIC", 1, "VALID"),
        ("stride", [[0, 0], [3, 3], [3, 3], [0, 0]], "REFLECT", 2, "VALID"),
        ("same", [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT", 1, "SAME"),
        ("none", [[0, 0], [0, 0], [0, 0], [0, 0]], "SYMMETRIC", 1, "VALID"),
    ):
        common = dict(paddings=value(pads, "int32"), filter=normal(*filters), mode=mode, padding=padding)
        common.update(strides=[1, stride, stride, 1], tolerance=(1e-4, 1e-5))
        w.add("FusedPadConv2D", label, input=fed(normal(*image)), **common)
        for corners in (False, True):
            w.add(
                "FusedResizeAndPadConv2D",
                f"{label}_{corners}",
                input=fed(normal(*image)),
                size=value([9, 11], "int32"),
                resize_align_corners=corners,
                **common,
            )


def formats(w):
    for label, source, target in (("to_nchw", "NHWC", "NCHW"), ("to_nhwc", "NCHW", "NHWC"), ("hwnc", "NHWC", "HWNC")):
        formats_ = dict(src_format=source, dst_format=target, static=True)
        w.add("DataFormatDimMap", label, x=fed(value([0, 1, -1, 3, -3], "int32")), **formats_)
        w.add("DataFormatDimMap", f"{label}_scalar", x=fed(value(2, "int64")), **formats_)
        w.add("DataFormatVecPermute", label, x=fed(value([7, 8, 9, 10], "int32")), **formats_)
        w.add("DataFormatVecPermute", f"{label}_pairs", x=fed(ints(0, 9, 4, 2, dtype="int64")), **formats_)
        w.add("DataFormatVecPermute", f"{label}_spatial", x=fed(value([5, 6], "int32")), **formats_)


def bits(w):
    numbers = [0.0, -0.0, 1.5, float("inf"), -2.0, 1e-40]
    for source, target in (
        ("float32", "int32"),
        ("float32", "uint32"),
        ("float64", "int64"),
        ("float32", "uint8"),
        ("float16", "int16"),
        ("float64", "int32"),
    ):
        w.add("Bitcast", f"{source}_{target}", exact=True, input=fed(value(numbers, source)), type=target)
    w.add("Bitcast", "int32_float32", input=fed(value([0, 1 << 30, -5], "int32")), type="float32", exact=True)
    w.add("Bitcast", "uint8_int32", input=fed(ints(0, 255, 3, 4, dtype="uint8")), type="int32", exact=True, static=True)
    w.add("Bitcast", "scalar", input=fed(value(-0.0, "float32")), type="int32", exact=True)
    w.add("Bitcast", "empty", input=fed(normal(2, 0, 3)), type="int32", exact=True)


def places(w):
    for op in ("InplaceUpdate", "InplaceAdd", "InplaceSub"):
        for label, x, rows, v in (
            ("float32", number("float32", 5, 3), [1, 4, 0], number("float32", 3, 3)),
            ("int32", number("int32", 5, 3), [1, 4, 0], number("int32", 3, 3)),
            ("float64", number("float64", 5, 3), [1, 4, 0], number("float64", 3, 3)),
            ("vector", normal(6), [5], normal(1)),
            ("deep", normal(3, 2, 2), [2, 0], normal(2, 2, 2)),
        ):
            # 2 * x is TensorFlow's own tensor: it would write into the one that is fed.
            twice = lambda use: tf.math.scalar_mul(2, use(fed(x)))
            call = getattr(tf.raw_ops, op)
            w.graph(op, label, lambda use: call(x=twice(use), i=use(fed(rows, "int32"), "i"), v=use(fed(v), "v"), name="y"))
    for reverse in (False, True):
        for label, shape, n in (("vector", (7,), 3), ("first", (4, 5), 0), ("last", (2, 3, 4), 3)):
            w.add("NthElement", f"{label}_{reverse}", input=fed(distinct(*shape)), n=value(n, "int32"), reverse=reverse)
    for label, shape, count in (("two", (1, 3), 2), ("one", (1, 2, 2), 1), ("five", (1,), 5)):
        parts = [fed(normal(*shape)) for _ in range(count)]
        w.add("ParallelConcat", label, values=parts, shape=[count, *shape[1:]], static=True)


def write(w):
    for add in (counts, cross, projection, fused, formats, bits, places):
        add(w)
