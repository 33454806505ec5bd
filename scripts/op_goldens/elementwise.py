"""One value in, one value out: unary and binary arithmetic, comparisons, casts, selections."""

from .harness import Draw, bools, fed, ints, normal, np, number, tf, uniform, value

FLOATS = ("float32", "float64", "float16")
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGERS = SIGNED + UNSIGNED
INF, NAN = float("inf"), float("nan")

# op: range of the values that it is defined on
UNARY = {
    "Abs": (-5, 5),
    "Neg": (-5, 5),
    "Sign": (-2, 2),
    "Square": (-5, 5),
    "Sqrt": (0, 9),
    "Rsqrt": (0.1, 9),
    "Exp": (-5, 5),
    "Expm1": (-2, 3),
    "Log": (0.01, 20),
    "Log1p": (-0.9, 20),
    "Sin": (-9, 9),
    "Cos": (-9, 9),
    "Tan": (-1.4, 1.4),
    "Asin": (-1, 1),
    "Acos": (-1, 1),
    "Atan": (-9, 9),
    "Sinh": (-4, 4),
    "Cosh": (-4, 4),
    "Tanh": (-6, 6),
    "Asinh": (-9, 9),
    "Acosh": (1, 9),
    "Atanh": (-0.95, 0.95),
    "Ceil": (-5, 5),
    "Floor": (-5, 5),
    "Round": (-5, 5),
    "Rint": (-5, 5),
    "Reciprocal": (0.1, 5),
    "Inv": (0.1, 5),
    "Sigmoid": (-9, 9),
    "Erf": (-3, 3),
    "Erfc": (-3, 3),
    "Lgamma": (0.1, 9),
    "Digamma": (0.1, 9),
    "Erfinv": (-0.95, 0.95),
    "Ndtri": (0.05, 0.95),
    "IsFinite": (-5, 5),
    "IsInf": (-5, 5),
    "IsNan": (-5, 5),
    "OnesLike": (-5, 5),
    "ZerosLike": (-5, 5),
    "Identity": (-5, 5),
    "Snapshot": (-5, 5),
    "StopGradient": (-5, 5),
    "PreventGradient": (-5, 5),
    "CheckNumerics": (-5, 5),
    "CheckNumericsV2": (-5, 5),
}
ARGUMENT = {
    "Identity": "input",
    "Snapshot": "input",
    "StopGradient": "input",
    "PreventGradient": "input",
    "CheckNumerics": "tensor",
    "CheckNumericsV2": "tensor",
}
MORE = {"CheckNumerics": dict(message="not finite"), "CheckNumericsV2": dict(message="not finite")}
TAKES_INTEGERS = (
    "Abs",
    "Neg",
    "Sign",
    "Square",
    "OnesLike",
    "ZerosLike",
    "Identity",
    "Snapshot",
    "StopGradient",
    "Ceil",
    "Floor",
    "Round",
)


def unary(w):
    special = value(
        [-INF, INF, NAN, 0.0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 1, -1, 1e-20, -1e-20, 1e20, -1e20, 88, -88],
        "float32",
    )
    for op, (low, high) in UNARY.items():
        name, more = ARGUMENT.get(op, "x"), MORE.get(op, {})
        put = lambda label, draw, **k: w.add(op, label, **{name: fed(draw)}, **more, **k)
        for d in FLOATS:
            put(f"vector_{d}", uniform(low, high, 37, dtype=d), optional=d != "float32")
        put("4d", uniform(low, high, 2, 3, 5, 7))
        put("scalar", uniform(low, high))
        put("empty", uniform(low, high, 0, 3))
        if not op.startswith("CheckNumerics"):
            put("special", special)
        if op in TAKES_INTEGERS:
            for d in INTEGERS:
                put(d, number(d, 4, 5), optional=True)
    for label, shape, known in (
        ("all_known", (2, 3), [2, 3]),
        ("some_known", (2, 3), [None, 3]),
        ("rank_known", (2, 3, 1), [None] * 3),
        ("scalar", (), []),
        ("empty", (0, 3), [0, None]),
    ):
        w.add("EnsureShape", label, input=fed(normal(*shape)), shape=known)
    for d in INTEGERS:
        w.add("Invert", d, optional=True, x=fed(number(d, 4, 5)))
    for op in ("OnesLike", "ZerosLike"):
        w.add(op, "bool", x=fed(bools(4, 5)))
    for label, shape in (("vector", (19,)), ("2d", (3, 5)), ("scalar", ()), ("empty", (0,)), ("4d", (2, 3, 2, 3))):
        w.add("LogicalNot", label, x=fed(bools(*shape)))
    for label, shape in (
        ("vector", (19,)),
        ("2d", (3, 5)),
        ("scalar", ()),
        ("empty", (0, 2)),
        ("4d", (2, 3, 2, 3)),
    ):
        w.add("IdentityN", label, input=[fed(normal(*shape)), fed(ints(0, 9, *shape)), fed(bools(*shape))])
        w.add(
            "ComplexAbs",
            label,
            x=Draw(lambda rng: np.asarray(rng.normal(size=shape) + 1j * rng.normal(size=shape), "complex64")),
        )


