#!/usr/bin/env python3
"""floe export beside tf2onnx: nodes, transposes, file size, seconds, peak memory, and ONNX Runtime's latency of both files.

usage: onnx_export.py MODEL.pb... --floe PATH --python PYTHON [--opset 17] [--seconds 5] [--keep FOLDER] [--convert-only] [--json FILE]

PYTHON has tf2onnx and onnxruntime (scripts/make_venv). Models are frozen graphs with one image input; both tools get
the same input, output and opset. The two files are run in turn, in one process, on one thread: latencies are the thread's
processor time, which a busy machine disturbs least. Their outputs are compared.

--keep keeps tf2onnx's files by the networks' names, which must differ, with what their making took, and takes them from there the next time: conversions are slow and may run
beside other work, latencies (without --convert-only) want a quiet machine.
"""

import argparse, json, os, pathlib, subprocess, sys, tempfile, time


def measured(command):
    """Seconds and peak megabytes of a child, and what it said."""
    before = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command[:4]))}…: exit {child.returncode}: {said[-600:]}")
    return dict(seconds=time.monotonic() - before, peak_mb=usage.ru_maxrss / 1024)


def edges(floe, model):
    """Input, its shape and output, as floe guesses them."""
    found = json.loads(subprocess.run([floe, "inspect", model, "--json"], check=True, capture_output=True, text=True).stdout)
    shape = [1 if d is None else d for d in found["inputs"][0]["shape"]]
    return found["inputs"][0]["name"], shape, found["outputs"][0]["name"]


TIMER = r"""
import json, sys, time
import numpy as np, onnx, onnxruntime as ort
paths, seconds = sys.argv[1:-1], float(sys.argv[-1])
settings = ort.SessionOptions()
settings.intra_op_num_threads = 1
settings.log_severity_level = 3
sessions, outputs, reports = [], [], []
for path in paths:
    graph = onnx.load(path).graph
    reports.append(dict(nodes=len(graph.node), transposes=sum(n.op_type == "Transpose" for n in graph.node)))
    sessions.append(ort.InferenceSession(path, settings, providers=["CPUExecutionProvider"]))
given = [s.get_inputs()[0] for s in sessions]
shape = [d if isinstance(d, int) else 1 for d in given[0].shape]
x = np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)
run = [lambda s=s, g=g: s.run(None, {g.name: x})[0] for s, g in zip(sessions, given)]
outputs = [r() for r in run]
times = [[] for _ in paths]
end = time.monotonic() + seconds * len(paths)
while time.monotonic() < end or len(times[0]) < 15:
    for r, t in zip(run, times):
        start = time.process_time()
        r()
        t.append((time.process_time() - start) * 1e3)
for report, t in zip(reports, times):
    report["latency_ms"] = sorted(t)[len(t) // 2]
    report["fastest_ms"] = min(t)
span = float(np.ptp(outputs[-1])) or 1.0
print(json.dumps(dict(files=reports, difference=float(np.abs(outputs[0] - outputs[-1]).max()) / span)))
"""


def name_of(model):
    """The file's, or its folder's where that says more (seed_nets: NAME/frozen.pb)."""
    path = pathlib.Path(model)
    return path.parent.name if path.stem == "frozen" else path.stem


def theirs_of(model, folder, command):
    """tf2onnx's file in the folder and what it took, made now or before."""
    path = os.path.join(folder, name_of(model) + ".tf2onnx.onnx")
    notes = pathlib.Path(path + ".json")
    if not notes.exists():
        try:
            found = measured(command + ["--output", path])
        except RuntimeError as e:
            found = dict(failed=str(e))
        notes.write_text(json.dumps(found))
    return path, json.loads(notes.read_text())


def compare(model, options, scratch):
    name, shape, output = edges(options.floe, model)
    port = lambda tensor: tensor if ":" in tensor else tensor + ":0"
    row = {}
    theirs, row["tf2onnx"] = theirs_of(model, options.keep or scratch, [
        options.python, "-m", "tf2onnx.convert", "--graphdef", model, "--inputs", f"{port(name)}[{','.join(map(str, shape))}]",
        "--outputs", port(output), "--opset", str(options.opset)])
    if options.convert_only:
        return None
    ours, dims = os.path.join(scratch, "floe.onnx"), "x".join(map(str, shape))
    row["floe"] = measured([options.floe, "export", model, "-o", ours, "--input", f"{name}={dims}", "--output", output,
                            "--opset", str(options.opset)])
    # Where tf2onnx makes no file ours is still a row.
    paths = [ours] if "failed" in row["tf2onnx"] else [ours, theirs]
    timed = subprocess.run([options.python, "-c", TIMER, *paths, str(options.seconds)], check=True, capture_output=True, text=True)
    found = json.loads(timed.stdout.splitlines()[-1])
    for tool, path, report in zip(("floe", "tf2onnx"), paths, found["files"]):
        row[tool] |= report | {"mb": os.path.getsize(path) / 1e6}
    row["difference"] = found["difference"]
    return row


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("models", nargs="+")
    p.add_argument("--floe", required=True)
    p.add_argument("--python", default=sys.executable)
    p.add_argument("--opset", type=int, default=17)
    p.add_argument("--seconds", type=float, default=5)
    p.add_argument("--keep", help="folder for tf2onnx's files")
    p.add_argument("--convert-only", action="store_true", help="only fill the folder of --keep")
    p.add_argument("--json", type=pathlib.Path)
    options = p.parse_args()
    columns = (("nodes", "d"), ("transposes", "d"), ("mb", ".3f"), ("seconds", ".2f"), ("peak_mb", ".0f"), ("latency_ms", ".2f"), ("fastest_ms", ".2f"))
    print("| network | tool | " + " | ".join(c for c, _ in columns) + " | difference |")
    print("| --- " * (len(columns) + 3) + "|")
    rows = {}
    for model in options.models:
        with tempfile.TemporaryDirectory() as scratch:
            row = compare(model, options, scratch)
        if row is None:
            continue
        rows[name_of(model)] = row
        for tool in ("floe", "tf2onnx"):
            cells = " | ".join(format(row[tool][c], f) if c in row[tool] else "-" for c, f in columns)
            print(f"| {name_of(model)} | {tool} | {cells} | {row['difference']:.1e} |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(dict(schema="floe.onnx_export/1", opset=options.opset, networks=rows), indent=1) + "\n")


if __name__ == "__main__":
    main()
