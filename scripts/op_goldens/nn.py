"""Convolution, pooling, normalisation, activations: NHWC, which is all that TensorFlow's CPU kernels accept."""

from .harness import distinct, fed, ints, normal, number, tf, uniform, value

FLOATS = ("float32", "float64", "float16")


def conv2d(w):
    shapes = [  # label, input, filter, strides, padding, dilations
        ("1x1", (1, 5, 7, 8), (1, 1, 8, 16), (1, 1), "SAME", (1, 1)),
        ("1x1_s2", (2, 5, 7, 3), (1, 1, 3, 5), (2, 2), "SAME", (1, 1)),
        ("1x1_s2_valid", (1, 6, 7, 4), (1, 1, 4, 6), (2, 2), "VALID", (1, 1)),
        ("3x3_same", (1, 7, 6, 3), (3, 3, 3, 8), (1, 1), "SAME", (1, 1)),
        ("3x3_valid", (2, 7, 6, 5), (3, 3, 5, 7), (1, 1), "VALID", (1, 1)),
        ("3x3_s2_same_odd", (1, 7, 9, 3), (3, 3, 3, 4), (2, 2), "SAME", (1, 1)),
        ("3x3_s2_same_even", (1, 8, 10, 3), (3, 3, 3, 4), (2, 2), "SAME", (1, 1)),
        ("3x3_s2_valid", (1, 8, 9, 3), (3, 3, 3, 4), (2, 2), "VALID", (1, 1)),
        ("3x3_s3", (1, 10, 8, 2), (3, 3, 2, 3), (3, 3), "SAME", (1, 1)),
        ("stride_1x2", (1, 6, 9, 3), (3, 3, 3, 4), (1, 2), "SAME", (1, 1)),
        ("stride_3x1", (1, 9, 5, 3), (2, 3, 3, 4), (3, 1), "VALID", (1, 1)),
        ("5x5_s2", (1, 11, 12, 3), (5, 5, 3, 4), (2, 2), "SAME", (1, 1)),
        ("7x7_s2_stem", (1, 17, 15, 3), (7, 7, 3, 8), (2, 2), "SAME", (1, 1)),
        ("1x7", (1, 4, 9, 6), (1, 7, 6, 5), (1, 1), "SAME", (1, 1)),
        ("7x1", (1, 9, 4, 6), (7, 1, 6, 5), (1, 1), "SAME", (1, 1)),
        ("2x2_same", (1, 5, 5, 3), (2, 2, 3, 4), (1, 1), "SAME", (1, 1)),
        ("4x4_s2_same", (1, 9, 8, 2), (4, 4, 2, 3), (2, 2), "SAME", (1, 1)),
        ("dilated_2", (1, 9, 9, 3), (3, 3, 3, 4), (1, 1), "SAME", (2, 2)),
        ("dilated_2_valid", (1, 9, 10, 3), (3, 3, 3, 4), (1, 1), "VALID", (2, 2)),
        ("dilated_3x1", (1, 11, 6, 2), (3, 3, 2, 3), (1, 1), "SAME", (3, 1)),
        ("dilated_strided", (1, 11, 10, 2), (3, 3, 2, 3), (2, 2), "SAME", (2, 2)),
        ("filter_larger_than_input", (1, 3, 2, 2), (5, 5, 2, 3), (1, 1), "SAME", (1, 1)),
        ("stride_over_kernel", (1, 9, 9, 2), (2, 2, 2, 3), (4, 3), "VALID", (1, 1)),
        ("grouped_2", (1, 6, 5, 8), (3, 3, 4, 6), (1, 1), "SAME", (1, 1)),
        ("grouped_4_s2", (2, 7, 7, 8), (3, 3, 2, 8), (2, 2), "SAME", (1, 1)),
        ("one_channel", (1, 7, 7, 1), (3, 3, 1, 1), (1, 1), "SAME", (1, 1)),
        ("to_one_channel", (1, 6, 6, 17), (1, 1, 17, 1), (1, 1), "SAME", (1, 1)),
        ("wide_1x1", (1, 3, 5, 40), (1, 1, 40, 70), (1, 1), "SAME", (1, 1)),
        ("wide_3x3", (1, 5, 6, 19), (3, 3, 19, 33), (1, 1), "SAME", (1, 1)),
        ("batch_3", (3, 5, 5, 4), (3, 3, 4, 9), (1, 1), "SAME", (1, 1)),
        ("one_pixel", (1, 1, 1, 6), (3, 3, 6, 5), (1, 1), "SAME", (1, 1)),
        ("as_dense", (2, 4, 4, 3), (4, 4, 3, 10), (1, 1), "VALID", (1, 1)),
    ]
    for label, x, f, s, pad, d in shapes:
        w.add(
            "Conv2D",
            label,
            tolerance=(1e-5, 2e-5),
            input=fed(normal(*x)),
            filter=normal(*f),
            strides=[1, *s, 1],
            padding=pad,
            dilations=[1, *d, 1],
        )
    for pads in (
        [0, 0, 1, 1, 2, 2, 0, 0],
        [0, 0, 3, 0, 0, 2, 0, 0],
        [0, 0, 0, 1, 0, 1, 0, 0],
        [0, 0, 4, 4, 4, 4, 0, 0],
    ):
        for stride in (1, 2):
            w.add(
                "Conv2D",
                f"explicit_{''.join(map(str, pads[2:6]))}_s{stride}",
                tolerance=(1e-5, 2e-5),
                input=fed(normal(1, 8, 7, 3)),
                filter=normal(3, 3, 3, 4),
                strides=[1, stride, stride, 1],
                padding="EXPLICIT",
                explicit_paddings=pads,
            )
    w.add(
        "Conv2D",
        "filter_fed",
        tolerance=(1e-5, 2e-5),
        input=fed(normal(1, 6, 6, 3)),
        filter=fed(normal(3, 3, 3, 4)),
        strides=[1, 1, 1, 1],
        padding="SAME",
    )
    w.add(
        "Conv2D",
        "input_constant",
        tolerance=(1e-5, 2e-5),
        input=normal(1, 6, 6, 3),
        filter=fed(normal(3, 3, 3, 4)),
        strides=[1, 1, 1, 1],
        padding="SAME",
    )
    w.add(
        "Conv2D",
        "empty_batch",
        input=fed(normal(0, 6, 6, 3)),
        filter=normal(3, 3, 3, 4),
        strides=[1, 1, 1, 1],
        padding="SAME",
    )
    for d, t in (("float64", None), ("float16", (5e-3, 5e-2))):
        for stride, pad in ((1, "SAME"), (2, "VALID")):
            w.add(
                "Conv2D",
                f"{d}_s{stride}",
                tolerance=t,
                input=fed(normal(1, 7, 6, 3, dtype=d)),
                filter=normal(3, 3, 3, 4, dtype=d),
                strides=[1, stride, stride, 1],
                padding=pad,
            )
    w.add(
        "Conv2D",
        "int32",
        input=fed(ints(-5, 5, 1, 6, 5, 3)),
        filter=ints(-5, 5, 3, 3, 3, 4),
        strides=[1, 2, 2, 1],
        padding="SAME",
        optional=True,
    )


