#!/usr/bin/env python3
"""Does stock TensorBoard show what `floe export --format tfevents` writes? tensorboard_check.py FLOE MODEL|ENGINE [--overlay FILE]

Needs the PyPI package tensorboard (seen with 2.21.0). Starts TensorBoard on the folder and asks the endpoints that its graph
page asks.
"""

import json
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

PORT = 16106


def ask(path, **parameters):
    url = f"http://127.0.0.1:{PORT}/data/plugin/graphs/{path}?{urllib.parse.urlencode(parameters)}"
    return urllib.request.urlopen(url, timeout=10).read().decode()


def main():
    floe, *shown = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([floe, "export", "-q", *shown, "--format", "tfevents", "-o", folder], check=True)
        server = subprocess.Popen([sys.executable, "-m", "tensorboard.main", "--logdir", folder, "--port", str(PORT), "--load_fast", "false"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            info = {}
            for _ in range(60):
                try:
                    info = json.loads(ask("info"))
                except OSError:
                    pass
                if info:
                    break
                time.sleep(0.5)
            run, found = next(iter(info.items()))
            graph = ask("graph", run=run, conceptual="false")
            print(f"run {run!r}: graph of {graph.count('node {')} nodes, run metadata {list(found['tags'])}")
            assert found["run_graph"] and graph.count("node {") > 0
            for tag in found["tags"]:
                metadata = ask("run_metadata", run=run, tag=tag)
                print(f"{tag!r}: {metadata.count('node_stats {')} nodes with times")
                assert metadata.count("node_stats {") > 0
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
