"""Many values in, fewer out: reductions, arg-reductions, sorting, running sums, segments."""

from .harness import bools, distinct, fed, ints, normal, number, uniform, value

FLOATS = ("float32", "float64", "float16")
AXES = {
    "last": ([-1], (2, 3, 5)),
    "first": ([0], (4, 3, 5)),
    "middle": ([1], (2, 7, 3)),
    "spatial": ([1, 2], (2, 5, 4, 3)),
    "all": ([0, 1, 2], (2, 3, 4)),
    "none": ([], (2, 3)),
    "unordered": ([2, 0], (2, 3, 4)),
    "negative": ([-1, -2], (2, 3, 4, 2)),
    "channels": ([3], (1, 4, 5, 37)),
    "vector": ([0], (41,)),
    "empty_axis": ([1], (3, 0, 2)),
    "empty_result": ([1], (0, 3)),
}


def reduce(w):
    for op in ("Mean", "Sum", "Max", "Min", "Prod", "EuclideanNorm", "All", "Any"):
        logical = op in ("All", "Any")
        draw = (
            (lambda *s, dtype="float32": bools(*s))
            if logical
            else (lambda *s, dtype="float32": uniform(-2, 2, *s, dtype=dtype))
        )
        for label, (axes, shape) in AXES.items():
            w.add(op, label, input=fed(draw(*shape)), axis=value(axes, "int32"))
            w.add(op, f"{label}_keep", input=fed(draw(*shape)), axis=value(axes, "int32"), keep_dims=True)
        w.add(op, "scalar_axis", input=fed(draw(2, 3, 4)), axis=value(1, "int32"))
        w.add(op, "int64_axis", input=fed(draw(2, 3, 4)), axis=value([0, 2], "int64"))
        w.add(op, "scalar_input", input=fed(draw()), axis=value([], "int32"))
        w.add(op, "axis_fed", input=fed(draw(2, 3, 4)), axis=fed(value([1], "int32")))
        if not logical:
            for d in ("float64", "float16", "int32", "int64", "uint8", "int8", "int16"):
                w.add(
                    op,
                    d,
                    optional=True,
                    input=fed(number(d, 4, 6, low=-3, high=3)),
                    axis=value([1], "int32"),
                    tolerance=(5e-3, 1e-2) if d == "float16" else None,
                )
    for op in ("Max", "Min", "Mean", "Sum"):
        w.add(
            op, "with_nan", input=fed(value([[1, float("nan"), 2], [3, 4, 5]], "float32")), axis=value([1], "int32")
        )
        w.add(
            op,
            "with_infinity",
            input=fed(value([[1, -float("inf"), 2], [3, 4, float("inf")]], "float32")),
            axis=value([1], "int32"),
        )
    for label, shape in (
        ("vector", (37,)),
        ("4d", (3, 3, 4, 2)),
        ("scalar", ()),
        ("empty", (0, 3)),
        ("one", (1, 1)),
    ):
        w.add("L2Loss", label, t=fed(normal(*shape)))
    w.add("L2Loss", "float64", t=fed(normal(4, 5, dtype="float64")))


