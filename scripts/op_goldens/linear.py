"""Matrix products, Einsum, bands and diagonals, transforms."""

from .harness import fed, ints, normal, number, tf, value

FLOATS = ("float32", "float64", "float16")
LOOSE = {"float32": (1e-5, 2e-5), "float16": (5e-3, 5e-2)}


def products(w):
    for d in FLOATS:
        for ta in (False, True):
            for tb in (False, True):
                a, b = (7, 5) if ta else (5, 7), (9, 7) if tb else (7, 9)
                w.add(
                    "MatMul",
                    f"{'t' if ta else 'n'}{'t' if tb else 'n'}_{d}",
                    tolerance=LOOSE.get(d),
                    a=fed(normal(*a, dtype=d)),
                    b=normal(*b, dtype=d),
                    transpose_a=ta,
                    transpose_b=tb,
                )
                a, b = (2, 7, 5) if ta else (2, 5, 7), (2, 9, 7) if tb else (2, 7, 9)
                w.add(
                    "BatchMatMulV2",
                    f"{'t' if ta else 'n'}{'t' if tb else 'n'}_{d}",
                    tolerance=LOOSE.get(d),
                    x=fed(normal(*a, dtype=d)),
                    y=fed(normal(*b, dtype=d)),
                    adj_x=ta,
                    adj_y=tb,
                )
                w.add(
                    "BatchMatMul",
                    f"{'t' if ta else 'n'}{'t' if tb else 'n'}_{d}",
                    tolerance=LOOSE.get(d),
                    x=fed(normal(*a, dtype=d)),
                    y=fed(normal(*b, dtype=d)),
                    adj_x=ta,
                    adj_y=tb,
                )
    for label, m, k, n in (
        ("row", 1, 33, 17),
        ("column", 17, 33, 1),
        ("dot", 1, 40, 1),
        ("outer", 6, 1, 8),
        ("wide", 3, 70, 130),
        ("tall", 67, 5, 3),
        ("square", 16, 16, 16),
        ("no_rows", 0, 4, 3),
        ("no_inner", 3, 0, 4),
    ):
        w.add("MatMul", label, tolerance=LOOSE["float32"], a=fed(normal(m, k)), b=normal(k, n))
    w.add("MatMul", "both_fed", tolerance=LOOSE["float32"], a=fed(normal(5, 6)), b=fed(normal(6, 7)))
    w.add("MatMul", "constant_left", tolerance=LOOSE["float32"], a=normal(5, 6), b=fed(normal(6, 7)))
    for d in ("int32", "int64"):
        w.add("MatMul", d, a=fed(number(d, 4, 6)), b=number(d, 6, 5), optional=True)
        w.add("BatchMatMulV2", d, x=fed(number(d, 2, 4, 6)), y=number(d, 2, 6, 5), optional=True)
    for label, a, b in (
        ("broadcast_left", (4, 5), (3, 5, 6)),
        ("broadcast_right", (3, 4, 5), (5, 6)),
        ("broadcast_both", (2, 1, 4, 5), (3, 5, 6)),
        ("4d", (2, 3, 4, 5), (2, 3, 5, 6)),
        ("one_batch", (1, 4, 5), (3, 5, 6)),
        ("matrices", (4, 5), (5, 6)),
        ("empty_batch", (0, 4, 5), (0, 5, 6)),
        ("no_inner", (2, 3, 0), (2, 0, 4)),
        ("vector_like", (2, 1, 9), (2, 9, 1)),
    ):
        w.add("BatchMatMulV2", label, tolerance=LOOSE["float32"], x=fed(normal(*a)), y=fed(normal(*b)))
    for label, a, b in (
        ("broadcast", (2, 1, 4, 5), (3, 5, 6)),
        ("matrices", (4, 5), (5, 6)),
        ("4d", (2, 3, 4, 5), (2, 3, 5, 6)),
        ("constant", (3, 4, 5), (3, 5, 2)),
        ("one", (1, 1, 1), (1, 1, 1)),
    ):
        w.add("BatchMatMulV3", label, tolerance=LOOSE["float32"], x=fed(normal(*a)), y=normal(*b), Tout="float32")
    for label, equation, *shapes in (
        ("matmul", "ij,jk->ik", (4, 5), (5, 6)),
        ("batch", "bij,bjk->bik", (2, 4, 5), (2, 5, 6)),
        ("attention", "bqhd,bkhd->bhqk", (2, 3, 4, 5), (2, 6, 4, 5)),
        ("attention_back", "bhqk,bkhd->bqhd", (2, 4, 3, 6), (2, 6, 4, 5)),
        ("transpose", "ijk->kij", (2, 3, 4)),
        ("trace", "ii->", (5, 5)),
        ("diagonal", "ii->i", (5, 5)),
        ("sum", "ij->", (3, 4)),
        ("row_sum", "ij->i", (3, 4)),
        ("outer", "i,j->ij", (4,), (5,)),
        ("dot", "i,i->", (7,), (7,)),
        ("elementwise", "ij,ij->ij", (3, 4), (3, 4)),
        ("ellipsis", "...ij,jk->...ik", (2, 3, 4, 5), (5, 6)),
        ("ellipsis_both", "...ij,...jk->...ik", (2, 1, 4, 5), (3, 5, 6)),
        ("project_heads", "btd,dhe->bthe", (2, 3, 8), (8, 2, 4)),
        ("merge_heads", "bthe,hed->btd", (2, 3, 2, 4), (2, 4, 8)),
        ("unused", "ij,k->i", (3, 4), (5,)),
        ("right_transposed", "ij,kj->ik", (4, 5), (6, 5)),
        ("repeated_batch", "bij,bij->b", (3, 4, 5), (3, 4, 5)),
    ):
        w.add(
            "Einsum", label, tolerance=LOOSE["float32"], inputs=[fed(normal(*s)) for s in shapes], equation=equation
        )
    w.add(
        "Einsum",
        "float64",
        inputs=[fed(normal(3, 4, dtype="float64")), fed(normal(4, 2, dtype="float64"))],
        equation="ab,bc->ac",
    )
    w.add(
        "Einsum",
        "int32",
        inputs=[fed(ints(-5, 5, 3, 4)), fed(ints(-5, 5, 4, 2))],
        equation="ab,bc->ac",
        optional=True,
    )


