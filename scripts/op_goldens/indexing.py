"""Values picked by index and put back by index."""

from .harness import bools, distinct, fed, ints, normal, np, number, tf, value

TYPES = ("float32", "float64", "float16", "int32", "int64", "uint8", "int8", "bool")


def gathering(w):
    for label, shape, picks, axis, batch in (
        ("rows", (5, 3), [0, 4, 2, 2], 0, 0),
        ("columns", (3, 5), [4, 0], 1, 0),
        ("scalar", (5, 3), 3, 0, 0),
        ("matrix_of_indices", (6, 2), [[0, 5], [3, 1]], 0, 0),
        ("last", (2, 3, 4), [3, 1], -1, 0),
        ("none", (4, 2), [], 0, 0),
        ("batch", (2, 4, 3), [[0, 3], [1, 1]], 1, 1),
        ("batch_last", (2, 3, 4), [[0, 3], [1, 1]], 2, 1),
        ("vector", (9,), [8, 0, 4], 0, 0),
        ("embedding", (11, 6), [[1, 2, 3], [10, 0, 10]], 0, 0),
    ):
        w.add(
            "GatherV2",
            label,
            exact=True,
            params=fed(normal(*shape)),
            indices=value(picks, "int32"),
            axis=value(axis, "int32"),
            batch_dims=batch,
        )
        if np.ndim(picks) < 2 or batch == 0:
            w.add(
                "GatherV2",
                f"{label}_fed",
                exact=True,
                params=normal(*shape),
                indices=fed(value(picks, "int64")),
                axis=value(axis, "int32"),
                batch_dims=batch,
            )
        if axis == 0:
            w.add("Gather", label, exact=True, params=fed(normal(*shape)), indices=fed(value(picks, "int32")))
    for d in TYPES:
        w.add("GatherV2", d, params=fed(number(d, 4, 3)), indices=value([3, 0], "int32"), axis=value(0, "int32"))
        w.add("GatherNd", d, params=fed(number(d, 4, 3)), indices=value([[3, 0], [1, 2]], "int32"))
    for label, shape, picks in (
        ("elements", (3, 4), [[0, 1], [2, 3]]),
        ("rows", (3, 4), [[2], [0]]),
        ("deep", (2, 3, 4), [[[0, 1], [1, 2]]]),
        ("whole", (2, 3), [[]]),
        ("one", (5,), [3]),
        ("scalar_result", (2, 2), [1, 0]),
        ("no_indices", (3, 4), np.zeros((0, 2))),
    ):
        w.add("GatherNd", label, exact=True, params=fed(normal(*shape)), indices=value(picks, "int32"))
        w.add(
            "GatherNd", f"{label}_fed", exact=True, params=fed(normal(*shape)), indices=fed(value(picks, "int64"))
        )


def scattering(w):
    for label, shape, picks, updates in (
        ("elements", [4, 3], [[0, 1], [3, 2]], (2,)),
        ("rows", [4, 3], [[2], [0]], (2, 3)),
        ("repeated_adds", [3], [[1], [1], [0]], (3,)),
        ("vector", [7], [[6], [2]], (2,)),
        ("deep", [2, 3, 2], [[0, 1], [1, 2]], (2, 2)),
        ("none", [3, 2], np.zeros((0, 1)), (0, 2)),
    ):
        w.add(
            "ScatterNd",
            label,
            indices=value(picks, "int32"),
            updates=fed(normal(*updates)),
            shape=value(shape, "int32"),
        )
        w.add(
            "ScatterNd",
            f"{label}_indices_fed",
            indices=fed(value(picks, "int64")),
            updates=fed(normal(*updates)),
            shape=value(shape, "int64"),
        )
        for op in (
            "TensorScatterUpdate",
            "TensorScatterAdd",
            "TensorScatterSub",
            "TensorScatterMax",
            "TensorScatterMin",
        ):
            if label != "repeated_adds" or op != "TensorScatterUpdate":
                w.add(
                    op,
                    label,
                    tensor=fed(normal(*shape)),
                    indices=value(picks, "int32"),
                    updates=fed(normal(*updates)),
                )


def one_hot(w):
    for label, items, depth, axis in (
        ("vector", [0, 2, 1], 4, -1),
        ("first_axis", [0, 2, 1], 4, 0),
        ("matrix", [[0, 1], [2, 3]], 4, 1),
        ("out_of_range_is_off", [-1, 5, 2], 3, -1),
        ("scalar", 2, 4, -1),
        ("depth_one", [0, 1], 1, -1),
    ):
        w.add(
            "OneHot",
            label,
            indices=fed(value(items, "int32")),
            depth=value(depth, "int32"),
            on_value=value(1, "float32"),
            off_value=value(0, "float32"),
            axis=axis,
        )
        w.add(
            "OneHot",
            f"{label}_values",
            indices=fed(value(items, "int64")),
            depth=value(depth, "int32"),
            on_value=value(5, "int32"),
            off_value=value(-1, "int32"),
            axis=axis,
        )
    for d in ("uint8", "bool", "float64"):
        w.add(
            "OneHot",
            d,
            optional=True,
            indices=fed(value([1, 0, 2], "uint8" if d == "uint8" else "int32")),
            depth=value(3, "int32"),
            on_value=value(1, d),
            off_value=value(0, d),
        )


