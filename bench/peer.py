#!/usr/bin/env python3
"""One peer of Floe on one frozen TensorFlow graph, in this process.

usage: peer.py time PEER JOB.json      prints one line of JSON with the times, saves the outputs
       peer.py convert PEER JOB.json   writes the file that the peer reads in place of the graph (ncnn: by way of
                                       floe's export and pnnx)
       peer.py list                    prints the peers that are installed, with their versions

JOB.json: {"graph": FILE.pb, "work": FOLDER, "inputs": [{"name", "file": FILE.npy}], "outputs": [NAME], "threads": N,
"seconds": S, "warmup": N, "save": FILE.npz, "floe": PATH}; names are tensors of the graph (`input:0`).
Times in milliseconds: min, median, p90 of a run; create_ms and first_ms from opening the file to a session that is
ready, and to its first result. rss_mb is the peak of this process, Python included.
"""

import importlib.metadata, importlib.util, json, os, pathlib, resource, subprocess, sys, tempfile, time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

# name: the package that has it, what its `convert` writes
PEERS = {
    "openvino": ("openvino", ""),
    "openvino_bf16": ("openvino", ""),
    "litert": ("ai-edge-litert", ".tflite"),
    "ort": ("onnxruntime", ".onnx"),
    "tf": ("tensorflow-cpu", ""),
    "ncnn": ("ncnn", ".ncnn.param"),
}


def version(peer):
    """None where the package is not installed."""
    try:
        return importlib.metadata.version(PEERS[peer][0])
    except importlib.metadata.PackageNotFoundError:
        return None


def converted(job, peer):
    return pathlib.Path(job["work"], pathlib.Path(job["graph"]).stem + PEERS[peer][1])


def graph_def(job):
    import tensorflow as tf

    graph = tf.compat.v1.GraphDef()
    graph.ParseFromString(pathlib.Path(job["graph"]).read_bytes())
    return tf, graph


def function(job):
    """The graph as a TensorFlow function of its inputs."""
    tf, graph = graph_def(job)
    load = lambda: tf.compat.v1.import_graph_def(graph, name="")
    return tf, tf.compat.v1.wrap_function(load, []).prune([i["name"] for i in job["inputs"]], job["outputs"])


def convert(job, peer):
    if peer == "litert":
        tf, f = function(job)
        converted(job, peer).write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([f], f).convert())
    elif peer == "ort":
        import tf2onnx

        tf2onnx.convert.from_graph_def(
            graph_def(job)[1],
            input_names=[i["name"] for i in job["inputs"]],
            output_names=job["outputs"],
            opset=17,
            output_path=str(converted(job, peer)),
        )
    elif peer == "ncnn":
        convert_ncnn(job)


def convert_ncnn(job):
    """One image comes in, channels first; weights stay float32."""
    import numpy as np

    if len(job["inputs"]) != 1 or np.load(job["inputs"][0]["file"]).ndim != 4:
        raise SystemExit("ncnn gets models with one image as input only")
    n, h, w, c = np.load(job["inputs"][0]["file"]).shape
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder, "model.onnx")
        layout = ["--nchw-inputs", "--nchw-outputs"]
        ports = ["--input", f"{job['inputs'][0]['name']}={n}x{h}x{w}x{c}"]
        for name in job["outputs"]:
            ports += ["--output", name]
        subprocess.run([job["floe"], "export", job["graph"], "-o", model, *layout, *ports], check=True, stdout=subprocess.DEVNULL)
        # The package's own program: its Python module wants PyTorch.
        pnnx = pathlib.Path(importlib.util.find_spec("pnnx").origin).with_name("pnnx")
        command = [pnnx, model, f"inputshape=[{n},{c},{h},{w}]f32", "fp16=0"]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for suffix in (".ncnn.bin", ".ncnn.param"):
            pathlib.Path(job["work"], pathlib.Path(job["graph"]).stem + suffix).write_bytes(
                pathlib.Path(folder, "model" + suffix).read_bytes()
            )