def bands(w):
    for label, shape, low, high in (
        ("lower", (5, 5), -1, 0),
        ("upper", (5, 5), 0, -1),
        ("diagonal", (4, 6), 0, 0),
        ("band", (6, 5), 1, 2),
        ("all", (3, 4), -1, -1),
        ("batch", (2, 3, 4, 4), 1, 0),
        ("causal", (1, 7, 7), -1, 0),
    ):
        w.add(
            "MatrixBandPart",
            label,
            exact=True,
            input=fed(normal(*shape)),
            num_lower=value(low, "int64"),
            num_upper=value(high, "int64"),
        )
    for d in ("int32", "float64", "bool", "int64"):
        w.add(
            "MatrixBandPart",
            d,
            input=fed(number(d, 4, 5)),
            num_lower=value(1, "int32"),
            num_upper=value(1, "int32"),
            optional=True,
        )
    for label, shape in (("vector", (4,)), ("batch", (3, 4)), ("deep", (2, 2, 3)), ("one", (1,)), ("empty", (0,))):
        w.add("MatrixDiag", label, exact=True, diagonal=fed(normal(*shape)))
        w.add("Diag", label, exact=True, diagonal=fed(normal(*shape)))
    for label, shape in (
        ("square", (4, 4)),
        ("wide", (3, 5)),
        ("tall", (5, 3)),
        ("batch", (2, 3, 3)),
        ("one", (1, 1)),
    ):
        w.add("MatrixDiagPart", label, exact=True, input=fed(normal(*shape)))
        for k in (0, 1, -1):
            for op in ("MatrixDiagPartV2", "MatrixDiagPartV3"):
                if shape != (1, 1) or k == 0:
                    w.add(
                        op,
                        f"{label}_k{k}",
                        exact=True,
                        input=fed(normal(*shape)),
                        k=value(k, "int32"),
                        padding_value=value(9, "float32"),
                    )
    for align in ("LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT"):
        w.add(
            "MatrixDiagPartV3",
            f"band_{align}",
            exact=True,
            input=fed(normal(3, 4)),
            k=value([-1, 2], "int32"),
            padding_value=value(9, "float32"),
            align=align,
        )
        w.add(
            "MatrixDiagV3",
            f"band_{align}",
            static=True,
            exact=True,
            diagonal=fed(normal(3, 4)),
            k=value([-1, 1], "int32"),
            num_rows=value(-1, "int32"),
            num_cols=value(-1, "int32"),
            padding_value=value(0, "float32"),
            align=align,
        )
        w.add(
            "MatrixSetDiagV3",
            f"band_{align}",
            static=True,
            exact=True,
            input=fed(normal(4, 4)),
            diagonal=fed(normal(3, 4)),
            k=value([-1, 1], "int32"),
            align=align,
        )
    for label, k, rows, cols in (
        ("main", 0, -1, -1),
        ("above", 1, -1, -1),
        ("below", -2, -1, -1),
        ("wide", 0, 4, 6),
        ("tall", 0, 6, 4),
        ("tall_below", -1, 6, 4),
    ):
        for op in ("MatrixDiagV2", "MatrixDiagV3"):
            w.add(
                op,
                label,
                static=True,
                exact=True,
                diagonal=fed(normal(2, 4)),
                k=value(k, "int32"),
                num_rows=value(rows, "int32"),
                num_cols=value(cols, "int32"),
                padding_value=value(7, "float32"),
            )
    for label, shape, n in (
        ("square", (4, 4), (4,)),
        ("wide", (3, 5), (3,)),
        ("tall", (5, 3), (3,)),
        ("batch", (2, 3, 3), (2, 3)),
        ("one", (1, 1), (1,)),
    ):
        w.add("MatrixSetDiag", label, exact=True, input=fed(normal(*shape)), diagonal=fed(normal(*n)))
        w.add(
            "MatrixSetDiagV3",
            label,
            static=True,
            exact=True,
            input=fed(normal(*shape)),
            diagonal=fed(normal(*n)),
            k=value(0, "int32"),
        )
    for n in (1, 2, 3, 5):
        w.add("MatrixDeterminant", f"{n}", tolerance=(1e-4, 1e-4), input=fed(normal(n, n)))
        w.add(
            "MatrixInverse",
            f"{n}",
            tolerance=(1e-3, 1e-3),
            input=fed(
                value([[3.0 if i == j else 1 / (1 + i + 2 * j) for j in range(n)] for i in range(n)], "float32")
            ),
        )
    w.add("MatrixDeterminant", "batch", tolerance=(1e-4, 1e-4), input=fed(normal(2, 3, 3)))
    w.add(
        "MatrixInverse",
        "adjoint_batch",
        tolerance=(1e-3, 1e-3),
        adjoint=True,
        input=fed(value([[[2, 1], [0.5, 3]], [[1, -1], [2, 2]]], "float32")),
    )


