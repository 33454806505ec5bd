#!/usr/bin/env python3
"""Times Floe and its peers on the same frozen graphs: each in a fresh process, in turn, several rounds.

usage: compare.py MODEL.pb... --floe PATH [--threads 2] [--rounds 5] [--seconds 3] [--precision fp32|bf16]
                  [--peers openvino,litert,ort,tf,ncnn] [--input NAME=SHAPE] [--output NAME] [--at-least RATIO]

Absolute times drift on a shared machine, so what counts is the ratio within a round: the time of the best peer over
Floe's, as the median of the rounds with their smallest and largest. "Best" is the peer with the least median over all rounds
of those whose outputs are right. All get the same input; an engine whose outputs are not TensorFlow's (or the first peer's) is
marked in the table.
Inputs and outputs are what `floe inspect` finds, unless given. Converted files and engines stay in --work. A peer that does
not take a model is left out of its row, and named.

Floe alone is timed with one thread too, and with as many one-threaded streams at a time as there are threads.

Prints a table and writes bench/results/<date>-<cpu>.json, .md and a chart of the ratios, .svg; rows of the same model,
threads and precision are replaced. Peers come with scripts/make_venv: run this with .venv/bin/python; a peer that is not installed is left out and named.

Exit: 0 done, 2 usage, 3 a model that Floe cannot build or run, 5 Floe's outputs differ, 6 a ratio under --at-least.
"""

import argparse, datetime, json, os, pathlib, re, statistics, subprocess, sys, time, zipfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
PEER = HERE / "peer.py"
LARGEST_DIFFERENCE = {"fp32": 1e-3, "bf16": 5e-2}  # of the range of the outputs
INPUT_SEED = 1  # of the input


class Failure(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def command_output(command, what, code=3):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise Failure(code, f"{what}: exit {done.returncode}: {last}")
    return done.stdout


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "Model")):
            return line.split(":", 1)[1].strip()
    return os.uname().machine


def shape_of(text):
    return [int(d) for d in re.split("[x,]", text)]


