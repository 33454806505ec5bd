#!/usr/bin/env python3
"""How quick the viewer is: bench/viewer.py FLOE

Writes graphs of 10 000 and 100 000 nodes (in scopes and flat) and one node of 10 000 inputs, opens them in a headless
Chromium from a server, and prints for each: until the page shows the graph, until three scopes opened, and the longest
task of the page's main thread. Numbers of a busy machine mean little.
"""

import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/view"))

from browser import Browser  # noqa: E402

LONG_TASKS = """window.tasks = [];
new PerformanceObserver(list => list.getEntries().forEach(e => tasks.push(e.duration))).observe({entryTypes: ['longtask']});"""

OPEN_THREE = """(async () => {
  const pane = app.panes[0], times = [];
  for (let n = 0; n < 3; ++n) {
    const closed = pane.scene.boxes.filter(box => box.canOpen && !box.open);
    if (closed.length === 0) break;
    const start = performance.now();
    await pane.toggle(closed[Math.floor(closed.length / 2)].id);
    times.push(Math.round(performance.now() - start));
  }
  return times;
})()"""


def flat(count):
    names = ["x"]
    yield "x", "Placeholder", []
    for k in range(1, count):
        near = names[max(0, k - 1 - random.randrange(3))]
        far = names[max(0, k - 1 - random.randrange(30))]
        names.append(f"n{k}")
        yield names[-1], random.choice(["Relu", "Add", "Mul", "Conv2D"]), [near, far]


def in_scopes(count):
    yield "x", "Placeholder", []
    last = "x"
    for k in range(count - 1):
        name = f"stage{k // 1000}/block{k // 100}/layer{k // 10}/op{k}"
        yield name, ["Conv2D", "BiasAdd", "Relu", "Add", "Mul"][k * k % 5], [last]
        last = name


def many_inputs(count):
    for k in range(count):
        yield f"in{k}", "Placeholder", []
    yield "sum", "AddN", [f"in{k}" for k in range(count)]


GRAPHS = {
    "10 000 in scopes": lambda: in_scopes(10_000),
    "10 000 flat": lambda: flat(10_000),
    "10 000 inputs": lambda: many_inputs(10_000),
    "100 000 in scopes": lambda: in_scopes(100_000),
    "100 000 flat": lambda: flat(100_000),
}


def write(path, nodes):
    with open(path, "w") as file:
        for name, op, inputs in nodes:
            file.write(f'node {{ name: "{name}" op: "{op}" {" ".join(f"input: {i!r}" for i in inputs)} }}\n')


def main():
    floe = sys.argv[1]
    random.seed(1)
    print(f"{'graph':20} {'shown ms':>9} {'opened ms':>18} {'longest task ms':>16}")
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        browser.call("Page.addScriptToEvaluateOnNewDocument", {"source": LONG_TASKS})
        for name, make in GRAPHS.items():
            path = f"{folder}/graph.pbtxt"
            write(path, make())
            server = subprocess.Popen([floe, "view", "-q", "--no-browser", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            browser.open(server.stdout.readline().strip())
            shown = browser.run("performance.getEntriesByName('shown')[0].startTime")
            opened = browser.run(OPEN_THREE)
            longest = browser.run("Math.max(0, ...tasks)")
            print(f"{name:20} {shown:9.0f} {' '.join(map(str, opened)):>18} {longest:16.0f}", flush=True)
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