def transforms(w):
    """Complex values stay inside the graph: real parts go in, real parts come out."""
    r = tf.raw_ops
    complex_of = lambda use, *s: r.Complex(
        real=use(fed(normal(*s)), "re"), imag=use(fed(normal(*s)), "im"), Tout=tf.complex64
    )
    parts = lambda z: [r.Real(input=z, Tout=tf.float32), r.Imag(input=z, Tout=tf.float32)]
    for label, shape in (("8", (8,)), ("rows", (3, 16)), ("odd", (2, 7)), ("one", (1,)), ("prime", (11,))):
        for op in ("FFT", "IFFT"):
            w.graph(
                op,
                label,
                lambda use: parts(getattr(r, op)(input=complex_of(use, *shape), name="y")),
                tolerance=(1e-4, 1e-5),
            )
        n = shape[-1]
        for length in sorted({n, max(1, n - 2)}):
            w.graph(
                "RFFT",
                f"{label}_length_{length}",
                lambda use: parts(
                    r.RFFT(input=use(fed(normal(*shape))), fft_length=use(value([length], "int32"), "n"), name="y")
                ),
                tolerance=(1e-4, 1e-5),
            )
        w.graph(
            "IRFFT",
            label,
            lambda use: r.IRFFT(
                input=complex_of(use, *shape[:-1], n // 2 + 1), fft_length=use(value([n], "int32"), "n"), name="y"
            ),
            tolerance=(1e-4, 1e-5),
        )
        w.graph(
            "ComplexAbs",
            f"of_complex_{label}",
            lambda use: r.ComplexAbs(x=complex_of(use, *shape), Tout=tf.float32, name="y"),
            tolerance=(1e-5, 1e-6),
        )
        w.graph("Angle", label, lambda use: r.Angle(input=complex_of(use, *shape), Tout=tf.float32, name="y"))
        w.graph("Conj", label, lambda use: parts(r.Conj(input=complex_of(use, *shape), name="y")))
    for label, shape in (
        ("4x4", (4, 4)),
        ("odd", (3, 5)),
        ("batch", (2, 4, 6)),
        ("row", (1, 8)),
        ("column", (8, 1)),
    ):
        for op in ("FFT2D", "IFFT2D"):
            w.graph(
                op,
                label,
                lambda use: parts(getattr(r, op)(input=complex_of(use, *shape), name="y")),
                tolerance=(1e-4, 1e-5),
            )
        w.graph(
            "RFFT2D",
            label,
            lambda use: parts(
                r.RFFT2D(input=use(fed(normal(*shape))), fft_length=use(value(shape[-2:], "int32"), "n"), name="y")
            ),
            tolerance=(1e-4, 1e-5),
        )


def write(w):
    for group in (products, bands, transforms):
        group(w)
