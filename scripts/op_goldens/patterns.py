"""Several operations in a row, the way networks have them: what passes fold, fuse or reorder must not change the numbers."""

from .harness import bools, fed, ints, normal, number, tf, uniform, value

r = tf.raw_ops
SUMS = (1e-5, 3e-5)  # tolerance of a convolution's or matrix product's result


class Net:
    """Layers with seeded constants, in few words; each takes and returns tensors."""

    def __init__(self, use):
        self.use, self.constants = use, 0

    def input(self, *shape, draw=None, name="x"):
        return self.use(fed(draw or normal(*shape)), name)

    def constant(self, draw):
        self.constants += 1
        return self.use(draw, f"c{self.constants}")

    def weights(self, *shape):
        return self.constant(normal(*shape))

    def positive(self, *shape):
        return self.constant(uniform(0.5, 2, *shape))

    def ints(self, *values):
        return self.constant(value(list(values), "int32"))

    def conv(self, x, size, out, stride=1, padding="SAME"):
        f = self.weights(size, size, x.shape[-1], out)
        return r.Conv2D(input=x, filter=f, strides=[1, stride, stride, 1], padding=padding)

    def depthwise(self, x, stride=1, padding="SAME", multiplier=1):
        f = self.weights(3, 3, x.shape[-1], multiplier)
        return r.DepthwiseConv2dNative(input=x, filter=f, strides=[1, stride, stride, 1], padding=padding)

    def bias(self, x):
        return r.BiasAdd(value=x, bias=self.weights(x.shape[-1]))

    def norm(self, x, op="FusedBatchNormV3"):
        c = x.shape[-1]
        scale, offset, mean, variance = self.positive(c), self.weights(c), self.weights(c), self.positive(c)
        call = getattr(r, op)
        return call(x=x, scale=scale, offset=offset, mean=mean, variance=variance, is_training=False)[0]

    def dense(self, x, out):
        return r.MatMul(a=x, b=self.weights(x.shape[-1], out))

    def pad(self, x, *pads):
        return r.Pad(input=x, paddings=self.constant(value(pads, "int32")))

    def pad_sides(self, x, top, bottom, left, right):
        return self.pad(x, (0, 0), (top, bottom), (left, right), (0, 0))

    def pool(self, x, size=3, stride=2, padding="VALID", op=r.MaxPool):
        name = "input" if op is r.MaxPool else "value"
        return op(**{name: x}, ksize=[1, size, size, 1], strides=[1, stride, stride, 1], padding=padding)

    def transpose(self, x, *perm):
        return r.Transpose(x=x, perm=self.ints(*perm))


def relu(x):
    return r.Relu(features=x)


def relu6(x):
    return r.Relu6(features=x)


def concat(*values, axis=3):
    return r.ConcatV2(values=values, axis=axis)


def reshape(x, *shape):
    return r.Reshape(tensor=x, shape=list(shape))


def mean(x, *axes):
    return r.Mean(input=x, axis=list(axes), keep_dims=True)


def dim(x, index):
    """One dimension, read from the shape as exporters do."""
    return r.StridedSlice(input=r.Shape(input=x), begin=[index], end=[index + 1], strides=[1], shrink_axis_mask=1)


def dims(x, begin, end):
    return r.StridedSlice(input=r.Shape(input=x), begin=[begin], end=[end], strides=[1])


ACTIVATIONS = {
    "relu": relu,
    "relu6": relu6,
    "leaky": lambda y: r.LeakyRelu(features=y, alpha=0.1),
    "elu": lambda y: r.Elu(features=y),
    "selu": lambda y: r.Selu(features=y),
    "sigmoid": lambda y: r.Sigmoid(x=y),
    "tanh": lambda y: r.Tanh(x=y),
    "softplus": lambda y: r.Softplus(features=y),
    "swish": lambda y: y * r.Sigmoid(x=y),
    "hard_swish": lambda y: y * relu6(y + 3.0) * (1.0 / 6.0),
    "hard_sigmoid": lambda y: relu6(y + 3.0) / 6.0,
    "clip": lambda y: r.Minimum(x=r.Maximum(x=y, y=-1.0), y=2.0),
    "leaky_by_maximum": lambda y: r.Maximum(x=y, y=y * 0.2),
    "prelu": lambda y: relu(y) + 0.25 * (y - r.Abs(x=y)) * 0.5,
    "gelu": lambda y: 0.5 * y * (1.0 + r.Erf(x=y * 0.70710678)),
    "gelu_by_tanh": lambda y: 0.5 * y * (1.0 + r.Tanh(x=0.79788456 * (y + 0.044715 * y * y * y))),
    "mish": lambda y: y * r.Tanh(x=r.Softplus(features=y)),
}


