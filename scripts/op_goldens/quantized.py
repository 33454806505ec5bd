"""Arithmetic on codes, as TensorFlow 1's quantize_nodes writes it: (codes, what the lowest stands for, what the highest)."""

from .harness import fed, ints, normal, np, tf, uniform, v1, value

r = tf.raw_ops
RANGES = dict(even=(-1.0, 1.0), uneven=(-0.7, 3.1), positive=(0.0, 6.0))


def codes(use, name, *shape, low=0, high=255, kind=tf.quint8, const=False):
    """Placeholders of codes don't exist, so plain integers are fed and said to be codes."""
    plain = {tf.quint8: "uint8", tf.qint32: "int32", tf.qint8: "int8"}[kind]
    draw = ints(low, high, *shape, dtype=plain)
    return tf.bitcast(use(draw if const else fed(draw), name), kind)


def ends(use, name, low, high, open_=False):
    if not open_:
        return tf.constant(low), tf.constant(high)
    return use(fed(value(low, "float32")), name + "_low"), use(fed(value(high, "float32")), name + "_high")


def plain(results):
    """Codes as integers: numpy has no others."""
    kinds = {tf.quint8: tf.uint8, tf.qint32: tf.int32, tf.qint8: tf.int8}
    return [tf.bitcast(t, kinds[t.dtype]) if t.dtype in kinds else tf.identity(t) for t in results]


def products(w):
    for label, (low, high) in RANGES.items():
        for stride, padding in ((1, "SAME"), (2, "SAME"), (1, "VALID")):

            def conv(use):
                x, f = codes(use, "x", 2, 7, 6, 3), codes(use, "f", 3, 3, 3, 5, const=True)
                lo, hi = ends(use, "x", low, high, stride == 2)
                strides = [1, stride, stride, 1]
                return plain(r.QuantizedConv2D(input=x, filter=f, min_input=lo, max_input=hi, min_filter=-0.9, max_filter=0.8, strides=strides, padding=padding))

            w.graph("QuantizedConv2D", f"{label}_{stride}_{padding}", conv, static=True)
        for turned in (False, True):

            def matmul(use):
                a = codes(use, "a", *((7, 4) if turned else (4, 7)))
                b = codes(use, "b", *((5, 7) if turned else (7, 5)), const=True)
                lo, hi = ends(use, "a", low, high)
                return plain(r.QuantizedMatMul(a=a, b=b, min_a=lo, max_a=hi, min_b=-0.2, max_b=0.4, transpose_a=turned, transpose_b=turned))

            w.graph("QuantizedMatMul", f"{label}_{turned}", matmul, static=True)
        for name, shape in dict(same=(3, 4), row=(4,), one=()).items():
            for op in ("QuantizedAdd", "QuantizedMul"):

                def both(use):
                    x, y = codes(use, "x", 3, 4), codes(use, "y", *shape)
                    call = getattr(r, op)
                    lo, hi = ends(use, "x", low, high, name == "same")
                    return plain(call(x=x, y=y, min_x=lo, max_x=hi, min_y=-2.5, max_y=1.5))

                w.graph(op, f"{label}_{name}", both, static=True)
        for kind, rank in ((tf.quint8, 2), (tf.quint8, 4), (tf.qint8, 2)):

            def bias(use):
                bounds = dict(low=-128, high=127, kind=kind) if kind == tf.qint8 else {}
                x, y = codes(use, "x", *(2, 3, 2)[: rank - 1], 5, **bounds), codes(use, "y", 5, const=True, **bounds)
                lo, hi = ends(use, "x", low, high)
                return plain(r.QuantizedBiasAdd(input=x, bias=y, min_input=lo, max_input=hi, min_bias=-0.3, max_bias=0.5, out_type=tf.qint32))

            w.graph("QuantizedBiasAdd", f"{label}_{kind.name}_{rank}", bias, static=True)


def ranges(w):
    for label, (low, high, top) in dict(sums=(-30000, 41000, 900.0), positive=(5, 9000, 77.5), wide=(-(2**30), 2**30, 3.0), zero=(0, 0, 8.0)).items():
        x = lambda use, *shape: codes(use, "x", *shape, low=low, high=high, kind=tf.qint32)
        for name, shape in dict(images=(2, 3, 4, 2), row=(6,), one=(1,)).items():
            given = dict(input_min=-top, input_max=top)
            w.graph("RequantizationRange", f"{label}_{name}", lambda use: plain(r.RequantizationRange(input=x(use, *shape), **given)))
            w.graph("QuantizeDownAndShrinkRange", f"{label}_{name}", lambda use: plain(r.QuantizeDownAndShrinkRange(input=x(use, *shape), out_type=tf.quint8, **given)))
            for to, (lo, hi) in dict(small=(-0.01, 0.02), wide=(-3.0, 700.0), positive=(0.0, 1.0)).items():
                asked = dict(requested_output_min=lo, requested_output_max=hi)
                w.graph("Requantize", f"{label}_{name}_{to}", lambda use: plain(r.Requantize(input=x(use, *shape), out_type=tf.quint8, **given, **asked)))


