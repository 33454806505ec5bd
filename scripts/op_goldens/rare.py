"""Operations that few models have: special functions, factorisations, audio, exact random numbers, derivatives."""

from .harness import bools, distinct, fed, ints, normal, np, tf, uniform, v1, value

r = tf.raw_ops


def functions(w):
    ranges = {"BesselK0": (0.1, 8), "BesselK0e": (0.1, 40), "BesselK1": (0.1, 8), "BesselK1e": (0.1, 40)}
    ranges |= {"BesselY0": (0.1, 9), "BesselY1": (0.1, 9), "Spence": (0, 5), "Expint": (0.05, 6)}
    ranges |= {"BesselI0": (-9, 9), "BesselI0e": (-60, 60), "BesselI1": (-9, 9), "BesselI1e": (-60, 60)}
    ranges |= {n: (-9, 9) for n in ("BesselJ0", "BesselJ1", "Dawsn", "FresnelCos", "FresnelSin")}
    for op, (low, high) in ranges.items():
        for shape in ((), (0,), (7,), (3, 4)):
            w.add(op, "x".join(map(str, shape)) or "scalar", tolerance=(2e-4, 2e-5), x=fed(uniform(low, high, *shape)))
        w.add(op, "float64", tolerance=(1e-6, 1e-8), optional=True, x=fed(uniform(low, high, 9, dtype="float64")))
    for dtype in ("int8", "uint8", "int16", "uint16", "int32", "int64"):
        w.add(
            "PopulationCount", dtype, optional=True, x=fed(ints(0 if dtype[0] == "u" else -90, 90, 3, 5, dtype=dtype))
        )
    for label, more in (
        ("plain", {}),
        ("exclusive", dict(exclusive=True)),
        ("reverse", dict(reverse=True)),
        ("both", dict(exclusive=True, reverse=True)),
    ):
        for axis in (0, -1):
            w.add("CumulativeLogsumexp", f"{label}_{axis}", x=fed(normal(4, 5, scale=3)), axis=axis, **more)


def matrices(w):
    close = dict(tolerance=(2e-3, 2e-3))
    square = lambda *s: fed(value(np.eye(s[-1]) * 3 + np.arange(np.prod(s)).reshape(s) % 7 * 0.3, "float32"))

    def positive(*shape):
        a = np.random.default_rng(7).normal(size=shape)
        return fed(value(a @ np.swapaxes(a, -1, -2) + np.eye(shape[-1]), "float32"))

    for n, shape in (
        ("one", (1, 1)),
        ("three", (3, 3)),
        ("batch", (2, 4, 4)),
        ("none", (0, 3, 3)),
        ("deep", (2, 2, 3, 3)),
    ):
        w.add("Cholesky", n, input=positive(*shape), **close)
        w.add("LogMatrixDeterminant", n, input=square(*shape), **close)
        w.graph(
            "SelfAdjointEigV2",
            f"{n}_values",
            lambda use: r.SelfAdjointEigV2(input=use(positive(*shape)), compute_v=False).e,
            **close,
        )
        right = fed(normal(*shape[:-1], 2))
        w.add("MatrixSolve", n, matrix=square(*shape), rhs=right, **close)
        w.add("MatrixSolve", f"{n}_adjoint", matrix=square(*shape), rhs=right, adjoint=True, **close)
        for lower in (True, False):
            name = f"{n}_{'lower' if lower else 'upper'}"
            w.add("MatrixTriangularSolve", name, matrix=square(*shape), rhs=right, lower=lower, **close)
    w.add("MatrixTriangularSolve", "adjoint", matrix=square(3, 3), rhs=fed(normal(3, 2)), adjoint=True, **close)
    w.add("MatrixTriangularSolve", "broadcast", matrix=square(3, 3), rhs=fed(normal(2, 3, 2)), **close)
    for n, shape in (("square", (3, 3)), ("tall", (2, 5, 3)), ("wide", (3, 5)), ("column", (4, 1)), ("row", (1, 4))):
        x = fed(normal(*shape))
        w.add("Qr", n, input=x, **close)
        w.add("Qr", f"{n}_full", input=x, full_matrices=True, **close)
        w.graph("Svd", f"{n}_values", lambda use: r.Svd(input=use(x), compute_uv=False).s, **close)
        # The vectors' signs are free: what they make is not.
        w.graph("Svd", f"{n}_vectors", lambda use: rebuilt(r.Svd(input=use(x))), **close)
        w.graph(
            "MatrixSolveLs",
            n,
            lambda use: r.MatrixSolveLs(
                matrix=use(x, "a"), rhs=use(fed(normal(*shape[:-1], 2)), "b"), l2_regularizer=0.1, fast=True
            ),
            static=True,
            **close,
        )
    w.graph(
        "SelfAdjointEigV2", "vectors", lambda use: recombined(r.SelfAdjointEigV2(input=use(positive(2, 4, 4)))), **close
    )
    for ta in (False, True):
        for tb in (False, True):
            shape_a, shape_b = ((4, 3) if ta else (3, 4)), ((2, 4) if tb else (4, 2))
            w.add(
                "SparseMatMul",
                f"{ta}_{tb}",
                a=fed(normal(*shape_a)),
                b=fed(normal(*shape_b)),
                transpose_a=ta,
                transpose_b=tb,
            )

    w.add(
        "SparseMatMul",
        "zeros",
        a=fed(value([[1, 0, 2], [0, 3, 0]], "float32")),
        b=fed(value([[1], [0], [4]], "float32")),
    )


