#!/usr/bin/env python3
"""Exports golden cases to ONNX, runs the files in ONNX Runtime, and compares with what TensorFlow computed.

usage: run_onnx.py CASES... --floe PATH [--match REGEX] [--opset N] [--option=OPTION]... [--runtime ort|floe|again|none] [--expected FILE] [--update] [--json FILE]

CASES are as for run_cases.py. Each is exported as the model has it; where that is refused, with the shapes of its inputs
fixed. A case ends as one of
  passed   every output has the stored shape and type and is within the case's tolerances
  refused  floe said that ONNX cannot express it (exit 3)
  lacking  the file is valid, and ONNX Runtime has no kernel for a type in it
  wrong    another shape, type or number
  broken   a crash, a time-out, any other exit code, a file that ONNX Runtime does not load or run

--expected, --update and the exit codes are those of run_cases.py. It needs numpy and, for
ONNX Runtime, onnxruntime (scripts/make_venv).
"""

import argparse, collections, concurrent.futures, dataclasses, json, os, pathlib, re, subprocess, sys, tarfile, tempfile, zipfile

import numpy as np
import run_cases

VERDICTS = ("passed", "refused", "lacking", "wrong", "broken")
run_cases.VERDICTS = VERDICTS


def export(folder, meta, options, path, fixed):
    command = [options.floe, "export", str(folder / meta.get("model", "graph.pb")), "-o", path, "-q"]
    command += ["--opset", str(options.opset)] + options.option + meta.get("arguments", [])
    for i in meta["inputs"]:
        shape = "=" + ("x".join(map(str, i["shape"])) or "[]") if fixed else ""
        command += ["--input", i["name"] + shape]
    for o in meta["outputs"]:
        command += ["--output", o["name"]]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=options.timeout, cwd=folder)


def export_again(path, options, scratch):
    """The file read back and exported anew must be the same, byte for byte."""
    folder = os.path.join(scratch, "again")
    os.mkdir(folder)
    again = os.path.join(folder, "model.onnx")
    command = [options.floe, "export", path, "-o", again, "-q", "--opset", str(options.opset)] + options.option
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=options.timeout, cwd=scratch)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return "broken", f"exit {done.returncode}: {last.replace(scratch + os.sep, '')}"
    first, second = pathlib.Path(path).read_bytes(), pathlib.Path(again).read_bytes()
    if first == second:
        return "passed", ""
    at = next((i for i, (a, b) in enumerate(zip(first, second)) if a != b), min(len(first), len(second)))
    return "wrong", f"the file exported again differs from byte {at} on: {len(first)} bytes, then {len(second)}"


def run_file(path, meta, stored):
    import onnxruntime as ort

    settings = ort.SessionOptions()
    settings.log_severity_level = 4
    settings.intra_op_num_threads = 1
    session = ort.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    feeds = {}
    names = {given.name for given in session.get_inputs()}
    for i in meta["inputs"]:
        value = stored[i["key"]]
        name = i["name"] if i["name"] in names else i["name"].removesuffix(":0")
        if name not in names:  # no output depends on it
            continue
        feeds[name] = value.astype(object) if value.dtype.kind == "U" else value
    return dict(zip((o["name"] for o in meta["outputs"]), session.run(None, feeds)))


def difference(name, have, want, meta):
    if want.dtype.kind == "U":
        have = np.asarray(have).astype(str)
    return run_cases.difference(name, np.asarray(have), want, meta)


def judge(folder, meta, stored, options, scratch):
    path = os.path.join(scratch, "model.onnx")
    for fixed in (False, True):
        try:
            done = export(folder, meta, options, path, fixed)
        except subprocess.TimeoutExpired:
            return "broken", f"no file in {options.timeout} s"
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        if done.returncode == 0:
            break
        if done.returncode not in (2, 3):
            return "broken", f"exit {done.returncode}: {last}"
    if done.returncode != 0:
        return "refused", last
    if options.runtime == "none":
        return "passed", ""
    if options.runtime == "again":
        return export_again(path, options, scratch)
    if options.runtime == "floe":
        return run_cases.judge(folder, meta | {"model": path, "arguments": []}, stored, options, scratch)
    try:
        results = run_file(path, meta, stored)
    except Exception as e:  # every class of ONNX Runtime's errors
        text = str(e).splitlines()[0]
        return ("lacking" if "NOT_IMPLEMENTED" in text else "broken"), f"ONNX Runtime: {text}"
    for o in meta["outputs"]:
        reason = difference(o["name"], results[o["name"]], stored[o["key"]], meta)
        if reason:
            return "wrong", reason
    return "passed", "fixed" if fixed else ""


def run_case(folder, options):
    meta = json.loads((folder / "meta.json").read_text())
    with np.load(folder / "io.npz") as stored, tempfile.TemporaryDirectory() as scratch:
        return run_cases.Result(folder.name, meta["test"], *judge(folder, meta, stored, options, scratch))


def print_table(results):
    tests = collections.defaultdict(collections.Counter)
    for r in results:
        tests[r.test][r.verdict] += 1
    lacking = {t: c for t, c in tests.items() if c["passed"] < c.total()}
    width = max(map(len, lacking), default=4)
    print(f"{'test':{width}}    of" + "".join(f"{v:>9}" for v in VERDICTS))
    for test, c in sorted(lacking.items()):
        print(f"{test:{width}}  {c.total():4}" + "".join(f"{c[v]:9}" for v in VERDICTS))
    total = collections.Counter(r.verdict for r in results)
    print(f"of {len(results)}: " + ", ".join(f"{v} {total[v]}" for v in VERDICTS))


def parse_options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cases", nargs="+", type=pathlib.Path)
    p.add_argument("--floe", required=True, type=pathlib.Path)
    p.add_argument("--match", default="")
    p.add_argument("--opset", type=int, default=17)
    p.add_argument("--option", action="append", default=[], help="a further option of floe export, as --option=--stage=imported")
    p.add_argument("--expected", type=pathlib.Path)
    p.add_argument("--update", action="store_true")
    p.add_argument(
        "--runtime", default="ort", choices=["ort", "floe", "again", "none"],
        help="what takes the files: ONNX Runtime runs them; floe itself runs them; floe exports them again, to the same bytes; nothing: a file that passes the checker has passed",
    )
    p.add_argument("--json", type=pathlib.Path)
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--timeout", type=int, default=60)
    options = p.parse_args()
    options.target = "reference"
    options.floe = str(options.floe.resolve())
    return options


def main():
    options = parse_options()
    with tempfile.TemporaryDirectory() as scratch:
        try:
            folders = run_cases.find_cases(options.cases, options.match, scratch)
            if not folders:
                raise FileNotFoundError(f"no case matches '{options.match}'")
            run_cases.run_case = run_case
            results = run_cases.run_all(folders, options)
        except (OSError, ValueError, KeyError, tarfile.TarError, zipfile.BadZipFile) as e:
            print(f"run_onnx: {e}", file=sys.stderr)
            return 3
        if options.json:
            rows = [dataclasses.asdict(r) for r in results]
            options.json.write_text(json.dumps(dict(schema="floe.conformance/1", runtime=options.runtime, cases=rows), indent=1) + "\n")
        print_table(results)
        return run_cases.conclude(results, options)


if __name__ == "__main__":
    sys.exit(main())
