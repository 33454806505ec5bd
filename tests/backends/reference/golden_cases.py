"""The cases: one function a family, called with `case` (see make_goldens.py) and a random generator."""

import numpy as np
import tensorflow as tf

raw = tf.raw_ops
f32, f64, f16, i32, i64 = np.float32, np.float64, np.float16, np.int32, np.int64


def normal(rng, *shape, dtype=f32):
    return rng.normal(size=shape).astype(dtype)


def unary(case, rng):
    x = np.concatenate([normal(rng, 20) * 2, [0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 1, -1, 30, -30]]).astype(f32)
    special = np.array([np.nan, np.inf, -np.inf, 0, -1, 2], f32)
    unit = np.clip(x / 4, -1, 1).astype(f32)
    names = {"Neg": "Neg", "Abs": "Abs", "Sign": "Sign", "Ceil": "Ceil", "Floor": "Floor", "Round": "Round", "Trunc": None,
             "Sqrt": "Sqrt", "Rsqrt": "Rsqrt", "Reciprocal": "Reciprocal", "Square": "Square", "Exp": "Exp", "Expm1": "Expm1",
             "Log": "Log", "Log1p": "Log1p", "Sin": "Sin", "Cos": "Cos", "Tan": "Tan", "Asin": "Asin", "Acos": "Acos",
             "Atan": "Atan", "Sinh": "Sinh", "Cosh": "Cosh", "Tanh": "Tanh", "Asinh": "Asinh", "Acosh": "Acosh",
             "Atanh": "Atanh", "Erf": "Erf", "Erfc": "Erfc", "Erfinv": "Erfinv", "Lgamma": "Lgamma", "Digamma": "Digamma",
             "Sigmoid": "Sigmoid", "Softplus": "Softplus", "Softsign": "Softsign", "Relu": "Relu", "IsNaN": "IsNan",
             "IsInf": "IsInf", "IsFinite": "IsFinite"}
    for ours, theirs in names.items():
        if theirs is None:
            continue
        run = getattr(raw, theirs)
        arg = "features" if theirs in ("Softplus", "Softsign", "Relu") else "x"
        values = unit if theirs in ("Asin", "Acos", "Atanh", "Erfinv") else x
        # Far from zero crossings the functions are compared relative to their largest value.
        case(f"unary {ours}", f"{ours}(%x)", {"x": values}, run(**{arg: values}), 4e-6)
        if theirs not in ("Lgamma", "Digamma", "Sin", "Cos", "Tan", "Sinh"):
            case(f"unary {ours} specials", f"{ours}(%x)", {"x": special}, run(**{arg: special}), 4e-6)
        wide = values.astype(f64)
        case(f"unary {ours} float64", f"{ours}(%x)", {"x": wide}, run(**{arg: wide}), 1e-12)
    z = (normal(rng, 8) + 1j * normal(rng, 8)).astype(np.complex64)
    for name in ("Neg", "Sign", "Sqrt", "Rsqrt", "Reciprocal", "Square", "Exp", "Log", "Log1p", "Expm1", "Sin", "Cos", "Tan",
                 "Sinh", "Cosh", "Tanh", "Asinh", "Acosh", "Atanh", "Sigmoid", "Conj", "Real", "Imag", "Angle"):
        arg = "input" if name in ("Conj", "Real", "Imag", "Angle") else "x"
        case(f"unary {name} complex", f"{name}(%x)", {"x": z}, getattr(raw, name)(**{arg: z}), 4e-6)
    case("unary Abs complex", "Abs(%x)", {"x": z}, raw.ComplexAbs(x=z))
    for dtype in (np.int8, i32, i64):
        n = np.array([-128, -5, -1, 0, 1, 7, 127], dtype)
        for name in ("Abs", "Neg", "Sign", "Square", "Round"):
            if name == "Round" or (dtype == np.int8 and name == "Square"):
                continue  # no kernel; TensorFlow 2.21 rounds every integer to 0
            case(f"unary {name} {n.dtype}", f"{name}(%x)", {"x": n}, getattr(raw, name)(x=n))
        case(f"unary BitwiseNot {n.dtype}", "BitwiseNot(%x)", {"x": n}, raw.Invert(x=n))
    flags = np.array([True, False])
    case("unary Not", "Not(%x)", {"x": flags}, raw.LogicalNot(x=flags))
    h = normal(rng, 16, dtype=f16)
    for name in ("Exp", "Sigmoid", "Tanh"):
        case(f"unary {name} half", f"{name}(%x)", {"x": h}, getattr(raw, name)(x=h), 1e-3)