def open_ort(job, feeds):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = job["threads"], 1
    session = onnxruntime.InferenceSession(str(converted(job, "ort")), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(job["outputs"], feeds)


def open_openvino(job, feeds, precision="f32"):
    import openvino

    core = openvino.Core()
    model = core.read_model(job["graph"])
    model.reshape({name: list(array.shape) for name, array in feeds.items()})
    compiled = core.compile_model(
        model,
        "CPU",
        {
            "INFERENCE_NUM_THREADS": job["threads"],
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": precision,
        },
    )
    request = compiled.create_infer_request()
    for name, array in feeds.items():
        request.set_tensor(name, openvino.Tensor(array, shared_memory=True))
    outputs = [by_name(compiled.outputs, name) for name in job["outputs"]]

    def run():
        request.infer()
        return [request.get_tensor(o).data for o in outputs]

    return run


def by_name(ports, name):
    """OpenVINO knows an output by any of its names, not always by the graph's; a single one needs none."""
    named = [p for p in ports if name in p.get_names() or name.split(":")[0] in p.get_names()]
    return named[0] if named else ports[0]


def open_litert(job, feeds):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(converted(job, "litert")), num_threads=job["threads"])
    interpreter.allocate_tensors()
    # The converter keeps the order of inputs and outputs, not their names.
    sources = [(d["index"], a) for d, a in zip(interpreter.get_input_details(), feeds.values())]
    results = [d["index"] for d in interpreter.get_output_details()]

    def run():
        for index, array in sources:
            interpreter.set_tensor(index, array)
        interpreter.invoke()
        return [interpreter.get_tensor(index) for index in results]

    return run


def open_tf(job, feeds):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(job["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(1)
    _, f = function(job)
    tensors = [tf.constant(a) for a in feeds.values()]
    return lambda: [t.numpy() for t in f(*tensors)]


def open_ncnn(job, feeds):
    import ncnn
    import numpy as np

    net = ncnn.Net()
    net.opt.num_threads = job["threads"]
    net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
    param = str(converted(job, "ncnn"))
    if net.load_param(param) != 0 or net.load_model(param.removesuffix(".param") + ".bin") != 0:
        raise SystemExit(f"ncnn does not read {param}")
    image = ncnn.Mat(np.ascontiguousarray(next(iter(feeds.values()))[0].transpose(2, 0, 1)))

    def run():
        extractor = net.create_extractor()
        extractor.input("in0", image)
        found = [extractor.extract(f"out{i}") for i in range(len(job["outputs"]))]
        if any(status != 0 for status, _ in found):
            raise SystemExit("ncnn does not run the model")
        return [np.array(value) for _, value in found]

    return run


def open_session(peer, job, feeds):
    """A function of no arguments that runs the graph once and returns its outputs."""
    if peer.startswith("openvino"):
        return open_openvino(job, feeds, "bf16" if peer.endswith("bf16") else "f32")
    return dict(ort=open_ort, litert=open_litert, tf=open_tf, ncnn=open_ncnn)[peer](job, feeds)


def measure(peer, job):
    import numpy as np

    feeds = {i["name"]: np.load(i["file"]) for i in job["inputs"]}
    start = time.perf_counter()
    run = open_session(peer, job, feeds)
    created = time.perf_counter()
    outputs = run()
    first = time.perf_counter()
    if job.get("save"):
        np.savez(job["save"], **{n: np.array(v) for n, v in zip(job["outputs"], outputs)})
    for _ in range(job["warmup"]):
        run()
    times, end = [], time.perf_counter() + job["seconds"]
    while time.perf_counter() < end or len(times) < 5:
        begin = time.perf_counter()
        run()
        times.append((time.perf_counter() - begin) * 1e3)
    times.sort()
    return dict(
        peer=peer,
        version=version(peer),
        runs=len(times),
        min=times[0],
        median=times[len(times) // 2],
        p90=times[int(0.9 * len(times))],
        create_ms=(created - start) * 1e3,
        first_ms=(first - start) * 1e3,
        rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def main(args):
    if args == ["list"]:
        print(json.dumps({p: version(p) for p in PEERS if version(p)}))
    elif len(args) == 3 and args[0] in ("time", "convert") and args[1] in PEERS:
        job = json.loads(pathlib.Path(args[2]).read_text())
        if args[0] == "convert":
            convert(job, args[1])
        else:
            print(json.dumps(measure(args[1], job)))
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
