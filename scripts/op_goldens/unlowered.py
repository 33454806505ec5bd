"""What tf.cond, while_loop and tf.lookup hide: branches and loops as functions, checks, defaults, lists and tables by themselves."""

from tensorflow.python.framework.function import Defun

from .control import lookup
from .harness import fed, ints, normal, np, tf, v1, value

r = tf.raw_ops
F, I, B = tf.float32, tf.int32, tf.bool


def branches(put):
    """If: Defun's names come from what a function does, so that cases do not depend on each other."""
    double, negate = Defun(F)(lambda x: x * 2.0), Defun(F)(lambda x: -x)
    two = Defun(F)(lambda x: (x + 1.0, tf.cast(tf.argmax(x, 1), I))), Defun(F)(lambda x: (x * x, tf.cast(tf.argmin(x, 1), I)))
    shorter = Defun(F)(lambda x: x[:1])
    x = lambda use: use(fed(normal(3, 4)))
    choose = lambda use, cond, then, other, types=(F,): r.If(
        cond=use(fed(cond), "cond"), input=[x(use)], Tout=list(types), then_branch=then, else_branch=other
    )
    for yes in (True, False):
        put("If", f"flag_{yes}", lambda use: choose(use, value(yes), double, negate))
        put("If", f"two_results_{yes}", lambda use: choose(use, value(yes), *two, (F, I)))
        put("If", f"other_shape_{yes}", lambda use: choose(use, value(yes), shorter, double))
    for label, number in (("zero", 0), ("nonzero", 3)):
        put("If", f"int_{label}", lambda use: choose(use, value(number, "int32"), double, negate))
        put("If", f"float_{label}", lambda use: choose(use, value(number, "float32"), double, negate))
    for label, numbers in (("empty", []), ("one", [0.0])):
        put("If", f"vector_{label}", lambda use: choose(use, value(numbers, "float32"), double, negate))

    inner = Defun(B, F)(lambda c, x: r.If(cond=c, input=[x], Tout=[F], then_branch=double, else_branch=negate)[0])
    outer = Defun(B, F)(lambda c, x: x + 1.0)
    for yes in (True, False):
        put(
            "If",
            f"nested_{yes}",
            lambda use: r.If(
                cond=use(fed(value(True)), "cond"),
                input=[use(fed(value(yes)), "inner"), x(use)],
                Tout=[F],
                then_branch=inner,
                else_branch=outer,
            ),
        )


def loops(put):
    below = Defun(I, I, F)(lambda i, n, x: i < n)
    step = Defun(I, I, F)(lambda i, n, x: (i + 1, n, x * 0.5 + 1.0))
    sum_below = Defun(F)(lambda x: tf.reduce_sum(x) < 100.0)
    grow = Defun(F)(lambda x: x * 1.5 + 1.0)
    swap = Defun(I, F, F)(lambda i, a, b: (i + 1, b, a + b))
    three = Defun(I, F, F)(lambda i, a, b: i < 3)
    x = lambda use, name="x": use(fed(normal(3, 4)), name)
    zero = lambda: tf.constant(0)
    for n in (0, 1, 4):
        put(
            "While",
            f"count_{n}",
            lambda use: r.While(input=[zero(), use(fed(value(n, "int32")), "n"), x(use)], cond=below, body=step),
        )
    put("While", "by_value", lambda use: r.While(input=[x(use)], cond=sum_below, body=grow))
    put("While", "swaps", lambda use: r.While(input=[zero(), x(use), x(use, "b")], cond=three, body=swap))
    put(
        "While",
        "constant_count",
        lambda use: r.While(input=[zero(), tf.constant(3), x(use)], cond=below, body=step),
    )
    rows = Defun(I, F)(lambda i, x: (i + 1, tf.concat([x, x[:1]], 0)))
    put(
        "While",
        "grows",
        lambda use: r.While(
            input=[zero(), x(use)],
            cond=Defun(I, F)(lambda i, x: i < 3),
            body=rows,
            output_shapes=[tf.TensorShape([]), tf.TensorShape([None, 4])],
        ),
    )


def checks(put):
    x = lambda use: use(fed(normal(3, 4)))
    checked = lambda x, ok, *data: guarded(x, r.Assert(condition=ok, data=[x, *data], summarize=3))
    put("Assert", "fed", lambda use: checked(x(use), use(fed(value(True)), "ok")))
    put("Assert", "computed", lambda use: (lambda x: checked(x, tf.reduce_all(x < 100.0)))(x(use)))
    put("Assert", "message", lambda use: (lambda x: checked(x, tf.reduce_max(x) < 100.0, tf.constant("too large")))(x(use)))
    put("Assert", "constant", lambda use: checked(x(use), tf.constant(True)))
    put("Assert", "shape", lambda use: (lambda x: checked(x, tf.equal(tf.shape(x)[1], 4)))(x(use)))
    put(
        "Assert",
        "in_branch",
        lambda use: (lambda x: v1.cond(x[0, 0] > 50.0, lambda: checked(x, tf.constant(False)), lambda: x * 2.0))(x(use)),
    )


