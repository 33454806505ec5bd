#!/usr/bin/env python3
"""Has TensorFlow compute golden cases for single operations and small patterns of them.

usage: make_op_goldens.py [--out DIR] [--pack FILE.tar.xz] [--match TEXT]

Each case is a folder with graph.pb, io.npz and meta.json; tests/conformance/README.md describes them.
The committed archive is the output of `make_op_goldens.py --pack tests/conformance/op_cases.tar.xz`.
Needs tensorflow-cpu (scripts/make_venv).  The same version writes the same bytes: every case has its own seed.
"""

import argparse, os, sys, tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from make_archive import pack
from op_goldens import arrays, control, draws, elementwise, examples, families, harness, images, indexing, leftovers, linear, nn
from op_goldens import patterns, pictures, quantized, rare, reductions, texts_and_sparse, unlowered


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", help="folder for the cases (default: a temporary one)")
    p.add_argument("--pack", help="write all cases into this archive")
    p.add_argument("--match", default="", help="only cases whose name contains this")
    a = p.parse_args()
    harness.v1.disable_v2_behavior()
    with tempfile.TemporaryDirectory() as scratch:
        writer = harness.Writer(a.out or scratch, a.match)
        for family in (
            nn,
            elementwise,
            reductions,
            linear,
            arrays,
            indexing,
            images,
            patterns,
            control,
            rare,
            texts_and_sparse,
            leftovers,
            unlowered,
            examples,
            pictures,
            quantized,
            families,
            draws,
        ):
            family.write(writer)
        for op, count in sorted(writer.count.items()):
            if count < 5:
                print(f"only {count} cases of {op}", file=sys.stderr)
        print(
            f"TensorFlow {harness.tf.__version__}: {sum(writer.count.values())} cases of {len(writer.count)} tests; "
            f"{len(writer.refused)} left out, as TensorFlow's CPU has no kernel for the type"
        )
        if writer.failed:
            raise SystemExit("\n".join(["TensorFlow objects to:"] + writer.failed))
        if a.pack:
            pack(writer.out, a.pack)
            print(f"{a.pack}: {os.path.getsize(a.pack)} bytes")


if __name__ == "__main__":
    main()
