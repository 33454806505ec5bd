#!/usr/bin/env python3
"""Takes engines from this machine to another one, which an emulator stands for, and back.

usage: other_machine_test.py HERE ISA THERE...

HERE is the program on this machine, THERE... the command that starts it on the other, ISA the instruction set that it finds
there. What is built there must say so and give TensorFlow's numbers there; what is built here for this machine is refused
there, unless that one has the instructions; what is built here for any machine gives the same bits on both.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

NETWORK = pathlib.Path(__file__).resolve().parent.parent / "models/data/mobilenet_v1_0p25_128"
MODEL = NETWORK / "frozen.pb"
GOLDEN = NETWORK / "golden.npz"
INPUT, OUTPUT = "input", "MobilenetV1/Predictions/Reshape_1"
RUNS = {"generic": ["generic"], "avx2": ["generic", "avx2"], "avx512": ["generic", "avx2", "avx512"], "neon": ["generic", "neon"]}


def run(program, *arguments, exit_code=0):
    ran = subprocess.run([*program, *map(str, arguments)], capture_output=True, text=True)
    if ran.returncode != exit_code:
        sys.exit(f"{' '.join(map(str, arguments))}: expected exit code {exit_code}, got {ran.returncode}: {ran.stderr.strip()}")
    return ran.stderr if exit_code else ran.stdout


def isa_of(program):
    backends = json.loads(run(program, "doctor", "--json"))["backends"]
    return next(b["isa"] for b in backends if b["name"] == "cpu")


def expect(condition, text):
    if not condition:
        sys.exit(f"expected that {text}")
    print(f"ok: {text}")


def build(program, engine, *more):
    run(program, "build", MODEL, "--input", f"{INPUT}=1x128x128x3", "--output", OUTPUT, "-o", engine, "--timing-cache", "none", *more)


def target_of(program, engine):
    return json.loads(run(program, "info", engine, "--json"))["target"]["isa"]


def results(program, engine, feed, to):
    run(program, "run", engine, "--feed", f"{INPUT}={feed}", "--save", to)
    with zipfile.ZipFile(to) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def refused(program, engine, feed, needs, has):
    said = run(program, "run", engine, "--feed", f"{INPUT}={feed}", exit_code=4)
    expect(f"the engine uses {needs}, this processor" in said and f"has {has}" in said, f"where there is {has}, {needs} is refused: {said.strip()}")


def main():
    here, isa, there = [sys.argv[1]], sys.argv[2], sys.argv[3:]
    expect(isa_of(there) == isa, f"the other machine has {isa}")
    isa_here = isa_of(here).split("+")[0]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with zipfile.ZipFile(GOLDEN) as golden:
            feed = pathlib.Path(golden.extract("in0.npy", folder))
        build(there, folder / "theirs.floe")
        expect(target_of(there, folder / "theirs.floe") == isa, f"an engine built there is for {isa}")
        run(there, "compare", folder / "theirs.floe", GOLDEN, "--map", f"in0={INPUT}", "--map", f"out0={OUTPUT}")
        expect(True, "it gives TensorFlow's numbers there")
        build(here, folder / "ours.floe")
        if isa_here not in RUNS[isa]:
            refused(there, folder / "ours.floe", feed, isa_here, isa)
        expect(target_of(here, folder / "theirs.floe") == isa, "info tells so here, too")
        if isa not in RUNS[isa_here]:
            refused(here, folder / "theirs.floe", feed, isa, isa_here)
        build(here, folder / "portable.floe", "--isa", "generic")
        first = results(here, folder / "portable.floe", feed, folder / "here.npz")
        second = results(there, folder / "portable.floe", feed, folder / "there.npz")
        expect(first == second, "an engine for any machine gives the same bits on both")


main()