def one_by_one(w):
    for label, (low, high) in dict(RANGES, wide=(-20.0, 30.0)).items():
        more = dict(min_features=low, max_features=high)
        for op in ("QuantizedRelu", "QuantizedRelu6"):
            w.graph(op, label, lambda use: plain(getattr(r, op)(features=codes(use, "x", 3, 7), **more)))
        sums = lambda use: codes(use, "x", 9, low=-(2**20), high=2**20, kind=tf.qint32)
        w.graph("QuantizedRelu", f"{label}_qint32", lambda use: plain(r.QuantizedRelu(features=sums(use), out_type=tf.qint32, **more)))
    for op in ("QuantizedMaxPool", "QuantizedAvgPool"):
        for size, stride, padding in ((2, 2, "VALID"), (3, 2, "SAME"), (3, 1, "SAME"), (1, 2, "VALID")):

            def pool(use):
                arguments = dict(ksize=[1, size, size, 1], strides=[1, stride, stride, 1], padding=padding)
                return plain(getattr(r, op)(input=codes(use, "x", 2, 7, 6, 3), min_input=-1.0, max_input=2.0, **arguments))

            w.graph(op, f"{size}_{stride}_{padding}", pool)
    w.graph("QuantizedReshape", "flat", lambda use: plain(r.QuantizedReshape(tensor=codes(use, "x", 2, 3, 4), shape=[2, -1], input_min=-1.0, input_max=2.0)))
    w.graph("QuantizedReshape", "empty", lambda use: plain(r.QuantizedReshape(tensor=codes(use, "x", 0, 4), shape=[4, 0], input_min=-1.0, input_max=2.0)))
    for axis in (0, 1):
        for label, lows, highs in (("alike", (-1.0, -1.0), (2.0, 2.0)), ("apart", (-1.0, -0.2), (2.0, 5.0)), ("touching", (0.0, 0.0), (0.5, 6.0))):

            def concat(use):
                shapes = [(2, 3), (4, 3)] if axis == 0 else [(2, 3), (2, 1)]
                parts = [codes(use, f"x{i}", *s) for i, s in enumerate(shapes)]
                return plain(r.QuantizedConcat(concat_dim=axis, values=parts, input_mins=list(lows), input_maxes=list(highs)))

            w.graph("QuantizedConcat", f"{label}_{axis}", concat)


def network(w):
    """A layer and the next as the transform leaves them: floats in, floats out."""

    def quantised(x):
        return r.QuantizeV2(input=x, min_range=tf.reduce_min(x), max_range=tf.reduce_max(x), T=tf.quint8, mode="MIN_FIRST")

    def down(result):
        wide = r.RequantizationRange(input=result[0], input_min=result[1], input_max=result[2])
        return r.Requantize(input=result[0], input_min=result[1], input_max=result[2], requested_output_min=wide[0], requested_output_max=wide[1], out_type=tf.quint8)

    def build(use, shrink):
        x = quantised(use(fed(normal(2, 9, 8, 3)), "x"))
        f = codes(use, "f", 3, 3, 3, 4, const=True)
        y = r.QuantizedConv2D(input=x[0], filter=f, min_input=x[1], max_input=x[2], min_filter=-0.6, max_filter=0.7, strides=[1, 1, 1, 1], padding="SAME")
        y = down(y) if not shrink else r.QuantizeDownAndShrinkRange(input=y[0], input_min=y[1], input_max=y[2], out_type=tf.quint8)
        b = codes(use, "b", 4, const=True)
        y = down(r.QuantizedBiasAdd(input=y[0], bias=b, min_input=y[1], max_input=y[2], min_bias=-0.2, max_bias=0.1, out_type=tf.qint32))
        y = r.QuantizedRelu(features=y[0], min_features=y[1], max_features=y[2])
        y = r.QuantizedMaxPool(input=y[0], min_input=y[1], max_input=y[2], ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
        return r.Dequantize(input=y[0], min_range=y[1], max_range=y[2], mode="MIN_FIRST")

    for shrink in (False, True):
        w.graph("Pattern.Quantized", "shrink" if shrink else "range", lambda use: build(use, shrink), static=True)


def write(w):
    products(w)
    ranges(w)
    one_by_one(w)
    network(w)
