"""Builds one small graph per case, has TensorFlow run it and stores graph, inputs and outputs.

A case names a raw TensorFlow op and its arguments. An argument is
  fed(draw)   a placeholder, its value fed at run time;
  a draw      a constant in the graph;
  a list      of the two, for ops that take several tensors;
  anything else: an attribute, or a literal that TensorFlow turns into a constant.
A draw says shape, type and range of seeded values; the seed is the case's name, so adding a case changes no other.
"""

import collections, dataclasses, json, os, zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = (
    "0"  # TensorFlow's own kernels: the results do not depend on the CPU's extensions
)
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1

# What a correct float kernel may differ by: (rtol, atol) of the result's type.
TOLERANCE = {"float16": (2e-3, 2e-3), "float32": (1e-5, 2e-6), "float64": (1e-9, 1e-11), "complex64": (1e-5, 1e-5)}
EXACT = (0.0, 0.0)
NO_KERNEL = ("No OpKernel", "Could not find", "not in list of allowed values", "not in the list of allowed")

Draw = collections.namedtuple("Draw", "make")
Fed = collections.namedtuple("Fed", "draw")


def normal(*shape, dtype="float32", scale=1.0):
    return Draw(lambda rng: np.asarray(rng.normal(0, scale, shape), dtype))


def uniform(low, high, *shape, dtype="float32"):
    return Draw(lambda rng: np.asarray(rng.uniform(low, high, shape), dtype))


def ints(low, high, *shape, dtype="int32"):
    """Whole numbers from low to high, both included."""
    return Draw(lambda rng: np.asarray(rng.integers(low, high + 1, shape), dtype))


def bools(*shape):
    return Draw(lambda rng: np.asarray(rng.integers(0, 2, shape), bool))


def distinct(*shape, dtype="float32"):
    """A shuffled 0, 1, 2, …: no two equal, so that an index result has one right answer."""
    count = int(np.prod(shape))
    return Draw(lambda rng: np.asarray(rng.permutation(count), dtype).reshape(shape))


def value(literal, dtype=None):
    return Draw(lambda rng: np.asarray(literal, dtype))


def number(dtype, *shape, low=-9, high=9):
    """Ordinary values of a type: normal for floats, whole numbers for integers (none negative if unsigned)."""
    if dtype == "bool":
        return bools(*shape)
    if np.dtype(dtype).kind == "f":
        return normal(*shape, dtype=dtype)
    return ints(max(low, 0) if np.dtype(dtype).kind == "u" else low, high, *shape, dtype=dtype)


def fed(draw, dtype=None):
    return Fed(draw if isinstance(draw, Draw) else value(draw, dtype))


@dataclasses.dataclass
class How:
    """How a case is made and compared."""

    optional: bool = False  # leave it out if TensorFlow has no CPU kernel for the type
    tolerance: tuple = None  # (rtol, atol) where the outputs' type is not the measure
    exact: bool = False  # values only move: no tolerance
    static: bool = False  # TensorFlow wants to know all shapes beforehand
    depth_known: bool = False  # the last dimension of an input is never left open
    random: bool = False  # only shape and type of the outputs count
    shown: object = None  # builds the graph that is stored where TensorFlow's CPU cannot run it, from the same inputs


HOW = {field.name for field in dataclasses.fields(How)}


class Inputs:
    """The placeholders of one case, as its graph is built."""

    def __init__(self, case, how):
        self.key, self.how = zlib.crc32(case.encode()), how
        self.rng, self.feeds, self.described = np.random.default_rng(self.key), {}, []

    def use(self, argument, name="x"):
        """The tensor, or the list of tensors, of an argument; anything else as it is."""
        if isinstance(argument, list) and any(isinstance(a, (Fed, Draw)) for a in argument):
            return [self.use(a, f"{name}_{i}") for i, a in enumerate(argument)]
        if isinstance(argument, Draw):
            return tf.constant(argument.make(self.rng), name=name)
        return self._placeholder(argument.draw.make(self.rng), name) if isinstance(argument, Fed) else argument

    def _placeholder(self, array, name):
        shape = self._declared(list(array.shape))
        tensor = v1.placeholder(array.dtype, shape, name=name)
        about = describe(tensor.name, f"in{len(self.feeds)}", array)
        about.update(node_op="Placeholder", placeholder_shape=[-1 if d is None else d for d in shape])
        self.described.append(about)
        self.feeds[tensor] = array
        return tensor

    def _declared(self, shape):
        """Some graphs leave the batch open, some every dimension."""
        if self.how.static or not shape or self.key % 4 > 1:
            return shape
        if self.key % 4 == 0:
            return [None, *shape[1:]]
        known = len(shape) - self.how.depth_known
        return [None] * known + shape[known:]