def group(w, test, *shape):
    """A function that adds a case of `test`: build(net, x) makes its outputs from an input of this shape."""

    def put(label, build):
        def whole(use):
            net = Net(use)
            return build(net, net.input(*shape))

        w.graph(test, label, whole, tolerance=SUMS, depth_known=True)

    return put


def epilogues(w):
    put = group(w, "Pattern.Epilogue", 1, 6, 5, 3)
    rows = group(w, "Pattern.Epilogue", 3, 9)
    for name, act in ACTIVATIONS.items():
        put(f"conv_bias_{name}", lambda n, x: act(n.bias(n.conv(x, 3, 8))))
        put(f"conv_norm_{name}", lambda n, x: act(n.norm(n.conv(x, 1, 7))))
        rows(f"dense_{name}", lambda n, x: act(n.bias(n.dense(x, 6))))
    for s in (1, 2):
        put(f"depthwise_norm_relu6_s{s}", lambda n, x: relu6(n.norm(n.depthwise(x, s))))
        put(f"depthwise_multiplier_norm_s{s}", lambda n, x: n.norm(n.depthwise(x, s, multiplier=2)))
    for op in ("FusedBatchNorm", "FusedBatchNormV2"):
        put(f"conv_bias_then_{op}", lambda n, x: n.norm(n.bias(n.conv(x, 3, 4)), op))
    put("conv_mul_add", lambda n, x: n.conv(x, 3, 4) * n.weights(4) + n.weights(4))
    put("conv_add_scalar", lambda n, x: n.conv(x, 3, 4) + 1.5)
    put("conv_sub_mul_rsqrt", lambda n, x: (n.conv(x, 3, 4) - n.weights(4)) * r.Rsqrt(x=n.positive(4) + 1e-3))
    put("conv_div", lambda n, x: n.conv(x, 3, 4) / n.positive(4))
    put("constant_minus_conv", lambda n, x: n.weights(4) - n.conv(x, 3, 4))
    put("conv_mul_varying_in_space", lambda n, x: n.conv(x, 3, 4) * n.weights(6, 5, 1))
    put("conv_add_fed_bias", lambda n, x: n.conv(x, 3, 4) + n.input(4, name="bias"))
    put("scale_before_conv", lambda n, x: n.conv(x * n.weights(3), 3, 4))
    put("shift_before_padded_conv", lambda n, x: n.conv(x + n.weights(3), 3, 4))
    put("norm_before_padded_conv", lambda n, x: n.conv(relu(n.norm(x)), 3, 4))
    put("conv_read_twice", lambda n, x: (lambda y: [relu(n.norm(y)), y])(n.conv(x, 3, 4)))
    put("bias_read_twice", lambda n, x: (lambda y: relu(y) + r.Neg(x=y))(n.bias(n.conv(x, 3, 4))))
    put("filter_shared", filter_shared)
    put("transposed_conv_bias_relu", transposed_conv)
    rows("dense_mul_add_relu", lambda n, x: relu(n.dense(x, 6) * n.weights(6) + n.weights(6)))
    rows("dense_add_row", lambda n, x: n.dense(x, 6) + n.weights(1, 6))
    rows("dense_add_column", lambda n, x: n.dense(x, 6) + n.weights(3, 1))
    rows("dense_dense", lambda n, x: n.bias(n.dense(relu(n.bias(n.dense(x, 6))), 4)))


def filter_shared(n, x):
    """A filter that two convolutions read: folding one's batch norm into it must leave the other alone."""
    f = n.weights(3, 3, 3, 4)
    first = r.Conv2D(input=x, filter=f, strides=[1, 1, 1, 1], padding="SAME")
    return [relu(n.norm(first)), r.Conv2D(input=x, filter=f, strides=[1, 2, 2, 1], padding="SAME")]