def rebuilt(svd):
    return tf.matmul(svd.u * svd.s[..., None, :], svd.v, transpose_b=True)


def recombined(eigen):
    return tf.matmul(eigen.v * eigen.e[..., None, :], eigen.v, transpose_b=True)


def audio(w):
    close = dict(tolerance=(2e-3, 2e-3))
    for window, stride, channels in ((16, 8, 1), (20, 7, 2), (480, 160, 1), (64, 64, 1), (30, 40, 1)):
        for squared in (True, False):
            w.add(
                "AudioSpectrogram",
                f"{window}_{stride}_{squared}",
                depth_known=True,
                window_size=window,
                stride=stride,
                magnitude_squared=squared,
                input=fed(uniform(-1, 1, 700, channels)),
                **close,
            )
    for label, bins, rate, more in (
        ("plain", 257, 16000, {}),
        ("speech", 513, 16000, dict(dct_coefficient_count=40)),
        ("narrow", 129, 8000, dict(upper_frequency_limit=3000, lower_frequency_limit=100, filterbank_channel_count=20)),
        ("few", 65, 16000, dict(filterbank_channel_count=10, dct_coefficient_count=5)),
        ("silence", 129, 44100, {}),
    ):
        spectrum = value(np.zeros((1, 3, bins)), "float32") if label == "silence" else uniform(0, 9, 1, 3, bins)
        w.add("Mfcc", label, static=True, spectrogram=fed(spectrum), sample_rate=rate, **more, **close)
        w.add(
            "Mfcc",
            f"{label}_fed_rate",
            static=True,
            spectrogram=fed(spectrum),
            sample_rate=fed(rate, "int32"),
            **more,
            **close,
        )
    w.graph("Mfcc", "from_file", lambda use: speech(r.DecodeWav(contents=wav(1, 800, 16000))), **close)
    for label, channels, more in (
        ("mono", 1, {}),
        ("stereo", 2, {}),
        ("one_of_two", 2, dict(desired_channels=1)),
        ("cut", 1, dict(desired_samples=20)),
        ("padded", 1, dict(desired_samples=60)),
    ):
        w.add("DecodeWav", label, contents=wav(channels, 40, 8000), **more)


def wav(channels, samples, rate):
    sound = np.random.default_rng(samples).uniform(-1, 1, (samples, channels)).astype("float32")
    with tf.Graph().as_default(), v1.Session() as session:
        return session.run(tf.audio.encode_wav(sound, rate))


def speech(decoded):
    spectrogram = r.AudioSpectrogram(input=decoded.audio, window_size=480, stride=160, magnitude_squared=True)
    return r.Mfcc(spectrogram=spectrogram, sample_rate=decoded.sample_rate)