def binary(case, rng):
    a = np.array([7, -7, 7, -7, 6, -6, 0, 1, -1, 100], f32)
    b = np.array([3, 3, -3, -3, 3, 3, 5, -2, 2, 7], f32)
    real = {"Add": "AddV2", "Sub": "Sub", "Mul": "Mul", "Div": "RealDiv", "FloorDiv": "FloorDiv", "FloorMod": "FloorMod",
            "TruncMod": "Mod", "DivNoNan": "DivNoNan", "MulNoNan": "MulNoNan", "Min": "Minimum", "Max": "Maximum",
            "Atan2": "Atan2", "Xdivy": "Xdivy", "SquaredDifference": "SquaredDifference", "Less": "Less",
            "LessOrEqual": "LessEqual", "Greater": "Greater", "GreaterOrEqual": "GreaterEqual", "Equal": "Equal",
            "NotEqual": "NotEqual", "NextAfter": "NextAfter"}

    def run(name, x, y):
        args = {"x1": x, "x2": y} if name == "NextAfter" else {"y": x, "x": y} if name == "Atan2" else {"x": x, "y": y}
        return getattr(raw, name)(**args)

    for ours, theirs in real.items():
        case(f"binary {ours}", f"{ours}(%a, %b)", {"a": a, "b": b}, run(theirs, a, b))
        x, y = normal(rng, 3, 1, 4), normal(rng, 5, 1)
        case(f"binary {ours} broadcast", f"{ours}(%a, %b)", {"a": x, "b": y}, run(theirs, x, y))
        odd = np.array([np.nan, np.inf, -np.inf, 0, 1, 0, np.inf], f32), np.array([1, 0, np.inf, 0, np.nan, -0.0, 0], f32)
        if ours != "NextAfter":
            case(f"binary {ours} specials", f"{ours}(%a, %b)", {"a": odd[0], "b": odd[1]}, run(theirs, *odd))
    for dtype in (np.int8, i32, i64, np.uint8):
        m, n = a.astype(dtype) if dtype != np.uint8 else np.abs(a).astype(dtype), np.abs(b).astype(dtype)
        if dtype != np.uint8:
            n = b.astype(dtype)
        for ours, theirs in {"Add": "AddV2", "Sub": "Sub", "Mul": "Mul", "Div": "Div", "FloorDiv": "FloorDiv",
                             "FloorMod": "FloorMod", "TruncMod": "TruncateMod", "Min": "Minimum", "Max": "Maximum",
                             "SquaredDifference": "SquaredDifference"}.items():
            try:
                expected = getattr(raw, theirs)(x=m, y=n)
            except (tf.errors.NotFoundError, tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
                continue
            case(f"binary {ours} {np.dtype(dtype)}", f"{ours}(%a, %b)", {"a": m, "b": n}, expected)
        for ours, theirs in {"BitwiseAnd": "BitwiseAnd", "BitwiseOr": "BitwiseOr", "BitwiseXor": "BitwiseXor"}.items():
            case(f"binary {ours} {np.dtype(dtype)}", f"{ours}(%a, %b)", {"a": m, "b": n}, getattr(raw, theirs)(x=m, y=n))
        shifts = np.array([0, 1, 2, 3, 7, 6, 5, 4, 1, 2], dtype)
        for name in ("LeftShift", "RightShift"):
            case(f"binary {name} {np.dtype(dtype)}", f"{name}(%a, %b)", {"a": m, "b": shifts}, getattr(raw, name)(x=m, y=shifts))
    far = np.array([40, 31, 32, -1], i32)
    ones = np.array([-5, 5, 1, 1], i32)
    case("binary RightShift far", "RightShift(%a, %b)", {"a": ones, "b": far}, raw.RightShift(x=ones, y=far))
    base, exponent = np.array([2, -3, 0, 7, -1], i32), np.array([10, 3, 0, 1, 5], i32)
    case("binary Pow int32", "Pow(%a, %b)", {"a": base, "b": exponent}, raw.Pow(x=base, y=exponent))
    p, q = np.abs(normal(rng, 12)) + f32(0.1), normal(rng, 12)
    case("binary Pow", "Pow(%a, %b)", {"a": p, "b": q}, raw.Pow(x=p, y=q), 4e-6)
    zero = np.array([0, 1, 2, 0], f32), np.array([0, 0.5, 3, -1], f32)
    case("binary Xlogy", "Xlogy(%a, %b)", {"a": zero[0], "b": zero[1]}, raw.Xlogy(x=zero[0], y=zero[1]))
    case("binary Xlog1py", "Xlog1py(%a, %b)", {"a": zero[0], "b": zero[1]}, raw.Xlog1py(x=zero[0], y=zero[1]))
    s, t = rng.uniform(0.1, 20, 40), rng.uniform(0.05, 30, 40)
    case("binary Igamma", "Igamma(%a, %b)", {"a": s, "b": t}, raw.Igamma(a=s, x=t), 1e-10)
    case("binary Igammac", "Igammac(%a, %b)", {"a": s, "b": t}, raw.Igammac(a=s, x=t), 1e-10)
    s = rng.uniform(1.1, 12, 20)
    case("binary Zeta", "Zeta(%a, %b)", {"a": s, "b": t[:20]}, raw.Zeta(x=s, q=t[:20]), 1e-10)
    n = np.floor(rng.uniform(0, 4, 20))
    case("binary Polygamma", "Polygamma(%a, %b)", {"a": n, "b": t[:20]}, raw.Polygamma(a=n, x=t[:20]), 1e-10)
    z, w = ((normal(rng, 6) + 1j * normal(rng, 6)).astype(np.complex64) for _ in range(2))
    for ours, theirs in {"Add": "AddV2", "Mul": "Mul", "Div": "RealDiv", "Pow": "Pow", "SquaredDifference": "SquaredDifference",
                         "Equal": "Equal", "NotEqual": "NotEqual"}.items():
        case(f"binary {ours} complex", f"{ours}(%a, %b)", {"a": z, "b": w}, getattr(raw, theirs)(x=z, y=w), 4e-6)
    case("binary Complex", "Complex(%a, %b)", {"a": p, "b": q}, raw.Complex(real=p, imag=q))
    h, k = normal(rng, 16, dtype=f16), normal(rng, 16, dtype=f16)
    for ours, theirs in {"Add": "AddV2", "Mul": "Mul", "Div": "RealDiv", "FloorDiv": "FloorDiv"}.items():
        case(f"binary {ours} half", f"{ours}(%a, %b)", {"a": h, "b": k}, getattr(raw, theirs)(x=h, y=k), 0)
    texts = np.array(["a", "bc", ""]), np.array(["a", "b", ""])
    case("binary Equal strings", "Equal(%a, %b)", {"a": texts[0], "b": texts[1]}, raw.Equal(x=texts[0], y=texts[1]))
    case("binary Add strings", "Add(%a, %b)", {"a": texts[0], "b": texts[1]}, raw.Add(x=texts[0], y=texts[1]))


def elementwise(case, rng):
    x = normal(rng, 4, 5) * 3
    case("Sum", "Sum(%a, %b, %c)", {"a": x, "b": x * 2, "c": -x}, raw.AddN(inputs=[x, x * 2, -x]))
    case("Clip", "Clip(%x) {min=-1, max=2.5}", {"x": x}, tf.clip_by_value(x, -1, 2.5))
    case("LeakyRelu", "LeakyRelu(%x) {alpha=0.3}", {"x": x}, raw.LeakyRelu(features=x, alpha=0.3))
    case("Elu", "Elu(%x)", {"x": x}, raw.Elu(features=x))
    case("Selu", "Selu(%x)", {"x": x}, raw.Selu(features=x))
    case("Gelu", "Gelu(%x)", {"x": x}, tf.nn.gelu(x))
    case("Gelu tanh", "Gelu(%x) {approximate=true}", {"x": x}, tf.nn.gelu(x, approximate=True))
    case("Silu", "Silu(%x)", {"x": x}, tf.nn.silu(x))
    flags = rng.integers(0, 2, (4, 1)).astype(bool)
    case("Where", "Where(%c, %x, %y)", {"c": flags, "x": x, "y": x[:1] * 0}, raw.SelectV2(condition=flags, t=x, e=x[:1] * 0))
    for bits, narrow in ((8, False), (8, True), (4, False)):
        for low, high in ((-1.5, 2.0), (0.1, 3.0), (-4.0, -1.0), (0.0, 6.0)):
            case(f"FakeQuant {bits} {narrow} {low}", f"FakeQuant(%x, %l, %h) {{bits={bits}, narrow_range={str(narrow).lower()}}}",
                 {"x": x, "l": f32(low), "h": f32(high)},
                 raw.FakeQuantWithMinMaxVars(inputs=x, min=low, max=high, num_bits=bits, narrow_range=narrow), 1e-6)
    low, high = np.array([-1, -2, -3, 0, -1], f32), np.array([1, 2, 3, 4, 0.5], f32)
    case("FakeQuant per channel", "FakeQuant(%x, %l, %h)", {"x": x, "l": low, "h": high},
         raw.FakeQuantWithMinMaxVarsPerChannel(inputs=x, min=low, max=high), 1e-6)


def cast(case, rng):
    floats = np.array([0, -0.0, 0.5, 1.5, -1.5, 2.5, 255.9, 256, -1, 300.7, -129, 40000, 3e9, -3e9, 1e20, np.inf, -np.inf, np.nan], f32)
    inside = np.array([0, 0.4, 0.9, 1.5, 2.5, 100.7], f32)
    names = {"int8": tf.int8, "int16": tf.int16, "int32": tf.int32, "int64": tf.int64, "uint8": tf.uint8, "uint16": tf.uint16,
             "uint32": tf.uint32, "uint64": tf.uint64, "bool": tf.bool, "float16": tf.float16, "float64": tf.float64,
             "complex64": tf.complex64}
    for name, dtype in names.items():
        values = floats if name in ("int32", "int64", "bool", "float16", "float64") else inside
        case(f"Cast float32 to {name}", f"Cast(%x) {{to={name}}}", {"x": values}, raw.Cast(x=values, DstT=dtype), 0)
    numbers = np.array([0, 1, -1, 127, 128, 255, 256, 65535, -32769, 2**31 - 1, -(2**31)], i64)
    for name, dtype in names.items():
        case(f"Cast int64 to {name}", f"Cast(%x) {{to={name}}}", {"x": numbers}, raw.Cast(x=numbers, DstT=dtype), 0)
    big = np.array([2**63, 2**64 - 1, 2**24 + 1, 5], np.uint64)
    for name in ("float32", "float64", "int32", "uint8"):
        case(f"Cast uint64 to {name}", f"Cast(%x) {{to={name}}}", {"x": big}, raw.Cast(x=big, DstT=getattr(tf, name)), 0)
    z = np.array([1 + 2j, -3j, 0], np.complex64)
    for name in ("float32", "int32", "complex128"):
        case(f"Cast complex64 to {name}", f"Cast(%x) {{to={name}}}", {"x": z}, raw.Cast(x=z, DstT=getattr(tf, name)), 0)
    halves = np.array([0.1, 65504, 1e-7, np.inf, -2.5], f16)
    case("Cast float16 to int32", "Cast(%x) {to=int32}", {"x": halves}, raw.Cast(x=halves, DstT=tf.int32), 0)


def ohwi(w):  # of TensorFlow's HWIO
    return np.ascontiguousarray(np.moveaxis(w, -1, 0))


def conv(case, rng):
    for n, (size, kernel, stride, dilation, pad) in enumerate([
            ((7, 8), (3, 3), (1, 1), (1, 1), "SAME"), ((7, 8), (3, 2), (2, 3), (1, 1), "SAME"),
            ((9, 9), (3, 3), (1, 1), (2, 2), "VALID"), ((9, 8), (3, 3), (1, 1), (2, 3), "SAME"),
            ((6, 7), (4, 5), (2, 2), (1, 1), [(1, 2), (3, 0)]), ((5, 5), (1, 1), (2, 2), (1, 1), "SAME")]):
        x, w, b = normal(rng, 2, *size, 4), normal(rng, *kernel, 2, 6), normal(rng, 6)
        explicit = not isinstance(pad, str)
        auto = "" if explicit or pad == "VALID" else ", auto_pad=SAME_UPPER"
        pads = f", pads=[{pad[0][0]}, {pad[1][0]}, {pad[0][1]}, {pad[1][1]}]" if explicit else ""
        tail = f"strides={list(stride)}, dilations={list(dilation)}{auto}{pads}"
        full = [(0, 0), *pad, (0, 0)] if explicit else pad
        y = tf.nn.conv2d(x[..., :2], w, stride, full, dilations=dilation)
        case(f"Conv {n}", f"Conv(%x, %w, %b) {{{tail}}}", {"x": x[..., :2], "w": ohwi(w), "b": b}, y + b)
        grouped = tf.concat([tf.nn.conv2d(x[..., i * 2:i * 2 + 2], w[..., i * 3:i * 3 + 3], stride, full, dilations=dilation)
                             for i in range(2)], -1)
        case(f"Conv {n} grouped", f"Conv(%x, %w) {{{tail}, group=2}}", {"x": x, "w": ohwi(w)}, grouped)
        nchw = np.ascontiguousarray(np.moveaxis(x, -1, 1))
        case(f"Conv {n} NCHW", f"Conv(%x, %w) {{layout=NCHW, {tail}, group=2}}",
             {"x": nchw, "w": np.ascontiguousarray(np.transpose(w, (3, 2, 0, 1)))}, np.moveaxis(grouped.numpy(), -1, 1))
        if stride[0] == stride[1] and (stride == (1, 1) or dilation == (1, 1)):
            d = normal(rng, *kernel, 4, 3)
            y = tf.nn.depthwise_conv2d(x, d, [1, *stride, 1], full, dilations=dilation)
            filters = np.ascontiguousarray(np.moveaxis(d.reshape(*kernel, 1, 12), -1, 0))
            case(f"Conv {n} depthwise", f"Conv(%x, %w) {{{tail}, group=4}}", {"x": x, "w": filters}, y)
    x, w = normal(rng, 1, 5, 6, 7, 2), normal(rng, 3, 2, 3, 2, 3)
    case("Conv 3D", "Conv(%x, %w) {strides=[2, 1, 2], auto_pad=SAME_UPPER}", {"x": x, "w": ohwi(w)},
         tf.nn.conv3d(x, w, [1, 2, 1, 2, 1], "SAME"))
    x, w = normal(rng, 2, 9, 3), normal(rng, 4, 3, 5)
    case("Conv 1D", "Conv(%x, %w) {strides=[2]}", {"x": x, "w": ohwi(w)}, tf.nn.conv1d(x, w, 2, "VALID"))
    x, w = normal(rng, 2, 6, 5, 3, dtype=f16), normal(rng, 3, 3, 3, 4, dtype=f16)
    case("Conv half", "Conv(%x, %w)", {"x": x, "w": ohwi(w)}, tf.nn.conv2d(x, w, 1, "VALID"), 3e-3)


def conv_transpose(case, rng):
    for n, (size, kernel, stride, pad, out) in enumerate([
            ((4, 5), (3, 3), (2, 2), "SAME", (8, 10)), ((4, 5), (3, 3), (2, 2), "SAME", (7, 9)),
            ((4, 5), (3, 2), (2, 3), "VALID", (9, 14)), ((4, 5), (3, 3), (1, 1), "SAME", (4, 5)),
            ((4, 4), (2, 2), (3, 3), "SAME", (12, 11)), ((3, 4), (4, 4), (2, 2), "VALID", (9, 11))]):
        x, w, b = normal(rng, 2, *size, 3), normal(rng, *kernel, 4, 3), normal(rng, 4)
        y = tf.nn.conv2d_transpose(x, w, [2, *out, 4], stride, pad)
        auto = ", auto_pad=SAME_UPPER" if pad == "SAME" else ""
        filters = np.ascontiguousarray(np.transpose(w, (3, 0, 1, 2)))
        case(f"ConvTranspose {n}", f"ConvTranspose(%x, %w, %b) {{strides={list(stride)}{auto}, output_shape={list(out)}}}",
             {"x": x, "w": filters, "b": b}, y + b)
        case(f"ConvTranspose {n} sizes fed", f"ConvTranspose(%x, %w, _, %s) {{strides={list(stride)}{auto}}}",
             {"x": x, "w": filters, "s": np.array(out, i64)}, y)
        case(f"ConvTranspose {n} NCHW", f"ConvTranspose(%x, %w) {{layout=NCHW, strides={list(stride)}{auto}, output_shape={list(out)}}}",
             {"x": np.ascontiguousarray(np.moveaxis(x, -1, 1)), "w": np.ascontiguousarray(np.transpose(w, (3, 2, 0, 1)))},
             np.moveaxis(y.numpy(), -1, 1))
    x, w = normal(rng, 1, 2, 3, 3, 2), normal(rng, 2, 3, 2, 3, 2)
    case("ConvTranspose 3D", "ConvTranspose(%x, %w) {strides=[2, 2, 2], auto_pad=SAME_UPPER, output_shape=[4, 6, 6]}",
         {"x": x, "w": np.ascontiguousarray(np.transpose(w, (4, 0, 1, 2, 3)))},
         tf.nn.conv3d_transpose(x, w, [1, 4, 6, 6, 3], 2, "SAME"))


def pool(case, rng):
    for n, (size, kernel, stride, pad) in enumerate([((7, 8), (3, 2), (2, 2), "SAME"), ((7, 8), (2, 3), (3, 1), "VALID"),
                                                     ((5, 6), (3, 3), (1, 1), "SAME")]):
        x = normal(rng, 2, *size, 3)
        tail = f"{{kernel_shape={list(kernel)}, strides={list(stride)}{', auto_pad=SAME_UPPER' if pad == 'SAME' else ''}}}"
        case(f"MaxPool {n}", f"MaxPool(%x) {tail}", {"x": x}, tf.nn.max_pool2d(x, kernel, stride, pad))
        case(f"AveragePool {n}", f"AveragePool(%x) {tail}", {"x": x}, tf.nn.avg_pool2d(x, kernel, stride, pad))
        nchw = np.ascontiguousarray(np.moveaxis(x, -1, 1))
        case(f"AveragePool {n} NCHW", f"AveragePool(%x) {tail[:1]}layout=NCHW, {tail[1:]}", {"x": nchw},
             np.moveaxis(tf.nn.avg_pool2d(x, kernel, stride, pad).numpy(), -1, 1))
        for batch in (False, True):
            y, places = tf.nn.max_pool_with_argmax(x, kernel, stride, pad, include_batch_in_index=batch)
            case(f"MaxPool {n} argmax {batch}", f"MaxPool(%x) {tail[:-1]}, argmax_index={'TF_BATCH' if batch else 'TF'}}}",
                 {"x": x}, [y, places])
    x = normal(rng, 1, 4, 5, 6, 2)
    case("MaxPool 3D", "MaxPool(%x) {kernel_shape=[2, 3, 2], strides=[2, 2, 2], auto_pad=SAME_UPPER}", {"x": x},
         tf.nn.max_pool3d(x, (2, 3, 2), 2, "SAME"))
    case("AveragePool 3D", "AveragePool(%x) {kernel_shape=[2, 3, 2], strides=[2, 2, 2]}", {"x": x},
         tf.nn.avg_pool3d(x, (2, 3, 2), 2, "VALID"))
    x = normal(rng, 2, 9, 8, 3)
    w = normal(rng, 3, 2, 3)
    case("Dilation2D", "Dilation2D(%x, %w) {strides=[2, 1], dilations=[1, 2], auto_pad=SAME_UPPER}", {"x": x, "w": w},
         raw.Dilation2D(input=x, filter=w, strides=[1, 2, 1, 1], rates=[1, 1, 2, 1], padding="SAME"))
    for pad in ("SAME", "VALID"):
        auto = ", auto_pad=SAME_UPPER" if pad == "SAME" else ""
        case(f"ExtractPatches {pad}", f"ExtractPatches(%x) {{kernel_shape=[3, 2], strides=[2, 3], dilations=[2, 1]{auto}}}",
             {"x": x}, raw.ExtractImagePatches(images=x, ksizes=[1, 3, 2, 1], strides=[1, 2, 3, 1], rates=[1, 2, 1, 1], padding=pad))


def norm(case, rng):
    x = normal(rng, 2, 3, 4, 5)
    scale, bias, mean = (normal(rng, 5) for _ in range(3))
    variance = np.abs(normal(rng, 5)) + f32(0.1)
    y = raw.FusedBatchNormV3(x=x, scale=scale, offset=bias, mean=mean, variance=variance, epsilon=0.01, is_training=False)[0]
    case("BatchNormalization", "BatchNormalization(%x, %s, %b, %m, %v) {epsilon=0.01}",
         {"x": x, "s": scale, "b": bias, "m": mean, "v": variance}, y)
    case("BatchNormalization NCHW", "BatchNormalization(%x, %s, %b, %m, %v) {layout=NCHW, epsilon=0.01}",
         {"x": np.ascontiguousarray(np.moveaxis(x, -1, 1)), "s": scale, "b": bias, "m": mean, "v": variance},
         np.moveaxis(y.numpy(), -1, 1))
    for radius in (1, 2, 7):
        case(f"LRN {radius}", f"LRN(%x) {{size={2 * radius + 1}, alpha={0.3 * (2 * radius + 1)}, beta=0.6, bias=1.5}}", {"x": x},
             raw.LRN(input=x, depth_radius=radius, bias=1.5, alpha=0.3, beta=0.6), 4e-6)
    layer = tf.keras.layers.LayerNormalization(epsilon=1e-3)
    layer.build(x.shape)
    layer.set_weights([scale, bias])
    case("LayerNormalization", "LayerNormalization(%x, %s, %b) {epsilon=0.001}", {"x": x, "s": scale, "b": bias}, layer(x), 5e-6)
    for axis in (-1, 1):
        case(f"Softmax {axis}", f"Softmax(%x) {{axis={axis}}}", {"x": x * 9}, tf.nn.softmax(x * 9, axis))
        case(f"LogSoftmax {axis}", f"LogSoftmax(%x) {{axis={axis}}}", {"x": x * 9}, tf.nn.log_softmax(x * 9, axis))


def linear(case, rng):
    a, b = normal(rng, 2, 1, 3, 4), normal(rng, 5, 4, 6)
    case("MatMul", "MatMul(%a, %b)", {"a": a, "b": b}, raw.BatchMatMulV2(x=a, y=b))
    case("MatMul transposed", "MatMul(%a, %b) {transpose_a=true, transpose_b=true}",
         {"a": np.ascontiguousarray(np.swapaxes(a, -1, -2)), "b": np.ascontiguousarray(np.swapaxes(b, -1, -2))},
         raw.BatchMatMulV2(x=a, y=b))
    z, w = ((normal(rng, 3, 4) + 1j * normal(rng, 3, 4)).astype(np.complex64) for _ in range(2))
    case("MatMul adjoint", "MatMul(%a, %b) {transpose_a=true, conjugate_a=true}", {"a": z, "b": w}, tf.matmul(z, w, adjoint_a=True))
    m, n = rng.integers(-9**9, 9**9, (3, 4)).astype(i32), rng.integers(-9**9, 9**9, (4, 2)).astype(i32)
    case("MatMul int32 wraps", "MatMul(%a, %b)", {"a": m, "b": n}, tf.matmul(m, n))
    for equation, shapes in {"ij,jk->ik": [(3, 4), (4, 5)], "bij,bjk->bik": [(2, 3, 4), (2, 4, 5)], "ij->ji": [(3, 4)],
                             "ii->i": [(4, 4)], "ii->": [(4, 4)], "i,j->ij": [(3,), (4,)], "...ij,...jk->...ik": [(2, 1, 3, 4), (5, 4, 2)],
                             "...i,i->...": [(2, 3, 4), (4,)], "abc,cde->abde": [(2, 3, 4), (4, 5, 2)], "ijk->j": [(2, 3, 4)],
                             "b...h,h->b...": [(2, 3, 4, 5), (5,)], "ij,ij": [(3, 4), (3, 4)], "ba,bc,cd->ad": [(2, 3), (2, 4), (4, 5)]}.items():
        values = [normal(rng, *s) for s in shapes]
        names = "abc"[:len(values)]
        case(f"Einsum {equation}", f"Einsum({', '.join('%' + n for n in names)}) {{equation=\"{equation}\"}}", dict(zip(names, values)),
             tf.einsum(equation, *values), 4e-6)
    s = normal(rng, 2, 4, 4, dtype=f64)
    for adjoint in (False, True):
        case(f"MatrixInverse {adjoint}", f"MatrixInverse(%x) {{adjoint={str(adjoint).lower()}}}", {"x": s},
             raw.MatrixInverse(input=s, adjoint=adjoint), 1e-10)
    case("MatrixDeterminant", "MatrixDeterminant(%x)", {"x": s}, raw.MatrixDeterminant(input=s), 1e-12)


def resize(case, rng):
    x = normal(rng, 2, 5, 7, 3)
    whole = rng.integers(0, 255, (1, 4, 6, 2)).astype(np.uint8)
    for size in ((9, 13), (3, 4), (5, 7), (1, 1), (10, 3)):
        s = np.array(size, i64)
        flags = {"asymmetric": (False, False), "half_pixel": (False, True), "align_corners": (True, False)}
        for how, (align, half) in flags.items():
            args = {"images": x, "size": np.array(size, i32), "align_corners": align, "half_pixel_centers": half}
            case(f"Resize linear {how} {size}", f"Resize(%x, %s) {{mode=linear, coordinates={how}, float_output=true}}",
                 {"x": x, "s": s}, raw.ResizeBilinear(**args))
            near = {"asymmetric": "floor", "half_pixel": "floor", "align_corners": "round_prefer_ceil"}[how]
            where = "tf_half_pixel_for_nn" if half else how
            case(f"Resize nearest {how} {size}", f"Resize(%x, %s) {{mode=nearest, coordinates={where}, nearest={near}}}",
                 {"x": x, "s": s}, raw.ResizeNearestNeighbor(**args), 0)
            cubic = "cubic_a=-0.5, exclude_outside=true" if half else "cubic_a=-0.75"
            case(f"Resize cubic {how} {size}", f"Resize(%x, %s) {{mode=cubic, coordinates={how}, {cubic}, float_output=true}}",
                 {"x": x, "s": s}, raw.ResizeBicubic(**args), 4e-6)
        for align in (False, True):
            case(f"Resize area {align} {size}", f"Resize(%x, %s) {{mode=area, coordinates={'align_corners' if align else 'asymmetric'}, float_output=true}}",
                 {"x": x, "s": s}, raw.ResizeArea(images=x, size=np.array(size, i32), align_corners=align), 4e-6)
    case("Resize linear uint8", "Resize(%x, %s) {mode=linear, float_output=true}", {"x": whole, "s": np.array([6, 5], i64)},
         raw.ResizeBilinear(images=whole, size=[6, 5]))
    boxes = np.array([[0, 0, 1, 1], [0.1, 0.2, 0.7, 0.9], [0.9, 0.8, 0.1, 0.1], [-0.3, 0.5, 1.4, 0.6], [0.5, 0.5, 0.5, 0.5]], f32)
    which = np.array([0, 1, 1, 0, 1], i32)
    for mode, theirs in (("linear", "bilinear"), ("nearest", "nearest")):
        for crop in ((4, 3), (1, 1), (6, 1)):
            case(f"CropAndResize {mode} {crop}", f"CropAndResize(%x, %b, %i, %s) {{mode={mode}, extrapolation_value=-2.5}}",
                 {"x": x, "b": boxes, "i": which, "s": np.array(crop, i32)},
                 raw.CropAndResize(image=x, boxes=boxes, box_ind=which, crop_size=crop, method=theirs, extrapolation_value=-2.5))


GROUPS = [unary, binary, elementwise, cast, conv, conv_transpose, pool, norm, linear, resize]