SHAPES = {
    "same": ((2, 3, 4, 5), (2, 3, 4, 5)),
    "vector": ((37,), (37,)),
    "right_scalar": ((3, 5), ()),
    "left_scalar": ((), (3, 5)),
    "scalars": ((), ()),
    "channel": ((2, 3, 4, 5), (5,)),
    "row_of_column": ((4, 1), (1, 6)),
    "middle": ((2, 1, 3, 1), (4, 1, 5)),
    "spatial": ((2, 3, 3, 4), (2, 1, 1, 4)),
    "one_and_many": ((1,), (3, 4)),
    "empty": ((0, 3), (3,)),
    "empty_and_one": ((1, 3), (0, 1)),
}
BINARY = {  # op: (left range, right range), ops on floats and integers alike
    "Add": ((-5, 5), (-5, 5)),
    "AddV2": ((-5, 5), (-5, 5)),
    "Sub": ((-5, 5), (-5, 5)),
    "Mul": ((-5, 5), (-5, 5)),
    "Div": ((-9, 9), (1, 5)),
    "RealDiv": ((-9, 9), (1, 5)),
    "FloorDiv": ((-9, 9), (1, 4)),
    "FloorMod": ((-9, 9), (1, 4)),
    "TruncateDiv": ((-9, 9), (1, 4)),
    "TruncateMod": ((-9, 9), (1, 4)),
    "Mod": ((-9, 9), (1, 4)),
    "DivNoNan": ((-9, 9), (1, 4)),
    "MulNoNan": ((-5, 5), (-5, 5)),
    "Xdivy": ((-5, 5), (1, 5)),
    "Xlogy": ((-5, 5), (0.1, 5)),
    "Xlog1py": ((-5, 5), (0.1, 5)),
    "Maximum": ((-5, 5), (-5, 5)),
    "Minimum": ((-5, 5), (-5, 5)),
    "Pow": ((0.2, 4), (-3, 3)),
    "SquaredDifference": ((-5, 5), (-5, 5)),
    "Atan2": ((-5, 5), (-5, 5)),
    "Equal": ((-5, 5), (-5, 5)),
    "NotEqual": ((-5, 5), (-5, 5)),
    "Less": ((-5, 5), (-5, 5)),
    "LessEqual": ((-5, 5), (-5, 5)),
    "Greater": ((-5, 5), (-5, 5)),
    "GreaterEqual": ((-5, 5), (-5, 5)),
}
INTEGER_BINARY = (
    "Add",
    "AddV2",
    "Sub",
    "Mul",
    "Div",
    "FloorDiv",
    "FloorMod",
    "TruncateDiv",
    "TruncateMod",
    "Mod",
    "Maximum",
    "Minimum",
    "SquaredDifference",
    "Equal",
    "NotEqual",
    "Less",
    "LessEqual",
    "Greater",
    "GreaterEqual",
)
COMPARISONS = ("Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual")