class Model:
    """One graph with everything that a round needs: input files, the engine, the job description of the peers."""

    def __init__(self, path, options, say):
        self.path, self.options, self.name, self.say = path, options, path.stem, say
        self.work = options.work
        self.work.mkdir(parents=True, exist_ok=True)
        self._find_ports()
        self._write_inputs()
        self.save = lambda engine: self.work / f"{self.name}.{engine}.npz"

    def _find_ports(self):
        inputs = dict(text.rsplit("=", 1) for text in self.options.input)
        outputs = list(self.options.output)
        if not inputs or not outputs:
            found = json.loads(
                command_output([self.options.floe, "inspect", self.path, "--json"], f"inspect {self.name}")
            )
            inputs = inputs or {
                i["name"]: "x".join(str(1 if d is None else d) for d in i["shape"]) for i in found["inputs"]
            }
            outputs = outputs or [o["name"] for o in found["outputs"][:1]]
        port = lambda name: name if ":" in name else name + ":0"
        self.inputs = {port(n): shape_of(s) for n, s in inputs.items()}
        self.outputs = [port(n) for n in outputs]

    def _write_inputs(self):
        rng, self.files = np.random.default_rng(INPUT_SEED), {}
        for number, (name, shape) in enumerate(self.inputs.items()):
            self.files[name] = self.work / f"{self.name}.in{number}.npy"
            np.save(self.files[name], rng.normal(0, 1, shape).astype(np.float32))

    def job(self, engine):
        """The file that tells peer.py what to do."""
        o, path = self.options, self.work / f"{self.name}.{engine}.job.json"
        path.write_text(
            json.dumps(
                dict(
                    graph=str(self.path.resolve()),
                    work=str(self.work),
                    inputs=[dict(name=n, file=str(f)) for n, f in self.files.items()],
                    outputs=self.outputs,
                    threads=o.threads,
                    seconds=o.seconds,
                    warmup=o.warmup,
                    save=str(self.save(engine)),
                    floe=str(o.floe),
                )
            )
        )
        return path

    def prepare_peer(self, peer):
        """Converts the graph for the peers that do not read it; a file newer than the graph is kept. False: it cannot be."""
        suffix = {"ort": ".onnx", "litert": ".tflite", "ncnn": ".ncnn.param"}.get(peer)
        if not suffix:
            return True
        target = self.work / (self.name + suffix)
        if not target.exists() or target.stat().st_size == 0 or target.stat().st_mtime < self.path.stat().st_mtime:
            command = [sys.executable, PEER, "convert", peer, self.job(peer)]
            try:
                command_output(command, f"convert {self.name} for {peer}")
            except Failure as e:
                self.say(f"{e}; {peer} is left out")
                return False
        return True

    def prepare_floe(self):
        o, self.engine = self.options, self.work / f"{self.name}.{self.options.precision}.floe"
        command = [
            o.floe,
            "build",
            self.path,
            "-o",
            self.engine,
            "--threads",
            o.threads,
            "--precision",
            o.precision,
        ]
        for name, shape in self.inputs.items():
            command += ["--input", f"{name}={'x'.join(map(str, shape))}"]
        for name in self.outputs:
            command += ["--output", name]
        start = time.perf_counter()
        command_output(command, f"build {self.name}")
        self.build_s = time.perf_counter() - start
        self.engine_mb = self.engine.stat().st_size / 1e6
        command = [o.floe, "run", self.engine, "--threads", o.threads, "--save", self.save("floe")]
        for name, file in self.files.items():
            command += ["--feed", f"{name}={file}"]
        for name in self.outputs:
            command += ["--fetch", name]
        command_output(command, f"run {self.name}")

    def bench_floe(self, threads, streams=1):
        o = self.options
        command = [o.floe, "bench", self.engine, "--json", "--threads", threads, "--streams", streams]
        command += ["--duration", o.seconds, "--warmup", o.warmup]
        return json.loads(command_output(command, f"bench {self.name}"))

    def time_floe(self):
        r = self.bench_floe(self.options.threads)
        ms = r["latency_ms"]
        return dict(
            peer="floe",
            runs=r.get("runs"),
            min=ms["min"],
            median=ms["median"],
            p90=ms["p90"],
            create_ms=r["load_ms"],
            first_ms=r["load_ms"] + r.get("first_ms", 0),
            rss_mb=r["peak_rss_mb"],
        )

    def time(self, engine):
        if engine == "floe":
            return self.time_floe()
        out = command_output([sys.executable, PEER, "time", engine, self.job(engine)], f"{engine} on {self.name}")
        return json.loads(out.strip().splitlines()[-1])

    def _saved(self, engine):
        try:
            with np.load(self.save(engine)) as outputs:
                return {name: outputs[name] for name in self.outputs}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as e:
            raise Failure(3, f"{self.save(engine)}: the outputs of {engine} cannot be read: {e}") from e

    def differences(self, engines):
        """Largest difference of each engine's outputs from TensorFlow's (or the first peer's), over their range."""
        peers = [e for e in engines if e != "floe"]
        if not peers:
            return {}
        oracle = self._saved("tf" if "tf" in peers else peers[0])
        worst = {}
        for engine in engines:
            have = self._saved(engine)
            worst[engine] = max(
                float(np.abs(have[n].reshape(v.shape) - v).max() / max(float(np.ptp(v)), 1e-30))
                for n, v in oracle.items()
            )
        return worst


def measure(model, peers, say):
    """The row of one model: per engine the medians over the rounds, and the ratio to the best peer."""
    o = model.options
    say(f"{model.name}: preparing")
    model.prepare_floe()
    peers = [peer for peer in peers if model.prepare_peer(peer)]
    engines = ["floe"] + peers
    rounds, alone, streams = [], [], []
    for number in range(o.rounds):
        turn = number % len(engines)
        rounds.append({})
        for engine in engines[turn:] + engines[:turn]:
            try:
                rounds[-1][engine] = model.time(engine)
            except Failure as e:
                if engine == "floe":
                    raise
                say(f"{e}; {engine} is left out")
                peers.remove(engine)
        engines = ["floe"] + peers
        if o.threads > 1:
            alone.append(model.bench_floe(1)["latency_ms"]["median"])
            streams.append(model.bench_floe(1, o.threads)["runs_per_second"])
        say(
            f"{model.name}: round {number + 1} of {o.rounds}: "
            + ", ".join(f"{e} {rounds[-1][e]['median']:.2f} ms" for e in engines)
        )
    middle = lambda engine, key: statistics.median(r[engine][key] for r in rounds)
    row = dict(
        model=model.name,
        threads=o.threads,
        precision=o.precision,
        rounds=o.rounds,
        seconds=o.seconds,
        build_s=model.build_s,
        engine_mb=model.engine_mb,
        graph_mb=model.path.stat().st_size / 1e6,
        difference=model.differences(engines),
        all_rounds=rounds,
        engines={
            e: {k: middle(e, k) for k in ("min", "median", "p90", "create_ms", "first_ms", "rss_mb")}
            for e in engines
        },
    )
    if alone:
        row.update(one_thread_ms=statistics.median(alone), streams_per_second=statistics.median(streams))
    right = [p for p in peers if not differs(row, p)]
    if right:
        best = min(right, key=lambda p: middle(p, "median"))
        ratios = sorted(r[best]["median"] / r["floe"]["median"] for r in rounds)
        row.update(best=best, ratio=statistics.median(ratios), ratio_least=ratios[0], ratio_most=ratios[-1])
    return row