def arg(w):
    for op in ("ArgMax", "ArgMin"):
        for label, shape, axis in (
            ("last", (3, 7), 1),
            ("first", (5, 4), 0),
            ("negative", (2, 3, 4), -2),
            ("vector", (17,), 0),
            ("4d", (2, 3, 4, 5), 3),
            ("one", (4, 1), 1),
        ):
            for out in ("int64", "int32"):
                w.add(
                    op,
                    f"{label}_{out}",
                    input=fed(distinct(*shape)),
                    dimension=value(axis, "int32"),
                    output_type=out,
                )
        w.add(
            op,
            "ties_take_the_first",
            input=fed(value([[1, 3, 3, 1], [2, 2, 2, 2]], "float32")),
            dimension=value(1, "int32"),
        )
        for d in ("float64", "float16", "int32", "int64", "uint8", "int8"):
            w.add(op, d, optional=True, input=fed(distinct(4, 6, dtype=d)), dimension=value(-1, "int32"))
    w.add(
        "ArgMax",
        "uint16_result",
        optional=True,
        input=fed(distinct(4, 6)),
        dimension=value(-1, "int32"),
        output_type="uint16",
    )
    w.add("ArgMax", "int64_dimension", input=fed(distinct(4, 6)), dimension=value(0, "int64"))
    for d in ("float32", "float64", "float16", "int32", "int64", "uint8"):
        w.add("TopKV2", f"3_{d}", optional=True, input=fed(distinct(4, 7, dtype=d)), k=value(3, "int32"))
    for label, shape, k in (
        ("all", (3, 5), 5),
        ("one", (3, 5), 1),
        ("zero", (3, 5), 0),
        ("vector", (19,), 4),
        ("3d", (2, 3, 6), 2),
        ("wide", (2, 300), 10),
    ):
        w.add("TopKV2", label, input=fed(distinct(*shape)), k=value(k, "int32"))
    w.add(
        "TopKV2",
        "ties_take_the_first",
        input=fed(value([[1, 3, 3, 1, 3], [2, 2, 2, 2, 2]], "float32")),
        k=value(3, "int32"),
    )
    w.add("TopKV2", "int64_k", optional=True, input=fed(distinct(4, 7)), k=value(3, "int64"))


def running(w):
    for op in ("Cumsum", "Cumprod"):
        for exclusive in (False, True):
            for reverse in (False, True):
                for label, shape, axis in (("last", (3, 6), -1), ("first", (5, 4), 0), ("middle", (2, 4, 3), 1)):
                    w.add(
                        op,
                        f"{label}_{'exclusive' if exclusive else 'inclusive'}{'_reverse' if reverse else ''}",
                        x=fed(uniform(-2, 2, *shape)),
                        axis=value(axis, "int32"),
                        exclusive=exclusive,
                        reverse=reverse,
                    )
        for d in ("float64", "int32", "int64", "float16", "uint8"):
            w.add(
                op,
                d,
                optional=True,
                x=fed(number(d, 3, 5, low=-2, high=2)),
                axis=value(1, "int32"),
                tolerance=(5e-3, 1e-2) if d == "float16" else None,
            )
        w.add(op, "vector", x=fed(uniform(-1.5, 1.5, 30)), axis=value(0, "int64"))
        w.add(op, "empty", x=fed(normal(0, 3)), axis=value(0, "int32"))


def segments(w):
    for op in ("SegmentSum", "SegmentMean", "SegmentMax", "SegmentMin", "SegmentProd"):
        for label, shape, ids in (
            ("vector", (6,), [0, 0, 1, 2, 2, 2]),
            ("matrix", (5, 3), [0, 1, 1, 2, 2]),
            ("gap", (4, 2), [0, 0, 3, 3]),
            ("one", (3, 2), [0, 0, 0]),
            ("3d", (4, 2, 3), [0, 1, 1, 2]),
            ("starts_late", (3, 2), [2, 2, 4]),
        ):
            w.add(op, label, data=fed(uniform(-2, 2, *shape)), segment_ids=value(ids, "int32"))
        w.add(op, "ids_fed", data=fed(uniform(-2, 2, 4, 2)), segment_ids=fed(value([0, 1, 1, 3], "int64")))
        w.add(op, "int32", data=fed(ints(-5, 5, 5, 3)), segment_ids=value([0, 1, 1, 2, 2], "int32"))
    for op in ("UnsortedSegmentSum", "UnsortedSegmentMax", "UnsortedSegmentMin", "UnsortedSegmentProd"):
        for label, shape, ids, n in (
            ("vector", (6,), [2, 0, 1, 0, 2, 2], 3),
            ("matrix", (5, 3), [4, 1, 1, 0, 2], 6),
            ("negative_id_is_dropped", (4, 2), [0, -1, 1, 0], 2),
            ("ids_2d", (2, 3, 2), [[0, 1, 0], [2, 2, 1]], 3),
            ("one", (3,), [0, 0, 0], 1),
        ):
            w.add(
                op,
                label,
                data=fed(uniform(-2, 2, *shape)),
                segment_ids=value(ids, "int32"),
                num_segments=value(n, "int32"),
            )
        w.add(
            op,
            "int32",
            data=fed(ints(-3, 3, 5, 3)),
            segment_ids=fed(value([0, 1, 1, 2, 0], "int32")),
            num_segments=value(4, "int32"),
        )
    for op in ("SparseSegmentSum", "SparseSegmentMean", "SparseSegmentSqrtN"):
        for label, rows, pick, ids in (
            ("plain", 6, [0, 2, 5, 5], [0, 0, 1, 1]),
            ("gap", 4, [3, 1, 0], [0, 2, 2]),
            ("one", 3, [1], [0]),
            ("repeated", 4, [1, 1, 1], [0, 0, 1]),
            ("all", 3, [0, 1, 2], [0, 1, 2]),
        ):
            w.add(
                op, label, data=fed(normal(rows, 3)), indices=value(pick, "int32"), segment_ids=value(ids, "int32")
            )
            w.add(
                op + "WithNumSegments",
                label,
                data=fed(normal(rows, 3)),
                indices=value(pick, "int32"),
                segment_ids=value(ids, "int32"),
                num_segments=value(4, "int32"),
            )