def binary(w):
    for op, (left, right) in BINARY.items():
        a = lambda shape, d="float32": uniform(*left, *shape, dtype=d)
        b = lambda shape, d="float32": uniform(*right, *shape, dtype=d)
        floor_like = op in ("FloorDiv", "FloorMod", "TruncateMod", "Mod", "TruncateDiv")
        if op != "TruncateDiv":  # integers only
            for label, (l, r) in SHAPES.items():
                w.add(op, label, x=fed(a(l)), y=fed(b(r)))
            w.add(op, "constant_right", x=fed(a((3, 4, 5))), y=b((5,)))
            w.add(op, "constant_left", x=a((4, 1)), y=fed(b((3, 4, 5))))
            for d in ("float64", "float16"):
                w.add(
                    op,
                    d,
                    x=fed(a((3, 7), d)),
                    y=fed(b((7,), d)),
                    optional=True,
                    tolerance=(5e-3, 5e-3) if d == "float16" else None,
                )
            w.add(
                op,
                "special",
                x=fed(value([0, -0.0, INF, -INF, NAN, 1, INF, 0, -1, 2, NAN, -3], "float32")),
                y=fed(value([0, 5, INF, INF, 1, NAN, 2, -3, 0, 0, NAN, 0], "float32")),
            )
            if floor_like:
                w.add(op, "negative_divisor", x=fed(uniform(-9, 9, 40)), y=fed(uniform(-4, -1, 40)))
                w.add(
                    op,
                    "exact_quotients",
                    x=fed(value([6, -6, 6, -6, 7, -7, 7, -7], "float32")),
                    y=fed(value([3, 3, -3, -3, 2, 2, -2, -2], "float32")),
                )
        if op in INTEGER_BINARY:
            for d in INTEGERS:
                signed = d[0] == "i"
                low = 1 if "Div" in op or "Mod" in op else (-9 if signed else 0)
                x = ints(-20 if signed else 15, 20 if signed else 30, 3, 8, dtype=d)
                w.add(op, d, x=fed(x), y=fed(ints(low, 9, 8, dtype=d)), optional=True)
            if "Div" in op or "Mod" in op:
                w.add(
                    op, "int32_negative_divisor", x=fed(ints(-20, 20, 3, 8)), y=fed(ints(-5, -1, 8)), optional=True
                )
        if op in COMPARISONS:
            w.add(op, "equal_values", x=fed(ints(0, 2, 5, 6)), y=fed(ints(0, 2, 6)))
            w.add(
                op,
                "int64_beyond_double",
                x=fed(value([2**53, 2**53 + 1, -(2**60)], "int64")),
                y=fed(value([2**53 + 1, 2**53 + 1, -(2**60) - 1], "int64")),
            )
    for op in ("Equal", "NotEqual"):
        w.add(op, "bool", x=fed(bools(3, 4)), y=fed(bools(4)))
        w.add(op, "shapes_differ", x=fed(normal(3)), y=fed(normal(4)), incompatible_shape_error=False)
    for d in ("int32", "int64"):
        w.add("Pow", d, x=fed(ints(-4, 4, 4, 5, dtype=d)), y=fed(ints(0, 4, 5, dtype=d)))
    w.add(
        "Pow",
        "negative_base",
        x=fed(uniform(-3, -1, 12)),
        y=fed(value([0, 1, 2, 3, -1, -2, 0.5, 1.5, 2, 2, 3, 4], "float32")),
    )
    for e in (0.5, 2.0, -0.5, 3.0, -1.0, 0.0):
        w.add("Pow", f"exponent_{e}", x=fed(uniform(0.1, 5, 3, 7)), y=value(e, "float32"))
    w.add("DivNoNan", "zeros", x=fed(normal(3, 4)), y=fed(value([0, 1, 0, -2], "float32")))
    w.add("MulNoNan", "zeros", x=fed(value([[INF, NAN, 1, 2]], "float32")), y=fed(value([0, 0, 0, 3], "float32")))
    for op in ("Xdivy", "Xlogy", "Xlog1py"):
        w.add(op, "zero_left", x=fed(value([0, 0, 0, 1], "float32")), y=fed(value([0, -1, INF, 2], "float32")))
    for label, (l, r) in SHAPES.items():
        for op in ("LogicalAnd", "LogicalOr"):
            w.add(op, label, x=fed(bools(*l)), y=fed(bools(*r)))
    for d in INTEGERS:
        for op in ("BitwiseAnd", "BitwiseOr", "BitwiseXor"):
            w.add(op, d, x=fed(ints(0, 100, 3, 8, dtype=d)), y=fed(ints(0, 100, 8, dtype=d)))
        for op in ("LeftShift", "RightShift"):
            w.add(op, d, x=fed(number(d, 3, 8)), y=fed(ints(0, 6, 8, dtype=d)))
    for d, top in (("uint8", 255), ("int8", 127), ("int32", 2**31 - 1)):
        w.add("AddV2", f"wraps_{d}", x=fed(value([top, top - 1, 5], d)), y=fed(value([1, 1, 2], d)))
    for label, tolerance in (
        ("default", {}),
        ("wide", dict(tolerance=0.5)),
        ("zero", dict(tolerance=0.0)),
        ("one", dict(tolerance=1.0)),
        ("tiny", dict(tolerance=1e-30)),
    ):
        w.graph(
            "ApproximateEqual",
            label,
            lambda use: tf.raw_ops.ApproximateEqual(
                x=use(fed(normal(5, 6))), y=use(fed(normal(5, 6)), "other"), name="y", **tolerance
            ),
        )
    for n in (1, 2, 3, 7):
        w.add("AddN", f"of_{n}", inputs=[fed(normal(3, 5)) for _ in range(n)])
    for d in ("float64", "int32", "float16"):
        w.add("AddN", d, inputs=[fed(number(d, 4, 3)), fed(number(d, 4, 3)), number(d, 4, 3)])
    w.add("AddN", "scalars", inputs=[fed(normal()), fed(normal())])


