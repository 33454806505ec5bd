"""Moving values about: joining, splitting, slicing, padding, shapes, sequences."""

from .harness import fed, ints, normal, np, number, tf, v1, value

TYPES = ("float32", "float64", "float16", "int32", "int64", "uint8", "int8", "bool")


def join_and_split(w):
    for label, shapes, axis in (
        ("last", [(2, 3), (2, 4)], -1),
        ("first", [(1, 3), (4, 3), (2, 3)], 0),
        ("channels", [(1, 3, 4, 5), (1, 3, 4, 7)], 3),
        ("middle", [(2, 1, 3), (2, 5, 3)], 1),
        ("with_empty", [(0, 3), (2, 3), (0, 3)], 0),
        ("all_empty", [(0, 3), (0, 3)], 0),
        ("vectors", [(3,), (1,), (4,)], 0),
        ("negative", [(2, 2, 3, 1), (2, 1, 3, 1)], -3),
        ("many", [(2, i + 1) for i in range(7)], 1),
    ):
        w.add("ConcatV2", label, exact=True, values=[fed(normal(*s)) for s in shapes], axis=value(axis, "int32"))
        if axis >= 0 and len(shapes) > 1:
            w.add(
                "Concat",
                label,
                exact=True,
                values=[fed(normal(*s)) for s in shapes],
                concat_dim=value(axis, "int32"),
            )
        if len({*shapes}) == 1 and len(shapes) > 1:
            w.add("Pack", f"like_{label}", exact=True, values=[fed(normal(*s)) for s in shapes], axis=0)
    for d in TYPES:
        w.add("ConcatV2", d, values=[fed(number(d, 2, 3)), number(d, 2, 2)], axis=value(1, "int64"))
        w.add("Pack", d, values=[fed(number(d, 2, 3)), number(d, 2, 3)], axis=1)
        w.graph(
            "Unpack", d, lambda use: tf.raw_ops.Unpack(value=use(fed(number(d, 2, 3))), num=3, axis=1, name="y")
        )
    for label, shape, axis in (
        ("first", (2, 3), 0),
        ("last", (2, 3), -1),
        ("middle", (2, 3, 4), 1),
        ("scalars", (), 0),
        ("empty", (0, 2), 1),
        ("negative", (2, 3), -2),
    ):
        w.add("Pack", label, exact=True, values=[fed(normal(*shape)) for _ in range(3)], axis=axis)
    for label, shape, axis in (
        ("first", (2, 3), 0),
        ("last", (2, 3), -1),
        ("middle", (2, 4, 3), 1),
        ("vector", (3,), 0),
        ("one", (1, 4), 0),
        ("empty", (2, 0), 0),
    ):
        w.graph(
            "Unpack",
            label,
            lambda use: tf.raw_ops.Unpack(value=use(fed(normal(*shape))), num=shape[axis], axis=axis, name="y"),
        )
    for label, shape, n, axis in (
        ("last", (2, 6), 3, 1),
        ("first", (4, 3), 2, 0),
        ("channels", (1, 3, 2, 8), 4, 3),
        ("one", (3, 3), 1, 0),
        ("negative", (2, 4, 3), 2, -2),
        ("vector", (6,), 6, 0),
        ("empty", (0, 4), 2, 1),
    ):
        w.graph(
            "Split",
            label,
            lambda use: tf.raw_ops.Split(
                axis=use(value(axis, "int32"), "axis"), value=use(fed(normal(*shape))), num_split=n, name="y"
            ),
            exact=True,
        )
    for label, shape, sizes, axis in (
        ("uneven", (2, 7), [1, 2, 4], 1),
        ("rest", (2, 7), [3, -1], 1),
        ("first", (5, 2), [2, 3], 0),
        ("with_zero", (4, 3), [0, 4], 0),
        ("channels", (1, 2, 2, 9), [4, 5], -1),
        ("one", (3,), [3], 0),
    ):
        w.graph(
            "SplitV",
            label,
            lambda use: tf.raw_ops.SplitV(
                value=use(fed(normal(*shape))),
                size_splits=use(value(sizes, "int32"), "sizes"),
                axis=use(value(axis, "int32"), "axis"),
                num_split=len(sizes),
                name="y",
            ),
            exact=True,
        )
    w.graph(
        "SplitV",
        "int64_sizes",
        lambda use: tf.raw_ops.SplitV(
            value=use(fed(ints(0, 9, 5))),
            size_splits=use(value([2, 3], "int64"), "sizes"),
            axis=0,
            num_split=2,
            name="y",
        ),
    )