def guarded(x, check):
    with tf.control_dependencies([check]):
        return tf.tanh(x)


def defaults(put):
    x = lambda use: use(fed(normal(3, 4)))
    otherwise = lambda default, shape: r.PlaceholderWithDefault(input=default, shape=shape)
    put("PlaceholderWithDefault", "scalar", lambda use: x(use) * otherwise(tf.constant(0.5), []))
    put("PlaceholderWithDefault", "open_shape", lambda use: x(use) + otherwise(use(normal(1, 4), "d"), [None, 4]))
    put("PlaceholderWithDefault", "shape", lambda use: tf.reshape(x(use), otherwise(tf.constant([2, -1]), [2])))
    put("PlaceholderWithDefault", "axis", lambda use: tf.reduce_sum(x(use), otherwise(tf.constant([1]), [1])))
    for training in (True, False):
        put(
            "PlaceholderWithDefault",
            f"phase_{training}",
            lambda use: (lambda x: v1.cond(otherwise(tf.constant(training), []), lambda: x - tf.reduce_mean(x, 0), lambda: x))(
                x(use)
            ),
        )


def arrays(put):
    """TensorFlow 1's lists, cut from one tensor."""
    for label, lengths in (("even", [2, 2, 2]), ("uneven", [1, 3, 2]), ("with_empty", [0, 6, 0]), ("one", [6])):
        split = lambda use: tf.TensorArray(F, len(lengths), infer_shape=False).split(use(fed(normal(6, 3))), lengths)
        put("TensorArraySplitV3", label, lambda use: [split(use).read(i) for i in range(len(lengths))])
        put("TensorArraySizeV3", label, lambda use: split(use).size())
        put("TensorArraySplitV3", f"{label}_joined", lambda use: split(use).concat())
    put("TensorArraySizeV3", "given", lambda use: tf.TensorArray(F, use(fed(value(7, "int32")))).size())


def lists(put):
    """TensorFlow 2's."""
    shape = lambda *dims: tf.constant(dims, I)
    rows = lambda use: r.TensorListFromTensor(tensor=use(fed(normal(4, 3))), element_shape=shape(3))
    stacked = lambda list: r.TensorListStack(input_handle=list, element_shape=shape(3), element_dtype=F, num_elements=-1)
    empty = lambda: r.EmptyTensorList(element_shape=shape(3), max_num_elements=tf.constant(-1), element_dtype=F)
    push = lambda list, use, name: r.TensorListPushBack(input_handle=list, tensor=use(fed(normal(3)), name))
    for n in (0, 1, 2, 3):
        def pushed(use, n=n):
            list = empty()
            for i in range(n):
                list = push(list, use, f"x_{i}")
            return list

        put("TensorListPushBack", f"{n}", lambda use: stacked(pushed(use)))
        put("TensorListLength", f"pushed_{n}", lambda use: r.TensorListLength(input_handle=pushed(use)))
    put("TensorListPushBack", "onto_rows", lambda use: stacked(push(rows(use), use, "more")))
    put("TensorListLength", "rows", lambda use: r.TensorListLength(input_handle=rows(use)))
    put(
        "TensorListLength",
        "reserved",
        lambda use: r.TensorListLength(
            input_handle=r.TensorListReserve(element_shape=shape(3), num_elements=use(fed(value(5, "int32"))), element_dtype=F)
        ),
    )
    for size in (0, 2, 4, 6):
        resized = lambda use: r.TensorListResize(input_handle=rows(use), size=tf.constant(size))
        put("TensorListResize", f"length_{size}", lambda use: r.TensorListLength(input_handle=resized(use)))
        if size <= 4:
            put("TensorListResize", f"rows_{size}", lambda use: stacked(resized(use)))
    put(
        "TensorListResize",
        "then_written",
        lambda use: stacked(
            r.TensorListSetItem(
                input_handle=r.TensorListResize(input_handle=rows(use), size=tf.constant(5)),
                index=tf.constant(4),
                item=use(fed(normal(3)), "item"),
            )
        ),
    )


def tables(put):
    words = fed(value([["red", "blue"], ["", "green"]]))
    numbers = fed(ints(-3, 3, 2, 5, dtype="int64"))
    for label, keys, values, default in (
        ("matrix", ["red", "green"], [1, 2], -1),
        ("none_known", ["x", "y"], [1, 2], 7),
        ("to_text", ["red", "", "green"], ["r", "nothing", "g"], "?"),
    ):
        put("LookupTableFindV2", label, lambda use: lookup(use(words), keys, values, default))
    for label, values, default in (("numbers", [10, 20, 30], 0), ("floats", [0.5, 1.5, 2.5], -1.0)):
        put("LookupTableFindV2", label, lambda use: lookup(use(numbers), np.array([-1, 0, 2]), values, default))


def write(w):
    v1.disable_control_flow_v2()
    put = lambda test, label, build: w.graph(test, label, build)
    for family in (branches, loops, checks, defaults, arrays, lists, tables):
        family(put)