def indices(w):
    for label, shape in (
        ("vector", (9,)),
        ("matrix", (3, 4)),
        ("3d", (2, 3, 2)),
        ("empty", (0, 3)),
        ("4d", (2, 1, 3, 2)),
    ):
        w.add("Where", label, condition=fed(bools(*shape)))
        w.add("Where", f"all_false_{label}", condition=fed(value(np.zeros(shape, bool))))
    for d in ("float32", "int32", "uint8"):
        w.add("Where", d, condition=fed(ints(0, 1, 3, 4, dtype=d)))
    for n in (1, 2, 5, 9, 30):
        w.add("InvertPermutation", f"{n}", x=fed(distinct(n, dtype="int32")))
    for label, index, dims in (
        ("plain", [22, 41, 37], [7, 6]),
        ("3d", [0, 5, 23], [2, 3, 4]),
        ("scalar", 7, [3, 4]),
        ("vector", [3], [5]),
        ("first", [0], [4, 4]),
    ):
        w.add("UnravelIndex", label, indices=fed(value(index, "int32")), dims=value(dims, "int32"))


def partitions(w):
    for label, ids, n in (
        ("two", [0, 1, 0, 1], 2),
        ("one_empty", [0, 0, 2, 2], 3),
        ("single", [0, 0, 0, 0], 1),
        ("reversed", [3, 2, 1, 0], 4),
        ("all_last", [1, 1, 1, 1], 2),
    ):
        w.graph(
            "DynamicPartition",
            label,
            lambda use: tf.raw_ops.DynamicPartition(
                data=use(fed(normal(4, 3))),
                partitions=use(fed(value(ids, "int32")), "ids"),
                num_partitions=n,
                name="y",
            ),
            exact=True,
        )
        w.graph(
            "DynamicStitch",
            label,
            lambda use: tf.raw_ops.DynamicStitch(
                indices=[use(value([i for i, p in enumerate(ids) if p == k], "int32"), f"i{k}") for k in range(n)],
                data=[use(fed(normal(ids.count(k), 3)), f"d{k}") for k in range(n)],
                name="y",
            ),
            exact=True,
        )
    for label, at, shape, items in (
        ("matrix", [[0, 1], [2, 0]], [3, 2], [5.0, -1.0]),
        ("vector", [1, 4], [6], [2.0, 3.0]),
        ("scalar_value", [[0, 0], [1, 1]], [2, 2], 7.0),
        ("one", 3, [5], 1.0),
        ("3d", [[0, 1, 1]], [1, 2, 2], [4.0]),
    ):
        w.add(
            "SparseToDense",
            label,
            sparse_indices=value(at, "int32"),
            output_shape=value(shape, "int32"),
            sparse_values=fed(value(items, "float32")),
            default_value=value(0.5, "float32"),
        )


def placed_slices(w):
    """Slices at a place that the run gives; one that reaches over the edge moves inside. Keras keeps caches so."""
    from tensorflow.compiler.tf2xla.ops import gen_xla_ops as xla

    for label, shape, part, start in (
        ("row", (4, 3), (1, 3), [2, 0]),
        ("inside", (5, 6), (2, 3), [1, 2]),
        ("over_the_edge", (5, 6), (2, 3), [4, 5]),
        ("before_the_edge", (5, 6), (2, 3), [-2, 1]),
        ("cache", (2, 2, 5, 2, 3), (2, 1, 1, 2, 3), [0, 1, 3, 0, 0]),
        ("vector", (7,), (2,), [3]),
        ("all", (3, 4), (3, 4), [1, 1]),
    ):
        w.graph(
            "XlaDynamicUpdateSlice",
            label,
            lambda use: xla.xla_dynamic_update_slice(
                use(fed(normal(*shape)), "x"),
                use(fed(normal(*part)), "update"),
                use(fed(value(start, "int32")), "start"),
                name="y",
            ),
            exact=True,
        )
        w.graph(
            "XlaDynamicSlice",
            label,
            lambda use: xla.xla_dynamic_slice(
                use(fed(normal(*shape)), "x"),
                use(fed(value(start, "int32")), "start"),
                use(value(part, "int32"), "size"),
                name="y",
            ),
            exact=True,
        )


def write(w):
    for group in (gathering, scattering, placed_slices, one_hot, indices, partitions):
        group(w)