def padding(w):
    for label, shape, pads in (
        ("spatial", (1, 3, 4, 2), [[0, 0], [1, 1], [2, 2], [0, 0]]),
        ("uneven", (2, 3), [[1, 2], [0, 3]]),
        ("none", (2, 3), [[0, 0], [0, 0]]),
        ("vector", (5,), [[2, 1]]),
        ("3d", (2, 2, 2), [[0, 1], [1, 0], [2, 2]]),
        ("channels", (1, 2, 2, 3), [[0, 0], [0, 0], [0, 0], [1, 4]]),
        ("batch", (1, 2, 2), [[1, 1], [0, 0], [0, 0]]),
        ("empty", (0, 2), [[1, 1], [0, 1]]),
        ("5d", (1, 2, 2, 2, 1), [[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]),
        ("6d", (1, 2, 1, 2, 1, 2), [[0, 0], [1, 1], [0, 1], [1, 0], [0, 0], [1, 1]]),
    ):
        w.add("Pad", label, exact=True, input=fed(normal(*shape)), paddings=value(pads, "int32"))
        for c in (-1.5, 7.0, float("-inf")):
            w.add(
                "PadV2",
                f"{label}_{c}",
                exact=True,
                input=fed(normal(*shape)),
                paddings=value(pads, "int32"),
                constant_values=value(c, "float32"),
            )
    for d in TYPES:
        w.add("Pad", d, input=fed(number(d, 2, 3)), paddings=value([[1, 0], [0, 2]], "int64"))
        w.add(
            "PadV2",
            d,
            input=fed(number(d, 2, 3)),
            paddings=value([[1, 0], [0, 2]], "int32"),
            constant_values=value(1, d),
        )
        w.add(
            "MirrorPad",
            d,
            optional=True,
            input=fed(number(d, 3, 3)),
            paddings=value([[1, 0], [0, 2]], "int32"),
            mode="REFLECT",
        )
    w.add(
        "Pad", "paddings_fed", exact=True, input=fed(normal(2, 3)), paddings=fed(value([[1, 0], [0, 2]], "int32"))
    )
    w.add("Pad", "scalar", exact=True, input=fed(normal()), paddings=value(np.zeros((0, 2)), "int32"))
    for mode in ("REFLECT", "SYMMETRIC"):
        for label, shape, pads in (
            ("spatial", (1, 4, 5, 2), [[0, 0], [2, 1], [1, 3], [0, 0]]),
            ("vector", (5,), [[3, 2]]),
            ("limit", (3, 4), [[2, 2], [3, 3]]),
            ("none", (2, 2), [[0, 0], [0, 0]]),
            ("3d", (2, 3, 3), [[1, 0], [0, 2], [1, 1]]),
        ):
            w.add(
                "MirrorPad",
                f"{label}_{mode.lower()}",
                exact=True,
                input=fed(normal(*shape)),
                paddings=value(pads, "int32"),
                mode=mode,
            )


def shapes(w):
    for label, shape, new in (
        ("flatten", (2, 3, 4), [-1]),
        ("batch_flatten", (2, 3, 4), [2, -1]),
        ("split", (6, 4), [2, 3, 4]),
        ("same", (2, 3), [2, 3]),
        ("to_scalar", (1, 1), []),
        ("from_scalar", (), [1, 1]),
        ("empty", (0, 3), [3, 0]),
        ("middle", (2, 3, 4), [4, -1, 3]),
        ("ones", (5,), [1, 5, 1, 1]),
    ):
        w.add("Reshape", label, exact=True, tensor=fed(normal(*shape)), shape=value(new, "int32"))
        w.add(
            "Reshape", f"{label}_shape_fed", exact=True, tensor=fed(normal(*shape)), shape=fed(value(new, "int64"))
        )
    for d in TYPES:
        w.add("Reshape", d, tensor=fed(number(d, 2, 6)), shape=value([3, 4], "int32"))
        w.add("Transpose", d, x=fed(number(d, 2, 3, 4)), perm=value([2, 0, 1], "int32"))
    for label, shape, dims in (
        ("all", (1, 3, 1, 2, 1), []),
        ("chosen", (1, 3, 1, 2), [0]),
        ("negative", (2, 3, 1), [-1]),
        ("spatial", (2, 1, 1, 5), [1, 2]),
        ("to_scalar", (1, 1), []),
        ("nothing", (2, 3), []),
        ("empty", (0, 1), [1]),
    ):
        w.add("Squeeze", label, exact=True, input=fed(normal(*shape)), axis=dims)
    for label, shape, axis in (
        ("first", (2, 3), 0),
        ("last", (2, 3), -1),
        ("middle", (2, 3), 1),
        ("scalar", (), 0),
        ("negative", (2, 3, 4), -3),
        ("end", (2, 3), 2),
        ("empty", (0,), 1),
    ):
        w.add("ExpandDims", label, exact=True, input=fed(normal(*shape)), axis=value(axis, "int32"))
    for label, shape, perm in (
        ("swap", (3, 5), [1, 0]),
        ("identity", (2, 3), [0, 1]),
        ("to_nchw", (2, 3, 4, 5), [0, 3, 1, 2]),
        ("to_nhwc", (2, 3, 4, 5), [0, 2, 3, 1]),
        ("heads", (2, 3, 4, 5), [0, 2, 1, 3]),
        ("reverse", (2, 3, 4), [2, 1, 0]),
        ("5d", (2, 1, 3, 2, 4), [3, 0, 4, 2, 1]),
        ("6d", (2, 1, 2, 2, 3, 2), [5, 3, 1, 0, 2, 4]),
        ("vector", (4,), [0]),
        ("scalar", (), []),
        ("empty", (0, 3), [1, 0]),
        ("large", (37, 41), [1, 0]),
    ):
        w.add("Transpose", label, exact=True, x=fed(normal(*shape)), perm=value(perm, "int32"))
    w.add("Transpose", "perm_fed", exact=True, x=fed(normal(2, 3, 4)), perm=fed(value([1, 2, 0], "int32")))
    for label, shape, perm in (
        ("swap", (3, 5), [1, 0]),
        ("identity", (2, 3), [0, 1]),
        ("reverse", (2, 3, 4), [2, 1, 0]),
        ("vector", (4,), [0]),
        ("empty", (0, 3), [1, 0]),
    ):
        w.add("ConjugateTranspose", label, exact=True, x=fed(normal(*shape)), perm=value(perm, "int32"))
    for label, shape in (("4d", (2, 3, 4, 5)), ("vector", (7,)), ("scalar", ()), ("empty", (0, 3)), ("one", (1,))):
        for out in ("int32", "int64"):
            w.add("Shape", f"{label}_{out}", input=fed(normal(*shape)), out_type=out)
            w.add("Size", f"{label}_{out}", input=fed(normal(*shape)), out_type=out)
            w.graph(
                "ShapeN",
                f"{label}_{out}",
                lambda use: tf.raw_ops.ShapeN(
                    input=[use(fed(normal(*shape))), use(fed(normal(3, 2)), "other")],
                    out_type=tf.as_dtype(out),
                    name="y",
                ),
            )
        w.add("Rank", label, input=fed(normal(*shape)))
    for label, shape, new in (
        ("rows", (3,), [2, 3]),
        ("column", (3, 1), [3, 4]),
        ("scalar", (), [2, 2]),
        ("same", (2, 3), [2, 3]),
        ("deep", (2, 1, 3), [4, 2, 5, 3]),
        ("empty", (1, 3), [0, 3]),
    ):
        w.add("BroadcastTo", label, exact=True, input=fed(normal(*shape)), shape=value(new, "int32"))
    for d in TYPES:
        w.add("BroadcastTo", d, optional=True, input=fed(number(d, 3, 1)), shape=value([2, 3, 4], "int64"))
        w.add("Tile", d, input=fed(number(d, 2, 3)), multiples=value([2, 3], "int32"))
        w.add("Fill", d, dims=value([2, 3], "int32"), value=fed(number(d)))
        w.add("ReverseV2", d, tensor=fed(number(d, 3, 4)), axis=value([1], "int32"))
    for label, a, b in (
        ("rows", [3, 1], [4]),
        ("same", [2, 3], [2, 3]),
        ("deep", [2, 1, 4], [3, 1]),
        ("scalar", [], [5, 2]),
        ("ones", [1, 1], [1]),
    ):
        w.add("BroadcastArgs", label, s0=fed(value(a, "int32")), s1=fed(value(b, "int32")))
    for label, shape, times in (
        ("matrix", (2, 3), [2, 2]),
        ("once", (2, 3), [1, 1]),
        ("vector", (3,), [4]),
        ("zero", (2, 3), [0, 2]),
        ("4d", (1, 2, 1, 3), [2, 1, 3, 1]),
        ("scalar", (), []),
    ):
        w.add("Tile", label, exact=True, input=fed(normal(*shape)), multiples=value(times, "int32"))
    for label, dims in (
        ("matrix", [2, 3]),
        ("scalar", []),
        ("empty", [0, 2]),
        ("vector", [5]),
        ("4d", [1, 2, 3, 2]),
    ):
        w.add("Fill", label, dims=value(dims, "int32"), value=fed(normal()))
    w.add("Fill", "dims_fed", dims=fed(value([2, 4], "int64")), value=fed(normal()))
    for d in ("int32", "int64", "float32", "float64"):
        for label, a, b, s in (
            ("up", 0, 7, 1),
            ("down", 9, -2, -3),
            ("uneven", 1, 10, 4),
            ("empty", 3, 3, 1),
            ("one", 0, 1, 5),
        ):
            w.add("Range", f"{label}_{d}", start=fed(value(a, d)), limit=fed(value(b, d)), delta=value(s, d))
    w.add(
        "Range",
        "fraction",
        start=value(0.5, "float32"),
        limit=fed(value(2.3, "float32")),
        delta=value(0.3, "float32"),
    )
    for n, a, b in ((1, 2.0, 5.0), (2, -1.0, 1.0), (7, 0.0, 3.0), (5, 4.0, -4.0), (50, 0.0, 1.0)):
        w.add(
            "LinSpace", f"{n}", start=fed(value(a, "float32")), stop=fed(value(b, "float32")), num=value(n, "int32")
        )


def slices(w):
    for label, shape, begin, size in (
        ("inner", (4, 5, 3), [1, 2, 0], [2, 2, 3]),
        ("rest", (4, 5), [1, 0], [-1, 3]),
        ("all", (3, 4), [0, 0], [-1, -1]),
        ("empty", (3, 4), [1, 1], [0, 2]),
        ("vector", (7,), [2], [3]),
        ("spatial", (1, 5, 6, 2), [0, 1, 1, 0], [1, 3, 4, 2]),
    ):
        w.add(
            "Slice",
            label,
            exact=True,
            input=fed(normal(*shape)),
            begin=value(begin, "int32"),
            size=value(size, "int32"),
        )
    w.add(
        "Slice",
        "begin_fed",
        exact=True,
        input=fed(normal(4, 5)),
        begin=fed(value([1, 2], "int64")),
        size=value([2, 2], "int64"),
    )
    for d in TYPES:
        w.add("Slice", d, input=fed(number(d, 4, 5)), begin=value([1, 2], "int32"), size=value([2, 2], "int32"))
        w.add(
            "StridedSlice",
            d,
            input=fed(number(d, 4, 5)),
            begin=value([0, 3], "int32"),
            end=value([4, 0], "int32"),
            strides=value([2, -1], "int32"),
        )
    cases = (  # label, shape, begin, end, strides, masks: b(egin) e(nd) l(ellipsis) n(ew axis) s(hrink)
        ("plain", (5, 6), [1, 2], [4, 5], [1, 1], {}),
        ("strided", (7, 9), [0, 1], [7, 9], [2, 3], {}),
        ("backwards", (5, 6), [4, 5], [0, 1], [-1, -2], {}),
        ("backwards_to_start", (5,), [4], [0], [-1], dict(e=1)),
        ("whole_backwards", (5, 4), [0, 0], [0, 0], [-1, 1], dict(b=3, e=3)),
        ("negative_indices", (6, 7), [-4, -3], [-1, -1], [1, 1], {}),
        ("clamped", (4, 5), [-9, 2], [99, 99], [1, 1], {}),
        ("empty_range", (4, 5), [3, 0], [1, 5], [1, 1], {}),
        ("begin_mask", (4, 5), [2, 2], [3, 4], [1, 1], dict(b=1)),
        ("end_mask", (4, 5), [2, 1], [3, 2], [1, 1], dict(e=2)),
        ("both_masks", (4, 5), [2, 1], [3, 2], [1, 1], dict(b=3, e=3)),
        ("shrink_first", (4, 5), [2, 0], [3, 5], [1, 1], dict(s=1)),
        ("shrink_last", (4, 5), [0, -1], [4, 0], [1, 1], dict(s=2)),
        ("shrink_all", (4, 5), [1, 2], [2, 3], [1, 1], dict(s=3)),
        ("new_axis_first", (4, 5), [0, 1, 0], [1, 3, 5], [1, 1, 1], dict(n=1)),
        ("new_axis_middle", (4, 5), [1, 0, 0], [3, 1, 4], [1, 1, 1], dict(n=2)),
        ("new_axis_last", (4, 5), [0, 0, 0], [4, 5, 1], [1, 1, 1], dict(n=4)),
        ("ellipsis_first", (2, 3, 4, 5), [0, 1], [0, 3], [1, 1], dict(l=1)),
        ("ellipsis_middle", (2, 3, 4, 5), [1, 0, 2], [2, 0, 4], [1, 1, 1], dict(l=2)),
        ("ellipsis_last", (2, 3, 4), [1, 0], [2, 0], [1, 1], dict(l=2)),
        ("ellipsis_empty", (3, 4), [0, 0, 1], [2, 0, 3], [1, 1, 1], dict(l=2)),
        ("ellipsis_shrink", (2, 3, 4), [0, -1], [0, 0], [1, 1], dict(l=1, s=2)),
        ("ellipsis_new_axis", (2, 3, 4), [0, 0, 0], [0, 0, 1], [1, 1, 1], dict(l=1, n=4)),
        ("new_axis_and_shrink", (3, 4, 5), [0, 1, 0, 2], [1, 2, 4, 4], [1, 1, 1, 1], dict(n=1, s=2)),
        ("several_new_axes", (3, 4), [0, 0, 0, 0], [1, 3, 1, 2], [1, 1, 1, 1], dict(n=5)),
        ("shrink_with_negative", (5, 3), [-2], [-1], [1], dict(s=1)),
        ("fewer_than_rank", (4, 5, 6), [1], [3], [1], {}),
        ("shrink_wins_over_new_axis_bits", (3, 4), [0, 1], [1, 2], [1, 1], dict(n=1, s=2)),
        ("mask_and_stride", (9, 8), [0, 0], [0, 0], [3, -3], dict(b=3, e=3)),
        ("vector_element", (7,), [3], [4], [1], dict(s=1)),
        ("reverse_channels", (1, 2, 2, 3), [0, 0], [0, 0], [1, -1], dict(l=1, b=2, e=2)),
        ("zero_size_input", (0, 4), [0, 1], [0, 3], [1, 1], dict(b=1, e=1)),
    )
    names = dict(b="begin_mask", e="end_mask", l="ellipsis_mask", n="new_axis_mask", s="shrink_axis_mask")
    for label, shape, begin, end, strides, masks in cases:
        cut = dict(begin=value(begin, "int32"), end=value(end, "int32"), strides=value(strides, "int32"))
        masks, how = {names[k]: v for k, v in masks.items()}, dict(exact=True, static=True)
        w.add("StridedSlice", label, exact=True, input=fed(normal(*shape)), **cut, **masks)
        if any(word in label for word in ("mask", "shrink", "ellipsis", "new_axis", "backwards", "strided", "clamped")):
            w.graph("StridedSliceGrad", label, lambda use: slice_derivative(use, shape, cut, masks), **how)
            w.graph("TensorStridedSliceUpdate", label, lambda use: slice_update(use, shape, cut, masks), **how)
    w.add(
        "StridedSlice",
        "begin_fed",
        exact=True,
        input=fed(normal(6, 3)),
        begin=fed(value([1], "int64")),
        end=fed(value([4], "int64")),
        strides=value([1], "int64"),
    )
    for label, shape, axes in (
        ("last", (3, 4), [-1]),
        ("first", (3, 4), [0]),
        ("both", (3, 4), [0, 1]),
        ("none", (3, 4), []),
        ("channels", (1, 2, 2, 5), [3]),
        ("spatial", (2, 3, 4, 2), [1, 2]),
        ("empty", (0, 2), [0]),
    ):
        w.add("ReverseV2", label, exact=True, tensor=fed(normal(*shape)), axis=value(axes, "int32"))
    for label, flags in (
        ("first", [True, False]),
        ("last", [False, True]),
        ("both", [True, True]),
        ("none", [False, False]),
        ("again", [True, True]),
    ):
        w.add("Reverse", label, exact=True, tensor=fed(normal(3, 4)), dims=value(flags))
    for label, shape, lengths, seq, batch in (
        ("time_major", (5, 3, 2), [2, 5, 0], 0, 1),
        ("batch_major", (3, 5, 2), [1, 5, 3], 1, 0),
        ("matrix", (2, 6), [4, 2], 1, 0),
        ("full", (2, 3), [3, 3], 1, 0),
        ("deep", (2, 2, 4), [3, 1], 2, 0),
    ):
        w.add(
            "ReverseSequence",
            label,
            exact=True,
            input=fed(normal(*shape)),
            seq_lengths=value(lengths, "int32"),
            seq_dim=seq,
            batch_dim=batch,
        )
    w.add(
        "ReverseSequence",
        "lengths_fed",
        exact=True,
        input=fed(normal(3, 5)),
        seq_lengths=fed(value([2, 4, 5], "int64")),
        seq_dim=1,
        batch_dim=0,
    )
    for label, shape, shift, axis in (
        ("vector", (6,), 2, 0),
        ("negative", (6,), -1, 0),
        ("matrix", (3, 4), [1, -2], [0, 1]),
        ("beyond", (5,), 12, 0),
        ("same_axis_twice", (4, 3), [1, 1], [0, 0]),
        ("negative_axis", (3, 4), 1, -1),
    ):
        w.add(
            "Roll",
            label,
            exact=True,
            input=fed(normal(*shape)),
            shift=value(shift, "int32"),
            axis=value(axis, "int32"),
        )


def slice_derivative(use, shape, cut, masks):
    x = use(fed(normal(*shape)))
    part = tf.raw_ops.StridedSlice(input=x, **{k: use(v, k) for k, v in cut.items()}, **masks)
    return v1.gradients(part, x, use(fed(normal(*part.shape)), "dy"))[0]


def slice_update(use, shape, cut, masks):
    """A part of the tensor, in the form that a slice of it has, is replaced."""
    x, bounds = use(fed(normal(*shape))), {k: use(v, k) for k, v in cut.items()}
    part = tf.raw_ops.StridedSlice(input=tf.zeros(shape), **bounds, **masks)
    return tf.raw_ops.TensorStridedSliceUpdate(input=x, value=use(fed(normal(*part.shape)), "value"), **bounds, **masks)


def write(w):
    for group in (join_and_split, padding, shapes, slices):
        group(w)