def transposed_conv(n, x):
    sizes, f = n.ints(1, 12, 10, 4), n.weights(4, 4, 4, 3)
    y = r.Conv2DBackpropInput(input_sizes=sizes, filter=f, out_backprop=x, strides=[1, 2, 2, 1], padding="SAME")
    return relu(n.bias(y))


def residuals(w):
    put = group(w, "Pattern.Residual", 1, 6, 6, 4)
    put("add", lambda n, x: x + n.norm(n.conv(x, 3, 4)))
    put("add_relu", lambda n, x: relu(n.norm(n.conv(x, 3, 4)) + x))
    put("relu_then_add", lambda n, x: relu(n.conv(x, 3, 4)) + x)
    put("projection", lambda n, x: relu(n.norm(n.conv(x, 1, 6, 2)) + n.norm(n.conv(x, 3, 6, 2))))
    put("scaled", lambda n, x: relu(x + 0.17 * n.conv(x, 1, 4)))
    put("same_twice", lambda n, x: (lambda y: y + y)(n.conv(x, 3, 4)))
    put("subtracted", lambda n, x: x - n.conv(x, 3, 4))
    put("subtracted_from", lambda n, x: n.conv(x, 3, 4) - x)
    put("of_both", lambda n, x: n.conv(x, 1, 4) + n.conv(x, 3, 4))
    put("broadcast_add", lambda n, x: n.conv(x, 3, 4) + mean(x, 1, 2))
    put("add_n", lambda n, x: r.AddN(inputs=[x, n.conv(x, 3, 4), n.conv(x, 1, 4)]))
    put("chain", lambda n, x: (lambda y: relu(y + n.conv(relu(y), 3, 4)))(x + n.conv(x, 3, 4)))
    put("multiplied", lambda n, x: x * n.conv(x, 3, 4))
    put("squeeze_excite", lambda n, x: x * r.Sigmoid(x=n.conv(relu(n.conv(mean(x, 1, 2), 1, 2)), 1, 4)))
    put("inverted", inverted)


def inverted(n, x):
    y = relu6(n.norm(n.conv(x, 1, 24)))
    return x + n.norm(n.conv(relu6(n.norm(n.depthwise(y))), 1, 4))


def paddings(w):
    put = group(w, "Pattern.Padding", 1, 7, 6, 3)
    put("pad_conv_valid", lambda n, x: n.conv(n.pad_sides(x, 1, 1, 1, 1), 3, 4, 2, "VALID"))
    put("pad_conv_same", lambda n, x: n.conv(n.pad_sides(x, 1, 2, 0, 1), 3, 4, 2, "SAME"))
    put("pad_seven", lambda n, x: n.conv(n.pad_sides(x, 3, 3, 3, 3), 7, 4, 2, "VALID"))
    put("pad_uneven", lambda n, x: n.conv(n.pad_sides(x, 0, 1, 0, 1), 3, 4, 2, "VALID"))
    put("pad_channels_conv", lambda n, x: n.conv(n.pad(x, (0, 0), (1, 1), (1, 1), (0, 2)), 3, 4, 1, "VALID"))
    put("pad_batch_conv", lambda n, x: n.conv(n.pad(x, (1, 0), (1, 1), (1, 1), (0, 0)), 3, 4, 1, "VALID"))
    sides = value([(0, 0), (1, 1), (1, 1), (0, 0)], "int32")
    twos = lambda n, x: r.PadV2(input=x, paddings=n.constant(sides), constant_values=2.0)
    put("pad_value_conv", lambda n, x: n.conv(twos(n, x), 3, 4, 1, "VALID"))
    mirror = lambda n, x: r.MirrorPad(input=x, paddings=n.constant(sides), mode="REFLECT")
    put("mirror_pad_conv", lambda n, x: n.conv(mirror(n, x), 3, 4, 1, "VALID"))
    put("pad_max_pool", lambda n, x: n.pool(n.pad_sides(relu(x), 1, 1, 1, 1)))
    put("pad_max_pool_of_negatives", lambda n, x: n.pool(n.pad_sides(r.Neg(x=r.Exp(x=x)), 1, 1, 1, 1)))
    put("pad_avg_pool", lambda n, x: n.pool(n.pad_sides(x, 1, 1, 1, 1), op=r.AvgPool))
    put("pad_depthwise", lambda n, x: n.depthwise(n.pad_sides(x, 0, 1, 0, 1), 2, "VALID"))
    put("pad_read_twice", lambda n, x: (lambda y: [y, n.conv(y, 3, 4, 1, "VALID")])(n.pad_sides(x, 1, 1, 1, 1)))
    put("pad_pad_conv", lambda n, x: n.conv(n.pad_sides(n.pad_sides(x, 1, 0, 1, 0), 0, 1, 0, 1), 3, 4, 1, "VALID"))
    put = group(w, "Pattern.Padding", 1, 12, 12, 3)
    for rate in (2, 3, 4):
        put(f"dilated_by_blocks_{rate}", lambda n, x: by_blocks(n, x, rate, lambda y: n.conv(y, 3, 4, 1, "VALID")))
        put(f"dilated_depthwise_{rate}", lambda n, x: by_blocks(n, x, rate, lambda y: n.depthwise(y, 1, "VALID")))