def counting(w):
    for label, items, size in (
        ("plain", [1, 2, 2, 5, 0], 6),
        ("beyond_size_is_dropped", [1, 9, 2], 4),
        ("empty", [], 3),
        ("large", [7] * 9, 8),
        ("one", [0], 1),
    ):
        w.add(
            "Bincount",
            label,
            arr=fed(value(items, "int32")),
            size=value(size, "int32"),
            weights=value([], "float32"),
        )
        w.add(
            "DenseBincount",
            label,
            input=fed(value(items, "int32")),
            size=value(size, "int32"),
            weights=value([], "float32"),
        )
        w.add(
            "DenseBincount",
            f"{label}_binary",
            input=fed(value(items, "int32")),
            size=value(size, "int32"),
            weights=value([], "float32"),
            binary_output=True,
        )
    w.add(
        "Bincount", "weights", arr=fed(value([1, 2, 2, 0], "int32")), size=value(4, "int32"), weights=fed(normal(4))
    )
    w.add(
        "DenseBincount", "matrix", input=fed(ints(0, 4, 3, 6)), size=value(5, "int32"), weights=value([], "float32")
    )
    w.add(
        "DenseBincount",
        "matrix_weights",
        input=fed(ints(0, 4, 3, 6)),
        size=value(5, "int32"),
        weights=fed(normal(3, 6)),
    )
    for d in ("int32", "float32", "int64"):
        for label, items in (("plain", [3, 1, 3, 2, 1]), ("all_equal", [4, 4, 4]), ("all_different", [5, 1, 3])):
            for op in ("Unique", "UniqueWithCounts"):
                w.add(op, f"{label}_{d}", x=fed(value(items, d)))
                w.add(op, f"{label}_{d}_index64", x=fed(value(items, d)), out_idx="int64")
    for op in ("Unique", "UniqueWithCounts"):
        w.add(op, "empty", x=fed(value([], "int32")))
    for label, x, y in (
        ("plain", [1, 2, 3, 4, 5], [1, 3, 5]),
        ("none_left", [1, 2], [2, 1]),
        ("disjoint", [1, 2], [3]),
        ("repeated", [1, 1, 2, 1], [2]),
        ("empty_second", [4, 5], []),
    ):
        w.add("ListDiff", label, x=fed(value(x, "int32")), y=fed(value(y, "int32")))
    for label, edges in (
        ("plain", [0.0, 1.0, 2.0]),
        ("one", [0.5]),
        ("negative", [-1.0, 0.0]),
        ("none", []),
        ("many", [-2.0, -1.5, -0.3, 0.0, 0.7, 1.9]),
    ):
        w.add("Bucketize", label, input=fed(normal(4, 5, scale=2)), boundaries=edges)


def write(w):
    for group in (reduce, arg, running, segments, counting):
        group(w)
