"""Draws from seeds, whose numbers are TensorFlow's own; sequences of examples; sound as files."""

from .harness import fed, normal, tf, uniform, value

r = tf.raw_ops


def seeds(a, b):
    return value([a, b], "int64")


def draws(w):
    for label, (batch, classes, samples) in dict(one=(1, 5, 1), row=(1, 300, 7), rows=(3, 4, 5), flat=(2, 1, 3)).items():
        for dtype in ("float32", "float64"):
            logits = fed(normal(batch, classes, dtype=dtype, scale=2.0))
            w.add("StatelessMultinomial", f"{label}_{dtype}", logits=logits, num_samples=samples, seed=seeds(3, 4), output_dtype=tf.int32)
    for i, shape in enumerate(((4,), (3, 4), (2, 3, 4), (0, 4), (50, 4))):
        alpha = fed(value([0.3, 1.0, 1.5, 40.0], "float32"))
        w.add("StatelessRandomGammaV2", f"{i}", shape=list(shape), seed=seeds(i, 7), alpha=alpha)
        rate = fed(value([0.5, 3.0, 10.0, 200.0], "float32"))
        for dtype in (tf.float32, tf.int32):
            w.add("StatelessRandomPoisson", f"{i}_{dtype.name}", shape=list(shape), seed=seeds(i, 9), lam=rate, dtype=dtype)
        w.graph("StatelessRandomGammaV3", f"{i}", lambda use: keyed(use, alpha, shape))
    boxes = fed(value([[[0.1, 0.2, 0.6, 0.9], [0.3, 0.0, 0.9, 0.5]]], "float32"))
    for i in range(6):
        w.add(
            "StatelessSampleDistortedBoundingBox", f"{i}", image_size=[70, 90, 3], bounding_boxes=boxes, min_object_covered=0.1 * i,
            seed=seeds(i, 1), aspect_ratio_range=[0.5, 2.0], area_range=[0.05, 1.0], max_attempts=20,
        )


def keyed(use, alpha, shape):
    key, counter, algorithm = r.StatelessRandomGetKeyCounter(seed=use(fed(value([5, 6], "int64")), "seed")), None, 1
    return r.StatelessRandomGammaV3(shape=list(shape), key=key.key, counter=key.counter, alg=algorithm, alpha=use(alpha))


def sequence(context, lists):
    def feature(values):
        if values and isinstance(values[0], bytes):
            return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
        if values and isinstance(values[0], float):
            return tf.train.Feature(float_list=tf.train.FloatList(value=values))
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    steps = lambda values: tf.train.FeatureList(feature=[feature(v) for v in values])
    proto = tf.train.SequenceExample(
        context=tf.train.Features(feature={k: feature(v) for k, v in context.items()}),
        feature_lists=tf.train.FeatureLists(feature_list={k: steps(v) for k, v in lists.items()}),
    )
    # Ends in a letter, of a field that nobody knows: numpy drops zeros at the end of bytes.
    return proto.SerializeToString(deterministic=True) + b"\x1a\x01z"


SEQUENCES = [
    sequence(dict(age=[33.5], ids=[4, -1]), dict(box=[[1.0, 2.0], [3.0, 4.0]], words=[[b"a"], [b"b", b"c"]])),
    sequence(dict(age=[1.0]), dict(box=[[5.0, 6.0]], words=[[b"xyz"]])),
    sequence(dict(age=[2.0], ids=[9]), dict(box=[[0.5, 0.5]] * 3)),
]
CONTEXT = {"age": tf.io.FixedLenFeature([], tf.float32), "ids": tf.io.VarLenFeature(tf.int64)}
LISTS = dict(
    dense={"box": tf.io.FixedLenSequenceFeature([2], tf.float32)},
    missing={"box": tf.io.FixedLenSequenceFeature([2], tf.float32), "no": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True)},
    sparse={"words": tf.io.VarLenFeature(tf.string)},
    ragged={"words": tf.io.RaggedFeature(tf.string, row_splits_dtype=tf.int64)},
)


def sequences(w):
    def parsed(protos, lists, single):
        parse = tf.io.parse_single_sequence_example if single else tf.io.parse_sequence_example
        parts = parse(protos, context_features=CONTEXT, sequence_features=lists)
        return [t for d in parts for key in sorted(d) for t in tf.nest.flatten(d[key], expand_composites=True)]

    for label, lists in LISTS.items():
        w.graph("ParseSequenceExampleV2", label, lambda use: parsed(use(fed(value(SEQUENCES))), lists, False))
        if label != "ragged":
            one = lambda use: parsed(use(fed(value(SEQUENCES[0]))), lists, True)
            w.graph("ParseSequenceExampleV2", f"single_{label}", one)


def sound(w):
    """As base64, since a file is no text."""
    for i, (samples, channels) in enumerate(((0, 1), (7, 1), (5, 2), (100, 1), (3, 6))):
        audio = fed(uniform(-1.3, 1.3, samples, channels))
        w.graph("EncodeWav", f"{i}", lambda use: r.EncodeBase64(input=r.EncodeWav(audio=use(audio), sample_rate=16000 + i)), static=True)


def write(w):
    draws(w)
    sequences(w)
    sound(w)