def random(w):
    """The very numbers; a fed shape keeps TensorFlow from folding them away."""
    for seed in ((1, 2), (-5, 7), (0, 0)):
        s = fed(seed, "int64")
        for shape in ((), (5,), (3, 3), (0, 2)):
            name = f"{'x'.join(map(str, shape)) or 'scalar'}_{seed[0]}"
            for op in ("StatelessRandomUniform", "StatelessRandomNormal", "StatelessTruncatedNormal"):
                w.add(op, name, tolerance=(1e-5, 1e-6), shape=value(shape, "int32"), seed=s)
            w.add(
                "StatelessRandomUniformInt",
                name,
                shape=value(shape, "int32"),
                seed=s,
                minval=value(-3, "int32"),
                maxval=value(50, "int32"),
            )
            w.add("StatelessRandomUniformFullInt", name, shape=value(shape, "int32"), seed=s, dtype=tf.int32)
        for shape in ([7], [3, 5], [300]):
            name = f"{'x'.join(map(str, shape))}_{seed[0]}"
            w.graph("StatelessRandomUniformV2", name, lambda use: tf.random.stateless_uniform(shape, use(s)))
            w.graph(
                "StatelessRandomNormalV2",
                name,
                lambda use: tf.random.stateless_normal(shape, use(s)),
                tolerance=(1e-5, 1e-6),
            )
            w.graph(
                "StatelessTruncatedNormalV2",
                name,
                lambda use: tf.random.stateless_truncated_normal(shape, use(s)),
                tolerance=(1e-5, 1e-6),
            )
        for dtype in ("int32", "int64"):
            w.graph(
                "StatelessRandomUniformIntV2",
                f"{dtype}_{seed[0]}",
                lambda use: tf.random.stateless_uniform([7], use(s), 9, 1000, dtype),
            )
            w.graph(
                "StatelessRandomUniformFullIntV2",
                f"{dtype}_{seed[0]}",
                lambda use: tf.random.stateless_uniform([7], use(s), None, None, dtype),
            )
        for dtype in ("float16", "float64"):
            w.add("StatelessRandomUniform", f"{dtype}_{seed[0]}", shape=value((9,), "int32"), seed=s, dtype=dtype)
            w.add("StatelessRandomNormal", f"{dtype}_{seed[0]}", shape=value((9,), "int32"), seed=s, dtype=dtype)
    for label, more in (
        ("plain", {}),
        ("seeded", dict(seed=3, seed2=4)),
        ("ratio", dict(aspect_ratio_range=[0.5, 2])),
        ("area", dict(area_range=[0.5, 1])),
        ("whole", dict(use_image_if_no_bounding_boxes=True)),
    ):
        w.add(
            "SampleDistortedBoundingBoxV2",
            label,
            random=True,
            image_size=value((40, 50, 3), "int32"),
            bounding_boxes=fed(value([[[0.1, 0.2, 0.8, 0.9]]], "float32")),
            min_object_covered=value(0.1, "float32"),
            **more,
        )