def cast(w):
    types = ("bool",) + INTEGERS + FLOATS
    for source in types:
        for target in types:
            signed = target in SIGNED + FLOATS + ("bool",)
            if source in FLOATS:
                draw = uniform(-90 if signed else 0, 90, 3, 7, dtype=source)
            else:
                draw = number(source, 3, 7, low=-90 if signed else 0, high=90)
            w.graph(
                "Cast",
                f"{source}_to_{target}",
                lambda use: tf.raw_ops.Cast(x=use(fed(draw)), DstT=tf.as_dtype(target), name="y"),
            )
    for label, draw, target in (
        ("rounds_toward_zero", value([-2.9, -2.5, -1.1, -0.9, 0.9, 1.1, 2.5, 2.9], "float32"), "int32"),
        ("wraps_int64_to_int32", value([2**32 + 5, -(2**33) - 7, 2**31], "int64"), "int32"),
        ("wraps_int32_to_uint8", value([-1, 256, 300, -300], "int32"), "uint8"),
        ("wraps_int32_to_int8", value([128, 255, -129, 1000], "int32"), "int8"),
        ("special_to_half", value([INF, -INF, NAN, 1e6, 1e-9, 65504, 65519], "float32"), "float16"),
        ("special_to_bool", value([0, -0.0, NAN, INF, 1e-30], "float32"), "bool"),
        ("large_int64_to_float32", value([2**53 + 1, 2**24 + 1, -(2**60)], "int64"), "float32"),
        ("double_to_float", value([1e-50, 1e300, 0.1, 16777217], "float64"), "float32"),
        ("scalar", normal(), "int32"),
        ("empty", normal(0, 4), "int64"),
    ):
        w.graph("Cast", label, lambda use: tf.raw_ops.Cast(x=use(fed(draw)), DstT=tf.as_dtype(target), name="y"))
    w.graph(
        "Cast", "through_bfloat16", lambda use: tf.cast(tf.cast(use(fed(normal(5, 7))), tf.bfloat16), tf.float32)
    )
    w.graph(
        "Cast",
        "truncate_to_half",
        lambda use: tf.raw_ops.Cast(x=use(fed(normal(5, 7))), DstT=tf.float16, Truncate=True),
    )


def select(w):
    def choose(op, label, condition, yes, no):
        names = ("x", "y") if op == "Select" else ("t", "e")
        w.add(op, label, condition=fed(condition), **{names[0]: fed(yes), names[1]: fed(no)})

    for d in ("float32", "float64", "int32", "int64", "bool", "uint8", "float16"):
        choose("Select", f"same_{d}", bools(3, 4), number(d, 3, 4), number(d, 3, 4))
        choose("SelectV2", f"same_{d}", bools(3, 4), number(d, 3, 4), number(d, 3, 4))
    for op in ("Select", "SelectV2"):
        choose(op, "scalar_condition", bools(), normal(3, 4), normal(3, 4))
        choose(op, "scalars", bools(), normal(), normal())
        choose(op, "empty", bools(0, 3), normal(0, 3), normal(0, 3))
        choose(
            op,
            "keeps_nan_of_the_other_side",
            value([True, False, True]),
            value([1, NAN, 3], "float32"),
            value([NAN, 5, INF], "float32"),
        )
    choose("Select", "row_condition", bools(3), normal(3, 4, 2), normal(3, 4, 2))
    for label, c, t, e in (
        ("rows", (4,), (3, 4), (3, 4)),
        ("all_broadcast", (3, 1), (1, 4), ()),
        ("condition_smaller", (2, 1, 1), (2, 3, 4), (4,)),
        ("condition_larger", (2, 3, 4), (4,), (3, 1)),
        ("scalar_values", (3, 4), (), ()),
    ):
        choose("SelectV2", label, bools(*c), normal(*t), normal(*e))
    for label, x, low, high in (
        ("scalars", (3, 7), (), ()),
        ("same", (3, 7), (3, 7), (3, 7)),
        ("vector", (19,), (), ()),
        ("scalar", (), (), ()),
        ("empty", (0, 2), (), ()),
    ):
        w.graph(
            "ClipByValue",
            label,
            lambda use: tf.raw_ops.ClipByValue(
                t=use(fed(normal(*x, scale=3))),
                clip_value_min=use(uniform(-2, -1, *low), "low"),
                clip_value_max=use(uniform(1, 2, *high), "high"),
                name="y",
            ),
        )
    for d in ("float64", "int32", "int64", "float16"):
        w.add(
            "ClipByValue",
            d,
            t=fed(number(d, 4, 5)),
            clip_value_min=value(-1, d),
            clip_value_max=value(2, d),
            optional=True,
        )


def write(w):
    for group in (unary, binary, cast, select):
        group(w)
