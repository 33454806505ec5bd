#!/usr/bin/env python3
"""Where the time of engines goes: for each the products' rate as a fraction of the machine's peak, and the steps furthest from it.

usage: layers.py ENGINE.floe... --peak GFLOPS [--floe PATH] [--threads 2] [--seconds 2] [--steps 5]

GFLOPS is of one core in registers at the engine's precision: `bench_kernels --peak`. A product with Winograd's transform does fewer
multiplications than are counted and may be above 1. "lost" is the time over what the counted multiplications take at the peak; steps
without any (pooling, elementwise) are lost whole. Prints Markdown.
"""

import argparse, json, pathlib, subprocess, sys


def profile(options, engine):
    command = [options.floe, "bench", engine, "--json", "--threads", options.threads, "--duration", options.seconds]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr.strip())
    return json.loads(done.stdout)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("engines", nargs="+", type=pathlib.Path)
    p.add_argument("--peak", type=float, required=True)
    p.add_argument("--floe", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent / "build/release/floe")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--seconds", type=float, default=2)
    p.add_argument("--steps", type=int, default=5)
    options = p.parse_args()
    peak = options.peak * options.threads
    print("| engine | ms | products: ms, of peak | other steps ms | steps that lose most: ms lost of ms, of peak |")
    print("| --- | --- | --- | --- | --- |")
    for engine in options.engines:
        result = profile(options, engine)
        steps = [dict(s, least=2e-6 * s["macs"] / peak) for s in result["layers"]]
        products = [s for s in steps if s["macs"] > 0]
        spent = sum(s["ms"] for s in products)
        least = sum(s["least"] for s in products)
        worst = sorted(steps, key=lambda s: s["least"] - s["ms"])[: options.steps]
        named = "; ".join(
            f"{s['name'].split('/')[-2] if '/' in s['name'] else s['name']} ({s['kernel'].removeprefix('cpu.')}) "
            f"{s['ms'] - s['least']:.3f} of {s['ms']:.3f}, {s['least'] / s['ms']:.2f}"
            for s in worst
            if s["ms"] > s["least"]
        )
        rest = sum(s["ms"] for s in steps) - spent
        print(
            f"| {engine.stem} | {result['latency_ms']['median']:.2f} | {spent:.2f}, {least / max(spent, 1e-9):.2f} | {rest:.2f} | {named} |"
        )


if __name__ == "__main__":
    main()