def by_blocks(n, x, rate, convolve):
    """A dilated convolution as TensorFlow's layers write it: 12 + 2 * rate is a multiple of each rate."""
    block, pads = n.ints(rate, rate), n.constant(value([(rate, rate)] * 2, "int32"))
    y = convolve(r.SpaceToBatchND(input=x, block_shape=block, paddings=pads))
    return r.BatchToSpaceND(input=y, block_shape=block, crops=n.constant(value([(0, 0)] * 2, "int32")))


def moves(w):
    """Views, transposes and joins that cancel, merge or do not."""
    put = group(w, "Pattern.Moves", 2, 3, 4, 5)
    put("transpose_back", lambda n, x: n.transpose(n.transpose(x, 0, 3, 1, 2), 0, 2, 3, 1))
    put("transpose_twice", lambda n, x: n.transpose(n.transpose(x, 0, 3, 1, 2), 1, 0, 3, 2))
    put("transpose_relu_transpose", lambda n, x: n.transpose(relu(n.transpose(x, 0, 3, 1, 2)), 0, 2, 3, 1))
    put("nchw_bias", lambda n, x: n.transpose(x, 0, 3, 1, 2) + n.weights(1, 5, 1, 1))
    put("transpose_softmax", lambda n, x: n.transpose(r.Softmax(logits=n.transpose(x, 0, 2, 3, 1)), 0, 3, 1, 2))
    put("transpose_mean", lambda n, x: r.Mean(input=n.transpose(x, 0, 3, 1, 2), axis=[2, 3]))
    put("reshape_reshape", lambda n, x: reshape(reshape(x, 6, 20), 2, -1))
    put("reshape_transpose_reshape", lambda n, x: reshape(n.transpose(reshape(x, 2, 12, 5), 0, 2, 1), 2, 5, 3, 4))
    put(
        "shuffle_channels",
        lambda n, x: reshape(n.transpose(reshape(concat(x, -x), 2, 3, 4, 2, 5), 0, 1, 2, 4, 3), 2, 3, 4, 10),
    )
    put("squeeze_expand", lambda n, x: r.ExpandDims(input=r.Squeeze(input=mean(x, 1), axis=[1]), axis=3))
    put("transposed_weights", lambda n, x: r.MatMul(a=reshape(x, -1, 5), b=n.transpose(n.weights(7, 5), 1, 0)))
    put("matmul_of_transpose", lambda n, x: r.BatchMatMulV2(x=x, y=n.transpose(x, 0, 1, 3, 2)))
    put("concat_of_concats", lambda n, x: concat(concat(x, r.Neg(x=x)), x))
    put("concat_same_twice", lambda n, x: (lambda y: concat(y, y, axis=1))(relu(x)))
    put("concat_with_input_and_constant", lambda n, x: concat(x, n.weights(2, 3, 4, 2)))
    put("identities", lambda n, x: r.Identity(input=r.StopGradient(input=r.Snapshot(input=relu(x)))))
    put("common_subexpressions", lambda n, x: relu(x * 2.0) + relu(x * 2.0))
    put("output_is_input", lambda n, x: [r.Identity(input=x), relu(x)])
    put("output_twice", lambda n, x: (lambda y: [r.Identity(input=y), r.Identity(input=y)])(relu(x)))
    put("output_inside", lambda n, x: (lambda y: [y, r.Neg(x=y)])(relu(x)))
    put("output_constant", lambda n, x: [relu(x), r.Identity(input=n.weights(3))])
    put("constants_fold", lambda n, x: x * (n.weights(4, 5) * n.weights(5) + 1.0))
    w.graph("Pattern.Moves", "only_constants", lambda use: use(normal(3, 4), "a") * use(normal(4), "b") + 1.0)