def differs(row, engine):
    return row["difference"].get(engine, 0) > LARGEST_DIFFERENCE[row["precision"]]


def table(rows):
    """Markdown: latency of each engine, the ratio, then start-up and memory."""
    engines = list(dict.fromkeys(e for row in rows for e in row["engines"]))
    lines = [
        "| net, precision, threads | "
        + " | ".join(f"{e} ms" for e in engines)
        + " | best peer / floe (least–most) |",
        "| --- |" + " --- |" * (len(engines) + 1),
    ]
    label = lambda row: f"{row['model']}, {row['precision']}, {row['threads']}"
    for row in rows:
        cells = [
            f"{row['engines'][e]['median']:.2f}{' (wrong)' if differs(row, e) else ''}"
            if e in row["engines"]
            else "–"
            for e in engines
        ]
        ratio = (
            f"**{row['ratio']:.2f}** ({row['ratio_least']:.2f}–{row['ratio_most']:.2f}) {row['best']}"
            if "best" in row
            else "–"
        )
        lines.append(f"| {label(row)} | " + " | ".join(cells) + f" | {ratio} |")
    lines += [
        "",
        "Start and memory: session ready / first result in ms, peak resident MB (for peers, Python included).",
        "",
        "| net, precision, threads | " + " | ".join(engines) + " | floe build s | graph / engine MB |",
        "| --- |" + " --- |" * (len(engines) + 2),
    ]
    for row in rows:
        cells = [
            (lambda v: f"{v['create_ms']:.1f} / {v['first_ms']:.1f}, {v['rss_mb']:.0f}")(row["engines"][e])
            if e in row["engines"]
            else "–"
            for e in engines
        ]
        size = f"{row['graph_mb']:.0f} / {row['engine_mb']:.0f}" if "engine_mb" in row else "–"
        lines.append(f"| {label(row)} | " + " | ".join(cells) + f" | {row['build_s']:.1f} | {size} |")
    scaled = [row for row in rows if "one_thread_ms" in row]
    if scaled:
        lines += [
            "",
            "Floe's scaling: one thread, all of them at one inference, and one-threaded streams at a time.",
            "",
            "| net, precision, threads | one thread ms | all threads ms | speed-up | streams, inferences a second | of one thread's |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
    for row in scaled:
        one, all_threads = row["one_thread_ms"], row["engines"]["floe"]["median"]
        rate = row["streams_per_second"]
        lines.append(
            f"| {label(row)} | {one:.2f} | {all_threads:.2f} | {one / all_threads:.2f} | {rate:.1f} | {rate * one / 1e3:.2f} |"
        )
    return "\n".join(lines) + "\n"


def chart(rows, title):
    """SVG: one bar a row, its length the ratio of the best peer's time to Floe's, a whisker from least to most."""
    rows = [row for row in rows if "best" in row]
    left, unit, step = 250, 150, 26
    width, height = left + int(unit * max([1.5] + [r["ratio_most"] for r in rows])) + 60, 60 + step * len(rows)
    text = lambda x, y, words, more="": f'<text x="{x}" y="{y}" {more}>{words}</text>'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        text(10, 20, f"{title}: best peer's time / Floe's (right of the line: Floe is faster)"),
    ]
    for i, row in enumerate(rows):
        y, length = 40 + step * i, unit * row["ratio"]
        colour = "#2a7f62" if row["ratio"] >= 1 else "#b5523b"
        label = f"{row['model']}, {row['precision']}, {row['threads']} threads"
        parts += [
            text(left - 8, y + 13, label, 'text-anchor="end"'),
            f'<rect x="{left}" y="{y}" width="{length:.1f}" height="16" fill="{colour}"/>',
            f'<path d="M{left + unit * row["ratio_least"]:.1f} {y + 8}H{left + unit * row["ratio_most"]:.1f}" stroke="black"/>',
            text(left + unit * row["ratio_most"] + 6, y + 13, f"{row['ratio']:.2f} ({row['best']})"),
        ]
    parts.append(f'<path d="M{left + unit} 32V{height - 12}" stroke="black" stroke-dasharray="4 3"/></svg>')
    return "\n".join(parts) + "\n"