def depthwise(w):
    shapes = [  # no dilations: TensorFlow's CPU kernel refuses them (see Pattern.Padding for the way it writes them)
        ("3x3", (1, 7, 6, 8), (3, 3, 8, 1), 1, "SAME"),
        ("3x3_s2_odd", (1, 7, 9, 8), (3, 3, 8, 1), 2, "SAME"),
        ("3x3_s2_even", (2, 8, 10, 5), (3, 3, 5, 1), 2, "SAME"),
        ("3x3_valid", (1, 7, 6, 19), (3, 3, 19, 1), 1, "VALID"),
        ("3x3_s2_valid", (1, 9, 8, 16), (3, 3, 16, 1), 2, "VALID"),
        ("5x5_s2", (1, 11, 9, 6), (5, 5, 6, 1), 2, "SAME"),
        ("7x7", (1, 9, 9, 33), (7, 7, 33, 1), 1, "SAME"),
        ("multiplier_2", (1, 6, 7, 4), (3, 3, 4, 2), 1, "SAME"),
        ("multiplier_3_s2", (1, 7, 7, 5), (3, 3, 5, 3), 2, "VALID"),
        ("multiplier_8_one_channel", (1, 9, 7, 1), (4, 5, 1, 8), 2, "SAME"),
        ("1x1", (1, 5, 4, 6), (1, 1, 6, 1), 1, "SAME"),
        ("1x1_multiplier_4", (1, 5, 4, 3), (1, 1, 3, 4), 1, "VALID"),
        ("3x1", (1, 6, 5, 4), (3, 1, 4, 1), 1, "SAME"),
        ("wide", (1, 4, 4, 70), (3, 3, 70, 1), 1, "SAME"),
        ("batch_3", (3, 5, 5, 7), (3, 3, 7, 1), 1, "SAME"),
        ("filter_larger_than_input", (1, 2, 3, 4), (5, 5, 4, 1), 1, "SAME"),
        ("even_filter_s2", (1, 7, 8, 4), (4, 2, 4, 1), 2, "SAME"),
    ]
    for label, x, f, s, pad in shapes:
        w.add(
            "DepthwiseConv2dNative",
            label,
            tolerance=(1e-5, 1e-5),
            input=fed(normal(*x)),
            filter=normal(*f),
            strides=[1, s, s, 1],
            padding=pad,
        )
    for pads in ([0, 0, 1, 1, 2, 0, 0, 0], [0, 0, 0, 1, 0, 1, 0, 0]):
        for s in (1, 2):
            w.add(
                "DepthwiseConv2dNative",
                f"explicit_{''.join(map(str, pads[2:6]))}_s{s}",
                tolerance=(1e-5, 1e-5),
                input=fed(normal(1, 7, 6, 5)),
                filter=normal(3, 3, 5, 1),
                strides=[1, s, s, 1],
                padding="EXPLICIT",
                explicit_paddings=pads,
            )
    w.add(
        "DepthwiseConv2dNative",
        "float64",
        input=fed(normal(1, 6, 6, 3, dtype="float64")),
        filter=normal(3, 3, 3, 2, dtype="float64"),
        strides=[1, 1, 1, 1],
        padding="SAME",
    )
    w.add(
        "DepthwiseConv2dNative",
        "float16",
        tolerance=(5e-3, 2e-2),
        input=fed(normal(1, 6, 6, 3, dtype="float16")),
        filter=normal(3, 3, 3, 1, dtype="float16"),
        strides=[1, 1, 1, 1],
        padding="SAME",
    )
    w.add(
        "DepthwiseConv2dNative",
        "filter_fed",
        tolerance=(1e-5, 1e-5),
        input=fed(normal(1, 6, 6, 3)),
        filter=fed(normal(3, 3, 3, 1)),
        strides=[1, 1, 1, 1],
        padding="SAME",
    )