def branches(w):
    """Several readers of one value, joined again."""
    put = group(w, "Pattern.Branches", 1, 6, 5, 6)
    put("inception", lambda n, x: concat(relu(n.conv(x, 1, 4)), n.conv(x, 3, 5), n.pool(x, 3, 1, "SAME")))
    put("siblings", lambda n, x: concat(*[relu(n.norm(n.conv(x, 1, c))) for c in (4, 3, 5)]))
    put("siblings_read_apart", lambda n, x: [relu(n.conv(x, 1, 4)), n.conv(x, 1, 3)])
    put("dense_block", lambda n, x: (lambda y: concat(y, relu(n.conv(y, 3, 2))))(concat(x, relu(n.conv(x, 3, 2)))))
    put("split_swap_concat", lambda n, x: concat(*reversed(r.Split(axis=3, value=x, num_split=2))))
    put("grouped_by_split", lambda n, x: concat(*[n.conv(p, 3, 3) for p in r.Split(axis=3, value=x, num_split=3)]))
    put("slices_of_conv", lambda n, x: (lambda y: [y[..., :2] + y[..., 2:], y[:, ::2]])(n.conv(x, 3, 4)))
    put("concat_of_one_value_and_its_conv", lambda n, x: concat(x, n.conv(x, 3, 4), x))
    put("concat_rows", lambda n, x: concat(n.conv(x, 3, 4), n.conv(x, 1, 4), axis=1))
    put("branch_is_output", lambda n, x: (lambda y: [y, concat(y, x)])(relu(n.conv(x, 1, 4))))
    put("unused_branch", lambda n, x: (relu(n.conv(x, 1, 4)), n.conv(x, 3, 4))[:1])
    rows = group(w, "Pattern.Branches", 3, 12)
    rows("split_gates", gates)
    rows(
        "logits_and_classes",
        lambda n, x: (lambda y: [r.Softmax(logits=y), r.ArgMax(input=y, dimension=1)])(n.dense(x, 5)),
    )


def gates(n, x):
    i, j, f, o = r.Split(axis=1, value=n.bias(n.dense(x, 16)), num_split=4)
    c = r.Sigmoid(x=f + 1.0) * n.input(3, 4, name="c") + r.Sigmoid(x=i) * r.Tanh(x=j)
    return [c, r.Sigmoid(x=o) * r.Tanh(x=c)]


def sizes(w):
    """Shape arithmetic as exporters write it."""
    put = group(w, "Pattern.Sizes", 2, 3, 4, 5)
    pack = lambda *values: r.Pack(values=[tf.constant(v) if isinstance(v, int) else v for v in values])
    put("flatten", lambda n, x: r.Reshape(tensor=x, shape=pack(dim(x, 0), -1)))
    put(
        "flatten_by_product",
        lambda n, x: r.Reshape(tensor=x, shape=pack(dim(x, 0), r.Prod(input=dims(x, 1, 4), axis=0))),
    )
    put(
        "softmax_over_reshape",
        lambda n, x: r.Reshape(tensor=r.Softmax(logits=reshape(x, -1, 5)), shape=r.Shape(input=x)),
    )
    put("zeros_by_shape", lambda n, x: concat(x, r.Fill(dims=r.Shape(input=x), value=0.5), axis=0))
    put("double_size", lambda n, x: r.ResizeBilinear(images=x, size=dims(x, 1, 3) * 2))
    put(
        "resize_like",
        lambda n, x: r.ResizeNearestNeighbor(images=x, size=dims(n.input(1, 7, 6, 2, name="like"), 1, 3)),
    )
    put("tile_batch", lambda n, x: r.Tile(input=n.weights(1, 3), multiples=pack(dim(x, 0), 1)))
    put("positions", lambda n, x: x + r.GatherV2(params=n.weights(9, 5), indices=tf.range(dim(x, 2)), axis=0))
    put(
        "crop_to_size",
        lambda n, x: r.Slice(input=x, begin=[0, 1, 1, 0], size=pack(-1, dim(x, 1) - 1, dim(x, 2) - 2, -1)),
    )
    put("global_pools", lambda n, x: [r.Mean(input=x, axis=[1, 2]), r.Max(input=x, axis=[1, 2])])
    put("scale_by_size", lambda n, x: x / r.Cast(x=dim(x, 3), DstT=tf.float32))
    put("placeholder_with_default", lambda n, x: x * r.PlaceholderWithDefault(input=n.weights(5), shape=[5]))
    put("half_between_casts", lambda n, x: tf.cast(tf.cast(x, tf.float16) * tf.constant(2, tf.float16), tf.float32))