def derivatives(w):
    for op in ("TanhGrad", "SigmoidGrad", "SqrtGrad", "RsqrtGrad", "ReciprocalGrad", "InvGrad"):
        for shape in ((), (3,), (2, 3), (2, 3, 4), (0, 2)):
            w.add(op, "x".join(map(str, shape)) or "scalar", y=fed(uniform(0.2, 0.9, *shape)), dy=fed(normal(*shape)))
    for op, other in (
        ("ReluGrad", "features"),
        ("Relu6Grad", "features"),
        ("LeakyReluGrad", "features"),
        ("EluGrad", "outputs"),
        ("SeluGrad", "outputs"),
        ("SoftplusGrad", "features"),
        ("SoftsignGrad", "features"),
    ):
        for shape in ((), (3,), (2, 3), (2, 3, 4), (0, 2)):
            low, high = (-0.9, 2) if other == "outputs" else (-4, 8)
            name = "x".join(map(str, shape)) or "scalar"
            w.add(op, name, gradients=fed(normal(*shape)), **{other: fed(uniform(low, high, *shape))})
    for label, shape, form in (
        ("matrix", (4, 3), "NHWC"),
        ("image", (2, 3, 4, 5), "NHWC"),
        ("nchw", (2, 3, 4, 5), "NCHW"),
        ("volume", (2, 2, 2, 2, 3), "NHWC"),
        ("sequence", (2, 4, 3), "NHWC"),
    ):
        w.add("BiasAddGrad", label, out_backprop=fed(normal(*shape)), data_format=form)
    for label, size, k, s, padding in (
        ("valid", (2, 6, 7, 3), 2, 2, "VALID"),
        ("same", (1, 7, 5, 4), 3, 2, "SAME"),
        ("overlapping", (2, 6, 6, 2), 3, 1, "SAME"),
        ("apart", (1, 9, 8, 3), 2, 3, "VALID"),
        ("one", (1, 4, 4, 5), 1, 1, "VALID"),
    ):
        window = dict(ksize=[1, k, k, 1], strides=[1, s, s, 1], padding=padding)
        w.graph("MaxPoolGrad", label, lambda use: derivative(lambda x: r.MaxPool(input=x, **window), use, size))
        w.graph("AvgPoolGrad", label, lambda use: derivative(lambda x: r.AvgPool(value=x, **window), use, size))
    for label, shape, op in (
        ("image", (2, 3, 4, 5), r.FusedBatchNormV3),
        ("one_channel", (1, 6, 5, 1), r.FusedBatchNormV3),
        ("one_pixel", (3, 1, 1, 4), r.FusedBatchNormV3),
        ("second_kind", (2, 3, 3, 2), r.FusedBatchNormV2),
        ("wide", (1, 2, 2, 33), r.FusedBatchNormV3),
    ):
        w.graph("FusedBatchNormGrad", label, lambda use: normalised(op, use, shape))


    for label, a, b in (
        ("alike", (2, 1, 3), (2, 1, 3)),
        ("shorter", (2, 3, 4), (4,)),
        ("both_ones", (1, 2, 1), (3, 1, 1)),
        ("scalar", (3, 1), ()),
        ("ones", (1, 1), (1,)),
    ):
        w.add("BroadcastGradientArgs", label, s0=value(a, "int32"), s1=value(b, "int32"))
        w.graph("BroadcastGradientArgs", f"{label}_derivative", lambda use: of_product(use, a, b))


def derivative(f, use, size):
    """Of what a squared pool gives, so that the incoming derivative is not the same everywhere."""
    x = use(fed(normal(*size)))
    return v1.gradients(tf.reduce_sum(tf.square(f(x))), x)[0]


def of_product(use, a, b):
    x, y = use(fed(normal(*a))), use(fed(normal(*b)), "y")
    return v1.gradients(tf.reduce_sum(tf.square(x * y)), [x, y])


def normalised(op, use, shape):
    x, c = use(fed(normal(*shape))), shape[-1:]
    scale, offset, mean = (use(fed(normal(*c)), n) for n in ("scale", "offset", "mean"))
    given = dict(mean=mean, variance=use(fed(uniform(0.2, 2, *c)), "variance"), epsilon=1e-2, is_training=False)
    return v1.gradients(tf.reduce_sum(tf.square(op(x=x, scale=scale, offset=offset, **given)[0])), [x, scale, offset])


