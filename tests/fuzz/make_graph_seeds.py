#!/usr/bin/env python3
"""Writes corpus/graph_text: graphs in text form that together have every op that the golden cases of operations lead to.

    make_graph_seeds.py FLOE OP_CASES_FOLDER

OP_CASES_FOLDER is tests/conformance/op_cases.tar.xz, unpacked. Smaller graphs are taken first; those with constants too
large to be printed are left out. Made with the Floe of the same commit.
"""

import json
import pathlib
import re
import subprocess
import sys

OP = re.compile(r"= (\w+)\(")
LARGEST = 4000  # bytes of text
FIRST_PASS = "remove_dead_code"


def text_of(floe, case):
    meta = json.loads((case / "meta.json").read_text())
    command = [floe, "build", "-q", case / meta.get("model", "graph.pb"), "-o", "/dev/null", "--target", "reference",
               "--timing-cache", "none", "--no-self-check", "--stop-after", FIRST_PASS, "--print-after", FIRST_PASS]
    for tensor in meta["inputs"]:
        shape = "x".join(map(str, tensor["shape"])) or "scalar"
        command += ["--input", f"{tensor['name']}={shape}"]
    for tensor in meta["outputs"]:
        command += ["--output", tensor["name"]]
    done = subprocess.run(command, capture_output=True, text=True)
    start = max(done.stdout.find("graph "), 0)
    return done.stdout[start:]


def main():
    floe, cases = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    target = pathlib.Path(__file__).resolve().parent / "corpus" / "graph_text"
    target.mkdir(parents=True, exist_ok=True)
    covered, written = set(), 0
    for case in sorted(cases.iterdir(), key=lambda c: ((c / "graph.pb").stat().st_size if (c / "graph.pb").exists() else 1 << 30, c.name)):
        if not (case / "graph.pb").exists():
            continue
        text = text_of(floe, case)
        ops = set(OP.findall(text))
        if ops <= covered or len(text) > LARGEST or "hash(" in text:
            continue
        covered |= ops
        (target / f"{case.name}.txt").write_text(text)
        written += 1
    print(f"{written} graphs, {len(covered)} ops")


if __name__ == "__main__":
    main()