def by_hand(w):
    """Layers that are several operations in TensorFlow."""
    put = group(w, "Pattern.ByHand", 2, 3, 4, 5)
    put(
        "softmax",
        lambda n, x: (lambda e: e / r.Sum(input=e, axis=[-1], keep_dims=True))(
            r.Exp(x=x - r.Max(input=x, axis=[-1], keep_dims=True))
        ),
    )
    put("layer_norm", lambda n, x: standardised(x, -1) * n.weights(5) + n.weights(5))
    put("instance_norm", lambda n, x: standardised(x, 1, 2))
    put(
        "group_norm",
        lambda n, x: reshape(standardised(reshape(concat(x, -x), 2, 3, 4, 2, 5), 1, 2, 4), 2, 3, 4, 10),
    )
    put(
        "l2_normalise",
        lambda n, x: x * r.Rsqrt(x=r.Maximum(x=r.Sum(input=r.Square(x=x), axis=[3], keep_dims=True), y=1e-12)),
    )
    put("attention", lambda n, x: attention(x, n.input(2, 3, 6, 5, name="k"), n.input(2, 3, 6, 7, name="v")))
    put("where_gather", lambda n, x: r.GatherNd(params=x, indices=r.Where(condition=r.Greater(x=x, y=0.0))))
    put("logical_chain", lambda n, x: (r.Less(x=x, y=0.0) | (x > 1.0)) & n.input(draw=bools(4, 5), name="mask"))
    rows = group(w, "Pattern.ByHand", 9, 4)
    best = lambda scores: r.TopKV2(input=scores, k=3)[1]
    rows(
        "top_boxes",
        lambda n, x: r.GatherV2(params=x, indices=best(n.input(draw=uniform(0, 1, 9), name="s")), axis=0),
    )
    within = lambda length: r.Less(x=tf.range(4), y=r.ExpandDims(input=length, axis=1))
    rows(
        "mask_by_length",
        lambda n, x: r.SelectV2(condition=within(n.input(draw=ints(0, 4, 9), name="n")), t=x, e=tf.constant(-1e9)),
    )
    w.graph(
        "Pattern.ByHand",
        "one_hot_embedding",
        lambda use: r.MatMul(
            a=r.OneHot(indices=use(fed(ints(0, 6, 5))), depth=7, on_value=1.0, off_value=0.0),
            b=use(normal(7, 4), "w"),
        ),
    )
    picture = fed(number("uint8", 1, 5, 5, 3, high=255))
    w.graph(
        "Pattern.ByHand",
        "picture_of_bytes",
        lambda use: (lambda n: n.conv(tf.cast(use(picture), tf.float32) / 127.5 - 1.0, 3, 4))(Net(use)),
        tolerance=SUMS,
        depth_known=True,
    )


def standardised(x, *axes):
    centred = x - mean(x, *axes)
    return centred * r.Rsqrt(x=mean(r.Square(x=centred), *axes) + 1e-3)


def attention(q, k, v):
    return r.BatchMatMulV2(x=r.Softmax(logits=r.BatchMatMulV2(x=q, y=k, adj_y=True) * 0.5), y=v)


def write(w):
    for add in (epilogues, residuals, paddings, moves, branches, sizes, by_hand):
        add(w)
