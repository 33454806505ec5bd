"""Serialized tf.Example, as models that were exported for serving have it in front."""

from .harness import fed, np, normal, tf, v1, value

r = tf.raw_ops


def example(**features):
    def feature(values):
        if isinstance(values[0], bytes):
            return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
        if isinstance(values[0], float):
            return tf.train.Feature(float_list=tf.train.FloatList(value=values))
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    proto = tf.train.Features(feature={k: feature(v) for k, v in features.items()})
    # Ends in a letter: numpy drops zeros at the end of bytes.
    return tf.train.Example(features=proto).SerializeToString(deterministic=True) + b"\x12\x01z"


EXAMPLES = [
    example(age=[33.5], box=[0.0, 1.0, -2.0, 1e9], ids=[4, -1, 1 << 40], name=[b"ann"], words=[b"a", b"", b"bc"]),
    example(age=[-1.0], box=[1.0, 2.0, 3.0, 4.0], name=[b"bob"], other=[7]),
    example(age=[0.25], box=[0.5] * 4, ids=[9], words=[b"\xc3\xa9 x"], steps=[1.0, 2.0, 3.0, 4.0]),
]

SPARSE = {"ids": v1.VarLenFeature(tf.int64), "words": v1.VarLenFeature(tf.string), "steps": v1.VarLenFeature(tf.float32)}
DENSE = {
    "age": v1.FixedLenFeature([], tf.float32),
    "box": v1.FixedLenFeature([2, 2], tf.float32),
    "name": v1.FixedLenFeature([1], tf.string, default_value=["nobody"]),
    "other": v1.FixedLenFeature([2, 1], tf.int64, default_value=[[5], [6]]),
}
OTHER = {"other": v1.FixedLenFeature([1], tf.int64, default_value=[3])}
SEQUENCES = {
    "steps": v1.FixedLenSequenceFeature([2], tf.float32, allow_missing=True, default_value=-1.0),
    "words": v1.FixedLenSequenceFeature([], tf.string, allow_missing=True, default_value="-"),
}
RAGGED = {"ids": tf.io.RaggedFeature(tf.int64), "words": tf.io.RaggedFeature(tf.string, row_splits_dtype=tf.int64)}


def parsed(protos, features, single=False):
    result = (tf.io.parse_single_example if single else tf.io.parse_example)(protos, features)
    return [part for key in sorted(result) for part in tf.nest.flatten(result[key], expand_composites=True)]


def write(w):
    first = [{k: v for k, v in DENSE.items() if k != "other"}, SPARSE, OTHER, SEQUENCES, RAGGED]
    for label, features in zip(("dense", "sparse", "default", "sequences", "ragged"), first):
        w.graph("ParseExampleV2", label, lambda use: parsed(use(fed(value(EXAMPLES))), features))
    w.graph("ParseExampleV2", "none", lambda use: parsed(use(fed(value(EXAMPLES))), {**OTHER, "no": SPARSE["ids"]}))
    for label, features in (("dense", DENSE), ("sparse", SPARSE), ("sequences", SEQUENCES)):
        w.graph(
            "ParseExampleV2", f"single_{label}", lambda use: parsed(use(fed(value(EXAMPLES[2]))), features, single=True)
        )
    for i, proto in enumerate(EXAMPLES):
        w.graph("ParseSingleExample", f"{i}", lambda use: single(use(fed(value(proto)))))
    for label, count in (("one", 1), ("two", 2), ("all", 3)):
        w.graph("ParseExample", label, lambda use: old(use(fed(value(EXAMPLES[:count])))))
    table = normal(20, 4)
    w.graph("Pattern.Examples", "embedding", lambda use: embedded(use(fed(value(EXAMPLES))), use(table)))
    rows = lambda: fed(value([0, 0, 2, 4], "int64"))
    for label, count in (("between", 5), ("behind", 7)):
        w.graph(
            "RaggedFillEmptyRows",
            label,
            lambda use: r.RaggedFillEmptyRows(
                value_rowids=use(rows()),
                values=use(fed(normal(4)), "values"),
                nrows=np.int64(count),
                default_value=np.float32(7),
            ),
        )
    for k, n in ((1, 7), (4, 50), (50, 50)):
        w.graph("ApproxTopK", f"{k}_of_{n}", lambda use: r.ApproxTopK(input=use(fed(normal(3, n))), k=k), static=True)


def single(proto):
    return r.ParseSingleExample(
        serialized=proto,
        dense_defaults=[tf.constant([], tf.float32), tf.constant(["nobody"])],
        num_sparse=2,
        sparse_keys=["ids", "words"],
        dense_keys=["box", "name"],
        sparse_types=[tf.int64, tf.string],
        dense_shapes=[[4], [1]],
    )


def old(protos):
    return r.ParseExample(
        serialized=protos,
        names=tf.constant([], tf.string),
        sparse_keys=["words"],
        dense_keys=["age", "other"],
        dense_defaults=[tf.constant([], tf.float32), tf.constant([3], tf.int64)],
        sparse_types=[tf.string],
        dense_shapes=[[], [1]],
    )


def embedded(protos, table):
    ids = tf.io.parse_example(protos, {"ids": SPARSE["ids"]})["ids"]
    ids = tf.SparseTensor(ids.indices, tf.math.floormod(ids.values, 20), ids.dense_shape)
    return tf.nn.safe_embedding_lookup_sparse(table, ids, combiner="mean")