def store(rows, versions, options):
    """Adds the rows to today's files; returns the path of the JSON."""
    cpu = cpu_name()
    slug = re.sub("[^a-z0-9]+", "-", cpu.lower()).strip("-")
    path = options.results / f"{datetime.date.today().isoformat()}-{slug}.json"
    key = lambda row: (row["model"], row["precision"], row["threads"])
    old = json.loads(path.read_text()) if path.exists() else dict(rows=[], versions={})
    rows = [r for r in old["rows"] if key(r) not in {key(n) for n in rows}] + rows
    versions = old["versions"] | versions
    options.results.mkdir(parents=True, exist_ok=True)
    head = dict(
        schema="floe.compare/1", cpu=cpu, cores=os.cpu_count(), kernel=os.uname().release, versions=versions
    )
    path.write_text(json.dumps(head | dict(rows=rows), indent=1) + "\n")
    names = ", ".join(f"{n} {v}" for n, v in versions.items())
    busy = f"Load of the machine while it was measured: {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores."
    path.with_suffix(".md").write_text(
        f"# {cpu}, {os.cpu_count()} cores\n\nBatch as in the graph, median of rounds; {names}. {busy}\n\n{table(rows)}"
    )
    path.with_suffix(".svg").write_text(chart(rows, cpu))
    return path


def parse_options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("models", nargs="+", type=pathlib.Path)
    p.add_argument("--floe", type=pathlib.Path, default=HERE.parent / "build/release/floe")
    p.add_argument(
        "--peers", help="comma-separated: openvino, openvino_bf16, litert, ort, tf, ncnn (default: by precision)"
    )
    p.add_argument("--precision", choices=sorted(LARGEST_DIFFERENCE), default="fp32")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=3.0, help="of each engine in each round")
    p.add_argument("--warmup", type=int, default=5)
    p.add_argument("--input", action="append", default=[], metavar="NAME=SHAPE")
    p.add_argument("--output", action="append", default=[], metavar="NAME")
    p.add_argument("--at-least", type=float, help="fail (exit 6) where the ratio is smaller")
    p.add_argument(
        "--work", type=pathlib.Path, default=HERE.parent / "build/bench", help="engines and converted files"
    )
    p.add_argument("--results", type=pathlib.Path, default=HERE / "results")
    options = p.parse_args()
    options.work, options.floe = options.work.resolve(), options.floe.resolve()
    for path in [*options.models, options.floe]:
        if not path.is_file():
            p.error(f"{path}: no such file")
    if any("=" not in text for text in options.input):
        p.error("--input wants NAME=SHAPE")
    for peer in options.peers.split(",") if options.peers else []:
        if peer.endswith("_bf16") != (options.precision == "bf16"):
            p.error(f"--peers: {peer} does not compute in {options.precision}, so that the ratio would say nothing")
    return options


def choose_peers(options, say):
    installed = json.loads(command_output([sys.executable, PEER, "list"], "peers"))
    wanted = (
        options.peers.split(",")
        if options.peers
        else ["openvino_bf16"]
        if options.precision == "bf16"
        else ["openvino", "litert", "ort", "tf", "ncnn"]
    )
    for peer in wanted:
        if peer not in installed:
            say(f"{peer} is not installed (scripts/make_venv installs it) and is left out")
    return {p: installed[p] for p in wanted if p in installed}


def main():
    options = parse_options()
    say = lambda text: print(text, file=sys.stderr, flush=True)
    if os.getloadavg()[0] > 0.5:
        say(f"the machine is busy (load {os.getloadavg()[0]:.1f}): expect a wide spread")
    code, rows = 0, []
    try:
        versions = choose_peers(options, say)
        for path in options.models:
            try:
                rows.append(measure(Model(path, options, say), list(versions), say))
            except Failure as e:
                say(f"compare: {e}")
                code = max(code, e.code)
        if rows:
            print(table(rows))
            say(f"written to {store(rows, versions, options)}, .md and .svg")
    except KeyboardInterrupt:
        return 130
    for row in rows:
        if differs(row, "floe"):
            say(f"{row['model']}: floe's outputs differ by {row['difference']['floe']:.2g} of their range")
            code = max(code, 5)
        if options.at_least and row.get("ratio", options.at_least) < options.at_least:
            say(f"{row['model']}: ratio {row['ratio']:.2f}, expected at least {options.at_least}")
            code = max(code, 6)
    return code


if __name__ == "__main__":
    sys.exit(main())