def other_convolutions(w):
    back = [  # label, output shape, filter [h, w, out, in], strides, padding, dilations
        ("3x3_same", (1, 6, 5, 4), (3, 3, 4, 3), 1, "SAME", 1),
        ("3x3_s2_same", (1, 8, 10, 4), (3, 3, 4, 3), 2, "SAME", 1),
        ("3x3_s2_same_odd", (1, 7, 9, 4), (3, 3, 4, 3), 2, "SAME", 1),
        ("3x3_s2_valid", (2, 9, 7, 3), (3, 3, 3, 5), 2, "VALID", 1),
        ("3x3_s2_valid_remainder", (1, 10, 8, 3), (3, 3, 3, 5), 2, "VALID", 1),
        ("4x4_s2_same", (1, 8, 8, 3), (4, 4, 3, 6), 2, "SAME", 1),
        ("2x2_s2", (1, 6, 8, 5), (2, 2, 5, 7), 2, "SAME", 1),
        ("1x1_s2", (1, 5, 7, 3), (1, 1, 3, 4), 2, "SAME", 1),
        ("5x5_s3", (1, 13, 11, 2), (5, 5, 2, 3), 3, "SAME", 1),
        ("16x16_s8", (1, 24, 16, 2), (16, 16, 2, 2), 8, "SAME", 1),
        ("2x2_s3_gaps", (1, 8, 8, 2), (2, 2, 2, 3), 3, "VALID", 1),
    ]
    ceil = lambda a, b: -(-a // b)
    for label, y, f, s, pad, d in back:
        side = [ceil(n, s) if pad == "SAME" else ceil(n - k + 1, s) for n, k in zip(y[1:3], f[:2])]
        w.add(
            "Conv2DBackpropInput",
            label,
            tolerance=(1e-5, 2e-5),
            input_sizes=value(y, "int32"),
            filter=normal(*f),
            out_backprop=fed(normal(y[0], *side, f[3])),
            strides=[1, s, s, 1],
            padding=pad,
        )
    w.add(
        "Conv2DBackpropInput",
        "explicit",
        tolerance=(1e-5, 2e-5),
        input_sizes=value((1, 8, 8, 3), "int32"),
        filter=normal(3, 3, 3, 4),
        out_backprop=fed(normal(1, 4, 4, 4)),
        strides=[1, 2, 2, 1],
        padding="EXPLICIT",
        explicit_paddings=[0, 0, 1, 0, 1, 0, 0, 0],
    )
    w.add(
        "Conv2DBackpropInput",
        "float64",
        input_sizes=value((1, 8, 8, 3), "int32"),
        filter=normal(3, 3, 3, 4, dtype="float64"),
        out_backprop=fed(normal(1, 4, 4, 4, dtype="float64")),
        strides=[1, 2, 2, 1],
        padding="SAME",
    )

    volumes = [
        ("3x3x3", (1, 4, 5, 6, 2), (3, 3, 3, 2, 3), (1, 1, 1), "SAME", (1, 1, 1)),
        ("valid", (1, 5, 5, 6, 2), (3, 2, 3, 2, 3), (1, 1, 1), "VALID", (1, 1, 1)),
        ("s2", (2, 5, 6, 7, 2), (3, 3, 3, 2, 3), (2, 2, 2), "SAME", (1, 1, 1)),
        ("s1x2x2", (1, 4, 7, 6, 3), (1, 3, 3, 3, 4), (1, 2, 2), "SAME", (1, 1, 1)),
        ("1x1x1", (1, 3, 4, 5, 6), (1, 1, 1, 6, 7), (1, 1, 1), "SAME", (1, 1, 1)),
        ("3x1x1", (1, 6, 3, 3, 4), (3, 1, 1, 4, 5), (1, 1, 1), "SAME", (1, 1, 1)),
    ]
    for label, x, f, s, pad, d in volumes:
        w.add(
            "Conv3D",
            label,
            tolerance=(1e-5, 2e-5),
            input=fed(normal(*x)),
            filter=normal(*f),
            strides=[1, *s, 1],
            padding=pad,
        )
    w.add(
        "Conv3D",
        "float64",
        input=fed(normal(1, 4, 4, 4, 2, dtype="float64")),
        filter=normal(2, 2, 2, 2, 3, dtype="float64"),
        strides=[1, 1, 1, 1, 1],
        padding="SAME",
    )
    for label, y, f, s, pad in (
        ("same", (1, 4, 5, 6, 2), (3, 3, 3, 2, 3), 1, "SAME"),
        ("s2", (1, 6, 5, 4, 2), (3, 3, 3, 2, 3), 2, "SAME"),
        ("s2_valid", (2, 5, 7, 5, 2), (3, 3, 3, 2, 1), 2, "VALID"),
        ("2x2x2_s2", (1, 4, 4, 6, 3), (2, 2, 2, 3, 2), 2, "VALID"),
        ("1x1x1", (1, 3, 3, 3, 4), (1, 1, 1, 4, 2), 1, "SAME"),
    ):
        side = [ceil(n, s) if pad == "SAME" else ceil(n - k + 1, s) for n, k in zip(y[1:4], f[:3])]
        w.add(
            "Conv3DBackpropInputV2",
            label,
            tolerance=(1e-5, 2e-5),
            input_sizes=value(y, "int32"),
            filter=normal(*f),
            out_backprop=fed(normal(y[0], *side, f[4])),
            strides=[1, s, s, s, 1],
            padding=pad,
        )

    for label, x, f, s, r, pad in (
        ("3x3", (1, 6, 7, 3), (3, 3, 3), 1, 1, "SAME"),
        ("valid", (1, 6, 7, 3), (3, 2, 3), 1, 1, "VALID"),
        ("s2", (2, 7, 7, 2), (3, 3, 2), 2, 1, "SAME"),
        ("rate_2", (1, 9, 8, 2), (3, 3, 2), 1, 2, "SAME"),
        ("rate_2_valid_s2", (1, 9, 9, 2), (3, 3, 2), 2, 2, "VALID"),
    ):
        w.add(
            "Dilation2D",
            label,
            input=fed(normal(*x)),
            filter=normal(*f),
            strides=[1, s, s, 1],
            rates=[1, r, r, 1],
            padding=pad,
        )
    for label, x, k, s, r, pad in (
        ("3x3", (1, 6, 7, 3), 3, 1, 1, "SAME"),
        ("valid_s2", (1, 7, 7, 2), 3, 2, 1, "VALID"),
        ("2x2_s2", (2, 5, 6, 1), 2, 2, 1, "SAME"),
        ("rate_2", (1, 9, 8, 2), 3, 1, 2, "VALID"),
        ("1x1_s3", (1, 7, 8, 2), 1, 3, 1, "VALID"),
    ):
        w.add(
            "ExtractImagePatches",
            label,
            exact=True,
            images=fed(normal(*x)),
            ksizes=[1, k, k, 1],
            strides=[1, s, s, 1],
            rates=[1, r, r, 1],
            padding=pad,
        )


def pooling(w):
    shapes = [
        ("2x2_s2", (1, 6, 8, 5), (2, 2), (2, 2), "VALID"),
        ("2x2_s2_odd_valid", (1, 7, 9, 5), (2, 2), (2, 2), "VALID"),
        ("2x2_s2_odd_same", (1, 7, 9, 5), (2, 2), (2, 2), "SAME"),
        ("3x3_s2_same", (2, 8, 7, 19), (3, 3), (2, 2), "SAME"),
        ("3x3_s2_valid", (1, 9, 8, 16), (3, 3), (2, 2), "VALID"),
        ("3x3_s1", (1, 5, 6, 4), (3, 3), (1, 1), "SAME"),
        ("global", (2, 5, 4, 7), (5, 4), (1, 1), "VALID"),
        ("1x3", (1, 4, 7, 3), (1, 3), (1, 2), "SAME"),
        ("stride_over_window", (1, 9, 9, 3), (2, 2), (3, 3), "VALID"),
        ("window_over_input", (1, 3, 3, 2), (5, 5), (1, 1), "SAME"),
        ("one_by_one_s2", (1, 5, 5, 3), (1, 1), (2, 2), "SAME"),
        ("wide", (1, 4, 4, 70), (3, 3), (1, 1), "VALID"),
        ("7x7_s3", (1, 12, 13, 2), (7, 7), (3, 3), "SAME"),
    ]
    for label, x, k, s, pad in shapes:
        w.add(
            "MaxPool", label, exact=True, input=fed(normal(*x)), ksize=[1, *k, 1], strides=[1, *s, 1], padding=pad
        )
        w.add("AvgPool", label, value=fed(normal(*x)), ksize=[1, *k, 1], strides=[1, *s, 1], padding=pad)
        w.add(
            "MaxPoolV2",
            label,
            exact=True,
            input=fed(normal(*x)),
            ksize=value([1, *k, 1], "int32"),
            strides=value([1, *s, 1], "int32"),
            padding=pad,
        )
        if label != "window_over_input":
            w.add(
                "MaxPoolWithArgmax",
                label,
                exact=True,
                input=fed(distinct(*x)),
                ksize=[1, *k, 1],
                strides=[1, *s, 1],
                padding=pad,
            )
    w.add(
        "MaxPoolWithArgmax",
        "batch_in_index",
        exact=True,
        input=fed(distinct(2, 4, 4, 3)),
        ksize=[1, 2, 2, 1],
        strides=[1, 2, 2, 1],
        padding="VALID",
        include_batch_in_index=True,
    )
    w.add(
        "MaxPoolWithArgmax",
        "int32_indices",
        exact=True,
        input=fed(distinct(2, 4, 4, 3)),
        ksize=[1, 2, 2, 1],
        strides=[1, 2, 2, 1],
        padding="VALID",
        Targmax="int32",
        optional=True,
    )
    w.add(
        "MaxPool",
        "explicit",
        exact=True,
        input=fed(normal(1, 6, 7, 3)),
        ksize=[1, 3, 3, 1],
        strides=[1, 2, 2, 1],
        padding="EXPLICIT",
        explicit_paddings=[0, 0, 1, 0, 1, 1, 0, 0],
    )
    w.add(
        "MaxPool",
        "explicit_negative_values",
        exact=True,
        input=fed(uniform(-9, -1, 1, 5, 5, 2)),
        ksize=[1, 3, 3, 1],
        strides=[1, 1, 1, 1],
        padding="EXPLICIT",
        explicit_paddings=[0, 0, 1, 1, 1, 1, 0, 0],
    )
    w.add(
        "MaxPool",
        "negative_values_same",
        exact=True,
        input=fed(uniform(-9, -1, 1, 5, 5, 2)),
        ksize=[1, 3, 3, 1],
        strides=[1, 1, 1, 1],
        padding="SAME",
    )
    w.add(
        "MaxPool",
        "depth",
        exact=True,
        input=fed(normal(1, 4, 4, 6)),
        ksize=[1, 1, 1, 2],
        strides=[1, 1, 1, 2],
        padding="VALID",
    )
    for d in ("float64", "float16", "int32", "uint8", "int64"):
        w.add(
            "MaxPool",
            d,
            optional=True,
            exact=True,
            input=fed(number(d, 1, 5, 6, 3)),
            ksize=[1, 2, 2, 1],
            strides=[1, 2, 2, 1],
            padding="SAME",
        )
    for d in ("float64", "float16"):
        w.add(
            "AvgPool",
            d,
            optional=True,
            value=fed(number(d, 1, 5, 6, 3)),
            ksize=[1, 3, 3, 1],
            strides=[1, 2, 2, 1],
            padding="SAME",
        )
    volumes = [
        ("2_s2", (1, 4, 6, 4, 3), (2, 2, 2), (2, 2, 2), "VALID"),
        ("3_s2_same", (1, 5, 6, 7, 2), (3, 3, 3), (2, 2, 2), "SAME"),
        ("1x2x2", (2, 3, 4, 5, 2), (1, 2, 2), (1, 2, 2), "SAME"),
        ("3_s1", (1, 4, 4, 4, 2), (3, 3, 3), (1, 1, 1), "SAME"),
        ("global", (1, 3, 4, 5, 2), (3, 4, 5), (1, 1, 1), "VALID"),
        ("valid_remainder", (1, 5, 5, 5, 2), (2, 2, 2), (2, 2, 2), "VALID"),
    ]
    for label, x, k, s, pad in volumes:
        w.add(
            "MaxPool3D", label, exact=True, input=fed(normal(*x)), ksize=[1, *k, 1], strides=[1, *s, 1], padding=pad
        )
        w.add("AvgPool3D", label, input=fed(normal(*x)), ksize=[1, *k, 1], strides=[1, *s, 1], padding=pad)


def normalisation(w):
    for d in FLOATS:
        for label, x in (("4d", (2, 3, 4, 5)), ("2d", (3, 7)), ("3d", (2, 4, 5)), ("5d", (1, 2, 3, 2, 4))):
            w.add("BiasAdd", f"{label}_{d}", value=fed(normal(*x, dtype=d)), bias=normal(x[-1], dtype=d))
    w.add("BiasAdd", "int32", optional=True, value=fed(ints(-9, 9, 2, 3, 4)), bias=ints(-9, 9, 4))
    w.add("BiasAdd", "nchw", optional=True, value=fed(normal(2, 3, 4, 5)), bias=normal(3), data_format="NCHW")
    w.add("BiasAdd", "nchw_3d", optional=True, value=fed(normal(2, 3, 4)), bias=normal(3), data_format="NCHW")
    w.add("BiasAdd", "bias_fed", value=fed(normal(2, 3, 4, 5)), bias=fed(normal(5)))
    for label, x in (
        ("4d", (2, 3, 4, 5)),
        ("2d", (3, 7)),
        ("3d", (2, 4, 5)),
        ("5d", (1, 2, 3, 2, 4)),
        ("empty", (0, 3)),
    ):
        w.add("BiasAddV1", label, value=fed(normal(*x)), bias=normal(x[-1]))

    def norm(w, op, label, x, d="float32", **more):
        c, s = x[-1], ("float32" if d == "float16" else d)
        w.graph(
            op,
            label,
            lambda use: getattr(tf.raw_ops, op)(
                name="y",
                x=use(fed(normal(*x, dtype=d)), "x"),
                scale=use(uniform(0.5, 1.5, c, dtype=s), "scale"),
                offset=use(normal(c, dtype=s), "offset"),
                mean=use(normal(c, dtype=s), "mean"),
                variance=use(uniform(0.2, 2, c, dtype=s), "variance"),
                is_training=False,
                **more,
            )[0],
            tolerance=(1e-2, 1e-2) if d == "float16" else (1e-5, 1e-5),
        )

    for op in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"):
        for label, x in (
            ("4d", (2, 3, 4, 5)),
            ("one_channel", (1, 4, 4, 1)),
            ("wide", (1, 2, 3, 37)),
            ("batch_3", (3, 2, 2, 8)),
        ):
            norm(w, op, label, x)
        norm(w, op, "epsilon", (1, 3, 3, 4), epsilon=0.1)
        norm(w, op, "small_epsilon", (1, 3, 3, 4), epsilon=1e-6)
    norm(w, "FusedBatchNormV2", "float16", (1, 3, 3, 4), "float16")
    norm(w, "FusedBatchNormV3", "float16", (1, 3, 3, 4), "float16")
    w.graph(
        "FusedBatchNormV3",
        "training",
        lambda use: tf.raw_ops.FusedBatchNormV3(
            name="y",
            x=use(fed(normal(3, 4, 4, 5))),
            scale=use(uniform(0.5, 1.5, 5), "scale"),
            offset=use(normal(5), "offset"),
            mean=use(value([], "float32"), "mean"),
            variance=use(value([], "float32"), "variance"),
            is_training=True,
        )[:3],
        tolerance=(1e-4, 1e-5),
    )
    for label, more in (
        ("default", {}),
        ("radius_2", dict(depth_radius=2)),
        ("bias_2", dict(bias=2.0)),
        ("alpha_beta", dict(alpha=0.1, beta=0.75)),
        ("alexnet", dict(depth_radius=2, bias=1.0, alpha=2e-5, beta=0.75)),
        ("beta_1", dict(depth_radius=1, alpha=0.5, beta=1.0)),
        ("radius_0", dict(depth_radius=0, alpha=0.5)),
        ("radius_over_depth", dict(depth_radius=9, alpha=0.3)),
    ):
        w.add("LRN", label, tolerance=(1e-4, 1e-5), input=fed(normal(2, 3, 4, 7, scale=3)), **more)
    for op in ("Softmax", "LogSoftmax"):
        for d in FLOATS:
            for label, x in (("1d", (9,)), ("2d", (4, 10)), ("3d", (2, 3, 5)), ("4d", (1, 2, 3, 21))):
                w.add(
                    op,
                    f"{label}_{d}",
                    tolerance=(5e-3, 5e-3) if d == "float16" else None,
                    logits=fed(normal(*x, dtype=d, scale=3)),
                )
        w.add(op, "large", tolerance=(1e-5, 1e-5), logits=fed(uniform(-900, 900, 3, 7)))
        w.add(op, "one_class", logits=fed(normal(5, 1)))
        w.add(op, "wide", logits=fed(normal(2, 1001)), tolerance=(1e-5, 1e-5))
        w.add(op, "empty", logits=fed(normal(0, 7)))
        w.add(op, "with_minus_inf", logits=fed(value([[0, -float("inf"), 1], [2, 1, -float("inf")]], "float32")))


def activations(w):
    special = value(
        [-float("inf"), float("inf"), float("nan"), 0.0, -0.0, 1e-30, -1e-30, 6, 6.5, -20, 20, 88, -88, 1e30],
        "float32",
    )
    for op in ("Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Softplus", "Softsign"):
        for d in FLOATS:
            w.add(op, f"4d_{d}", features=fed(normal(2, 3, 5, 7, dtype=d, scale=4)))
            w.add(op, f"vector_{d}", features=fed(normal(37, dtype=d, scale=2)))
        w.add(op, "scalar", features=fed(normal()))
        w.add(op, "empty", features=fed(normal(0, 3)))
        w.add(op, "special", features=fed(special))
    for d in ("int32", "int64", "uint8"):
        w.add("Relu", d, optional=True, features=fed(number(d, 4, 5)))
        w.add("Relu6", d, optional=True, features=fed(number(d, 4, 5)))
    for alpha in (0.0, 0.01, 0.3, 1.5, -0.5):
        w.add("LeakyRelu", f"alpha_{alpha}", features=fed(normal(4, 9)), alpha=alpha)
    w.add("FakeQuantWithMinMaxArgs", "default", inputs=fed(normal(4, 9, scale=4)))
    for label, more in (
        ("narrow", dict(narrow_range=True)),
        ("bits_4", dict(num_bits=4)),
        ("range", dict(min=-1.0, max=2.0)),
        ("positive", dict(min=0.5, max=2.0)),
        ("negative", dict(min=-3.0, max=-0.5)),
    ):
        w.add("FakeQuantWithMinMaxArgs", label, inputs=fed(normal(4, 9, scale=4)), **more)
        more = {k: v for k, v in more.items() if k not in ("min", "max")}
        w.add(
            "FakeQuantWithMinMaxVars",
            label,
            inputs=fed(normal(4, 9, scale=4)),
            min=uniform(-3, -1),
            max=uniform(1, 3),
            **more,
        )
        w.add(
            "FakeQuantWithMinMaxVarsPerChannel",
            label,
            inputs=fed(normal(4, 9, scale=4)),
            min=uniform(-3, -1, 9),
            max=uniform(1, 3, 9),
            **more,
        )


def write(w):
    for group in (conv2d, depthwise, other_convolutions, pooling, normalisation, activations):
        group(w)