def images(w):
    for kernel in ("lanczos1", "lanczos3", "lanczos5", "gaussian", "box", "triangle", "keyscubic", "mitchellcubic"):
        for antialias in (True, False):
            for label, size, scale, shift in (
                ("up", (9, 8), (1.8, 1.6), (0, 0)),
                ("down", (2, 3), (0.4, 0.6), (0, 0)),
                ("moved", (5, 6), (0.9, 1.3), (0.7, -1.2)),
            ):
                w.add(
                    "ScaleAndTranslate",
                    f"{kernel}_{antialias}_{label}",
                    tolerance=(1e-4, 1e-5),
                    images=fed(normal(2, 5, 5, 2)),
                    size=value(size, "int32"),
                    scale=value(scale, "float32"),
                    translation=value(shift, "float32"),
                    kernel_type=kernel,
                    antialias=antialias,
                )
    w.add(
        "ScaleAndTranslate",
        "uint8",
        tolerance=(1e-4, 1e-3),
        images=fed(ints(0, 255, 1, 5, 4, 3, dtype="uint8")),
        size=value((7, 3), "int32"),
        scale=value((1.4, 0.75), "float32"),
        translation=value((0, 0), "float32"),
    )
    for n in (1, 2, 5, 9, 16):
        w.add(
            "NonMaxSuppressionWithOverlaps",
            f"{n}",
            overlaps=fed(uniform(0, 1, n, n)),
            scores=fed(distinct(n)),
            max_output_size=value(4, "int32"),
            overlap_threshold=value(0.5, "float32"),
            score_threshold=value(0.5, "float32"),
        )


def quantising(w):
    for mode in ("MIN_COMBINED", "MIN_FIRST", "SCALED"):
        for dtype in (tf.quint8, tf.qint8):
            for low, high in ((-2.0, 2.0), (0.0, 3.0), (-1.0, 0.5)):

                def build(use, low=low, high=high):
                    q = r.QuantizeV2(
                        input=use(fed(uniform(-2.5, 3.5, 4, 5))), min_range=low, max_range=high, T=dtype, mode=mode
                    )
                    return (
                        r.Dequantize(input=q.output, min_range=q.output_min, max_range=q.output_max, mode=mode),
                        q.output_min,
                        q.output_max,
                    )

                w.graph("QuantizeV2", f"{mode}_{dtype.name}_{low:g}_{high:g}", build, tolerance=(1e-5, 1e-5))


def searching(w):
    rows = np.sort(np.random.default_rng(3).integers(0, 9, (2, 7)), 1)
    for op in ("LowerBound", "UpperBound"):
        for out in (tf.int32, tf.int64):
            for dtype in ("int32", "float32", "int64"):
                w.add(
                    op,
                    f"{dtype}_{out.name}",
                    sorted_inputs=fed(value(rows, dtype)),
                    values=fed(ints(-1, 10, 2, 5, dtype=dtype)),
                    out_type=out,
                )
    for k in (1, 2, 3, 5, 9):
        w.add("InTopKV2", f"{k}", predictions=fed(normal(6, 5)), targets=fed(ints(0, 4, 6)), k=value(k, "int32"))
        w.add("InTopK", f"{k}", predictions=fed(normal(6, 5)), targets=fed(ints(0, 4, 6, dtype="int32")), k=k)
    w.add(
        "InTopKV2",
        "ties",
        predictions=fed(ints(0, 2, 6, 5, dtype="float32")),
        targets=fed(ints(0, 4, 6)),
        k=value(2, "int32"),
    )
    w.add(
        "InTopKV2",
        "not_finite",
        predictions=fed(value([[1, np.inf, 0], [0, 1, 2]], "float32")),
        targets=fed(value([0, 2], "int32")),
        k=value(2, "int32"),
    )
    w.add(
        "InTopKV2", "outside", predictions=fed(normal(2, 3)), targets=fed(value([5, -1], "int32")), k=value(2, "int32")
    )
    for bins in (1, 2, 5, 10, 33):
        w.add(
            "HistogramFixedWidth",
            f"{bins}",
            values=fed(normal(40)),
            value_range=value((-1.5, 2), "float32"),
            nbins=value(bins, "int32"),
        )


def decoding(w):
    for label, width, paths, merge in (
        ("one", 1, 1, True),
        ("wide", 20, 1, False),
        ("paths", 8, 3, False),
        ("merged", 8, 2, True),
        ("narrow", 3, 3, False),
    ):
        w.add(
            "CTCBeamSearchDecoder",
            label,
            tolerance=(1e-4, 1e-4),
            inputs=fed(normal(6, 2, 5, scale=2)),
            sequence_length=fed(value([6, 4], "int32")),
            beam_width=width,
            top_paths=paths,
            merge_repeated=merge,
        )


def write(w):
    for add in (functions, matrices, audio, random, derivatives, images, quantising, searching, decoding):
        add(w)