def describe(name, key, array):
    dtype = "string" if array.dtype.kind in "US" else str(array.dtype)
    return dict(name=name, key=key, shape=list(array.shape), dtype=dtype)


def plain(array):
    """TensorFlow's strings are objects; files hold unicode."""
    array = np.asarray(array)
    if array.dtype.kind not in "OS":
        return array
    return np.array([b.decode() for b in array.ravel()], dtype=str).reshape(array.shape)


class Writer:
    """Writes cases as folders below `out`; counts them by op, remembers what TensorFlow has no kernel for (refused)
    and what it objects to (failed: a mistake in the table)."""

    def __init__(self, out, match=""):
        self.out, self.match, self.count, self.refused, self.failed = out, match, collections.Counter(), [], []

    def add(self, op, label, **arguments):
        """One case of a raw op: its arguments, and fields of How."""
        how = {k: arguments.pop(k) for k in HOW & arguments.keys()}
        call = getattr(tf.raw_ops, op)
        self.graph(op, label, lambda use: call(name="y", **{k: use(v, k) for k, v in arguments.items()}), **how)

    def graph(self, test, label, build, **how):
        """A case of several ops. `build(use)` makes the outputs; `use(argument, name)` turns an argument into a tensor."""
        case, how = f"{test}.{label}", How(**how)
        if self.match not in case:
            return
        try:
            self._write(test, case, build, how)
        except (tf.errors.OpError, NotImplementedError, TypeError, ValueError) as e:
            if how.optional and any(t in str(e) for t in NO_KERNEL):
                self.refused.append(case)
            else:
                self.failed.append(f"{case}: {type(e).__name__}: {str(e).strip().splitlines()[0][:300]}")

    def _write(self, test, case, build, how):
        inputs, graph = Inputs(case, how), tf.Graph()
        with graph.as_default():
            results = [t for t in tf.nest.flatten(build(inputs.use)) if isinstance(t, tf.Tensor)]
            config = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
            config.graph_options.rewrite_options.disable_meta_optimizer = True
            with v1.Session(graph=graph, config=config) as session:
                session.run(v1.tables_initializer())
                values = [plain(v) for v in session.run(results, inputs.feeds)]
        if how.random:
            values = [np.zeros_like(v) for v in values]
        feeds = list(inputs.feeds.values())
        if how.shown:
            inputs, graph = Inputs(case, how), tf.Graph()
            with graph.as_default():
                results = tf.nest.flatten(how.shown(inputs.use))
        outputs = [describe(t.name, f"out{i}", v) for i, (t, v) in enumerate(zip(results, values))]
        loosest = max((TOLERANCE.get(o["dtype"], EXACT) for o in outputs), default=EXACT)
        rtol, atol = EXACT if how.exact else how.tolerance or loosest
        meta = dict(test=test, case=case, inputs=inputs.described, outputs=outputs, rtol=rtol, atol=atol, mtol=None)
        meta.update(exact=(rtol, atol) == EXACT, check_value=not how.random, check_shape=True, check_dtype=True)
        arrays = {i["key"]: v for i, v in zip(inputs.described, feeds)}
        arrays |= {o["key"]: v for o, v in zip(outputs, values)}
        self._store(case, graph.as_graph_def(), arrays, meta)
        self.count[test] += 1

    def _store(self, case, definition, arrays, meta):
        folder = os.path.join(self.out, case)
        if os.path.exists(folder):
            raise RuntimeError(f"{case}: there are two cases of this name")
        os.makedirs(folder)
        ops = collections.Counter(node.op for node in definition.node)
        ops.update(node.op for f in definition.library.function for node in f.node_def)
        meta.update(ops=dict(sorted(ops.items())), tf_version=tf.__version__)
        with open(os.path.join(folder, "graph.pb"), "wb") as f:
            f.write(definition.SerializeToString(deterministic=True))
        np.savez(os.path.join(folder, "io.npz"), **arrays)
        with open(os.path.join(folder, "meta.json"), "w") as f:
            json.dump(meta, f, separators=(",", ":"))
