#!/usr/bin/env python3
"""The viewer in a real browser: browser_test.py FLOE OUT

Opens pages that `floe view` and `floe report` make of the repository's models (and of those in ../shared, where it is),
uses them as a person does, and leaves pictures in OUT. Without a Chromium it says so and ends well.
"""

import contextlib
import lzma
import os
import pathlib
import shlex
import subprocess
import sys
import time
import traceback
import urllib.error
import urllib.request

from browser import Browser, find_chromium

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FORMS = ROOT / "tests/models/data/forms"
DATA = ROOT / "tests/view/data"
SHARED = ROOT.parent / "shared/models"
HOSTILE = [
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=2>",
    "\\\"><svg onload=window.hacked=3>",
    "javascript:window.hacked=4//{{constructor}}${window.hacked=5}",
    "a/<b>bold</b>/c&amp;d",
]

FLOE = ""
OUT = pathlib.Path()


def floe(*arguments, check=True):
    ran = subprocess.run([FLOE, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    if check and ran.returncode != 0:
        raise AssertionError(f"floe {arguments[0]} ended with {ran.returncode}: {ran.stderr}")
    return ran


def page_of(name, *arguments):
    """The address of a page that floe wrote."""
    path = OUT / f"{name}.html"
    option = "-o" if arguments[0] == "report" else "--html"
    floe(arguments[0], "-q", *arguments[1:], option, path)
    return path.as_uri()


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def clean(browser):
    expect(browser.problems() == [], f"the page complains: {browser.problems()}")


def labels(browser, pane=0):
    return browser.run(f"app.panes[{pane}].scene.boxes.map(box => box.label)")


def click_box(browser, label, count=1):
    """Presses the mouse on a box."""
    x, y = browser.run(f"""(() => {{
      const box = app.panes[0].scene.boxes.find(b => b.label === {label!r});
      app.panes[0].centre(box.id);
      const rect = app.panes[0].svg.getBoundingClientRect(), {{x, y, k}} = app.panes[0].view;
      return [rect.left + (box.x + box.w / 2) * k + x, rect.top + (box.y + 14) * k + y];
    }})()""")
    browser.click(x, y, count)


def test_hostile_names_stay_text():
    model = OUT / "hostile.pbtxt"
    names = ["x", *HOSTILE]
    with open(model, "w") as file:
        for k, name in enumerate(names):
            source = f'input: "{names[k - 1]}"' if k else ""
            file.write(f'node {{ name: "{name}" op: "{"Placeholder" if k == 0 else "<i>Neg</i>"}" {source} }}\n')
    address = page_of("hostile", "view", model)
    with Browser() as browser:
        browser.open(address)
        browser.run("(async () => { for (const b of app.panes[0].scene.boxes.filter(b => b.canOpen)) await app.panes[0].toggle(b.id, true); })()")
        browser.run("(async () => { app.bar.input.value = 'hacked'; await app.bar.look(); })()")
        browser.wait("!app.bar.found.hidden")
        for name in ("</script><script>window.hacked=1</script>", "<img src=x onerror=window.hacked=2>"):
            browser.run(f"app.go(app.panes[0], {{name: {name!r}}})")
            expect(name in browser.run("document.getElementById('side').innerText"), f"{name} is not shown as text")
        browser.run("svgText(app.panes[0])")
        browser.picture(OUT / "hostile.png")
        expect(browser.run("window.hacked") is None, "a name ran as script")
        expect(browser.run("document.querySelectorAll('#side img, #panes img, .found img, i').length") == 0, "a name became an element")
        clean(browser)


def test_open_expand_search_select_link():
    address = page_of("checkpoint", "view", FORMS / "variables/model.ckpt")
    with Browser() as browser:
        browser.open(address)
        before = labels(browser)
        scope = browser.run("app.panes[0].scene.boxes.find(b => b.canOpen && !b.open)?.label ?? null")
        expect(scope is not None, f"there is a scope to open among {before}")
        click_box(browser, scope, 2)
        browser.wait(f"app.panes[0].scene.boxes.length > {len(before)}")
        browser.picture(OUT / "expanded.png")

        total = lambda query: browser.run(f"app.panes[0].ask('search', {{query: {query!r}, most: 10}}).then(a => a.total ?? a.problem)")
        expect(total("op:Conv2D") >= 1, "search finds an operation")
        expect(total("op:/^conv2d$/") >= 1, "a regular expression finds it too")
        expect(total("attr:SAME") >= 1, "an attribute is found")
        expect(total("nothing-has-this-name") == 0, "what is not there is not found")
        expect(browser.run("app.panes[0].ask('search', {query: '/(/', most: 1}).then(a => typeof a.problem)") == "string", "a bad expression is said")

        browser.run("document.activeElement.blur()")
        browser.key("/")
        browser.type("op:Conv2D")
        browser.wait("!app.bar.found.hidden && app.bar.found.querySelectorAll('button').length > 0")
        browser.key("Enter")
        browser.wait("document.getElementById('side').innerText.includes('strides') && location.hash.includes('Conv2D')")
        link = browser.run("location.href")
        text = browser.run("document.getElementById('side').innerText")
        expect("Conv2D" in text and "strides" in text and "minimum" not in text, "the card has attributes")
        browser.picture(OUT / "selected.png")

        browser.open(link)
        browser.wait("app.panes[0].selected > 0")
        expect("Conv2D" in browser.run("document.getElementById('side').innerText"), "a link chooses its node")
        clean(browser)


def test_inception_v3_checkpoint():
    meta = OUT / "inception_v3.ckpt.meta"
    meta.write_bytes(lzma.decompress((DATA / "inception_v3.meta.xz").read_bytes()))
    with Browser() as browser:
        browser.open(page_of("inception_v3", "view", meta))
        pane = "app.panes[0]"
        browser.picture(OUT / "inception_v3.png")
        text = browser.run("document.getElementById('side').innerText")
        expect("27254938" in text, f"parameters are counted by the variables' shapes where there are no values: {text}")
        before = browser.run(f"{pane}.scene.boxes.length")
        browser.run(f"app.go({pane}, {{name: 'InceptionV3/InceptionV3/Mixed_5b/Branch_1/Conv2d_0b_5x5/Conv2D'}})")
        browser.wait(f"{pane}.selected >= 0 && location.hash.includes('Conv2d_0b_5x5/Conv2D')")
        expect(browser.run(f"{pane}.scene.boxes.length") > before, "the scopes around a chosen node open")
        browser.picture(OUT / "inception_v3_opened.png")
        total = lambda query: browser.run(f"{pane}.ask('search', {{query: {query!r}, most: 10}}).then(a => a.total ?? a.problem)")
        expect(total("op:/^Conv2D$/") == 98, "all convolutions are found, the auxiliary head's too")
        expect(total("name:/Mixed_5[bcd]/ op:ConcatV2") == 3, "scope and operation together")
        for mode in browser.run("[...app.bar.mode.options].map(o => o.value)"):
            browser.run(f"app.setMode({mode!r})")
        browser.run("app.setMode('structure')")
        browser.picture(OUT / "inception_v3_structure.png")

        browser.run(f"app.go({pane}, {{name: 'InceptionV3/InceptionV3/Mixed_5b/concat'}})")
        browser.wait("location.hash.includes('Mixed_5b/concat')")
        browser.key("o")
        browser.wait(f"{pane}.outputs.length === 1 && document.querySelector('.command') !== null")
        command = browser.run("document.querySelector('.command').textContent")
        expect("--output InceptionV3/InceptionV3/Mixed_5b/concat" in command, command)
        browser.picture(OUT / "inception_v3_marked.png")
        expect(browser.run(f"svgText({pane})").startswith("<svg"), "an SVG of it")
        clean(browser)


def test_weights_have_a_histogram():
    with Browser() as browser:
        browser.open(page_of("weights", "view", FORMS / "variables/model.ckpt"))
        name = browser.run("app.panes[0].ask('search', {query: 'op:/^Variable/ name:weights', most: 1}).then(a => a.found[0].name)")
        browser.run(f"app.go(app.panes[0], {{name: {name!r}}})")
        expect(browser.run("document.querySelectorAll('#side svg.chart-svg rect').length") == 32, "32 bins")
        expect("deviation" in browser.run("document.getElementById('side').innerText"), "statistics")
        browser.picture(OUT / "weights.png")
        clean(browser)


def test_keyboard():
    with Browser() as browser:
        browser.open(page_of("keyboard", "view", FORMS / "variables/model.ckpt"))
        browser.run("app.panes[0].svg.focus()")
        for key in ("ArrowDown", "ArrowDown"):
            browser.key(key)
            browser.wait("app.panes[0].selected > 0")
        browser.run("app.select(app.panes[0], app.panes[0].scene.boxes.find(b => b.canOpen && !b.open).id)")
        browser.wait("app.panes[0].selected > 0")
        count = len(labels(browser))
        browser.key("Enter")
        browser.wait(f"app.panes[0].scene.boxes.length > {count}")
        browser.key("a")
        browser.wait("app.panes[0].scene.marks && app.panes[0].scene.marks.trace")
        browser.picture(OUT / "trace.png")
        browser.key("Escape")
        browser.wait("app.panes[0].selected === -1 && !app.panes[0].marks.trace")
        browser.key("?")
        browser.wait("document.querySelector('dialog[open]') !== null")
        clean(browser)


def test_colours_and_pictures():
    engine = OUT / "tiny.floe"
    build_tiny(engine)
    bench = OUT / "bench.json"
    bench.write_text(floe("bench", engine, "--json", "--duration", "0.2").stdout)
    address = page_of("sides", "view", FORMS / "variables/model.ckpt", engine, "--overlay", bench)
    with Browser() as browser:
        browser.open(address)
        modes = browser.run("[...app.bar.mode.options].map(o => o.value)")
        for needed in ("operation", "structure", "support", "dtype", "kernel", "time", "bytes", "macs"):
            expect(needed in modes, f"{needed} can be shown by colour; there is {modes}")
        for mode in modes:
            browser.run(f"app.setMode({mode!r})")
        browser.run("app.setMode('time')")
        browser.picture(OUT / "time.png")
        expect(browser.run("app.panes[1].scene.paint.values.some(v => v > 0)"), "steps have times")
        expect(browser.run("app.panes[0].scene.paint.values.some(v => v > 0)"), "nodes have their share of them")
        step = browser.run("app.desk.ask('search', {side: 1, query: 'kernel:conv', most: 1}).then(a => a.found[0].name)")
        browser.run(f"app.go(app.panes[1], {{name: {step!r}}})")
        expect(browser.run("app.panes[0].scene.marks.partner.some(v => v)"), "the source nodes of a kernel light up")
        text = browser.run("document.getElementById('side').innerText")
        expect("KERNELS WEIGHED" in text.upper() and "MADE FROM" in text.upper(), "tactics and sources are listed")
        browser.picture(OUT / "linked.png")
        svg = browser.run("svgText(app.panes[0])")
        expect(svg.startswith("<svg") and "</svg>" in svg and "class=" not in svg.split(">", 1)[1], "an SVG of its own")
        (OUT / "export.svg").write_text(svg)
        size = browser.run("pngOf(app.panes[0]).then(blob => blob.size)")
        expect(size > 1000, "a PNG")
        clean(browser)


def build_tiny(path):
    floe("build", FORMS / "variables/model.ckpt", "--input", "input=2x6x5x3", "--output", tiny_output(), "-o", path)


def tiny_output():
    line = floe("inspect", FORMS / "variables/model.ckpt").stdout.strip().splitlines()[-1]
    words = shlex.split(line)
    return words[words.index("--output") + 1]


def test_marks_give_a_command_that_builds():
    with Browser() as browser:
        browser.open(page_of("marks", "view", FORMS / "variables/model.ckpt"))
        browser.run(f"app.go(app.panes[0], {{name: {tiny_output()!r}}})")
        browser.key("o")
        browser.wait("app.panes[0].outputs.length === 1 && document.querySelector('.command') !== null")
        browser.run("app.go(app.panes[0], {name: 'input'})")
        browser.key("i")
        browser.wait("app.panes[0].inputs.length === 1")
        browser.wait("document.querySelector('.command').textContent.includes('--input')")
        command = browser.run("document.querySelector('.command').textContent")
        expect("nothing unsupported" in browser.run("document.getElementById('side').innerText"), "support of the part is said")
        browser.picture(OUT / "marked.png")
        words = shlex.split(command)
        expect(words[:2] == ["floe", "build"], command)
        words[words.index("model.floe")] = str(OUT / "marked.floe")
        floe(*words[1:])
        clean(browser)


def test_functions_and_loops_open():
    for form in ("saved_model_v2_loop", "frozen_v1_loop", "saved_model_keras"):
        model = FORMS / form / ("graph.pb" if form == "frozen_v1_loop" else "saved_model")
        with Browser() as browser:
            browser.open(page_of(form, "view", model))
            for _ in range(6):
                browser.run("(async () => { for (const b of app.panes[0].scene.boxes.filter(b => b.canOpen && !b.open)) await app.panes[0].toggle(b.id, true); })()")
            browser.run("app.panes[0].fit()")
            browser.picture(OUT / f"{form}.png")
            expect(browser.run("app.panes[0].scene.lines.length") > 2, f"{form} has edges")
            clean(browser)


@contextlib.contextmanager
def served(*arguments):
    process = subprocess.Popen([FLOE, "view", "--no-browser", "-q", *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def test_served_page():
    with served(FORMS / "saved_model_v1/saved_model") as address:
        with Browser() as browser:
            browser.open(address)
            expect(len(labels(browser)) > 0, "the served page shows the graph")
            size = browser.run("fetch('report.html').then(r => r.text()).then(t => t.length)")
            expect(size > 10000, "it hands out the page as one file")
            clean(browser)
        token = address.rstrip("/").rsplit("/", 1)[1]
        for wrong in (address.replace(token, "0" * len(token)), address + "../data.json", address + "..%2fetc"):
            try:
                urllib.request.urlopen(wrong)
                raise AssertionError(f"{wrong} was answered")
            except urllib.error.HTTPError as error:
                expect(error.code == 404, f"{wrong}: {error.code}")


def test_report_works_without_a_network():
    engine = OUT / "tiny.floe"
    build_tiny(engine)
    address = page_of("report", "report", engine, "--against", FORMS / "variables/model.ckpt", "--duration", "0.2")
    for dark in (False, True):
        with Browser(offline=True, dark=dark) as browser:
            browser.open(address)
            text = browser.run("document.getElementById('report').innerText").upper()
            for part in ("SUMMARY", "AGAINST THE MODEL", "TIME BY STEP", "TIME BY OPERATION", "ROOFLINE", "STEPS", "DIGEST"):
                expect(part in text, f"the report has {part}")
            browser.picture(OUT / f"report{'_dark' if dark else ''}.png")
            clean(browser)


def test_diff_is_shown():
    a, b = OUT / "a.pbtxt", OUT / "b.pbtxt"
    a.write_text('node { name: "x" op: "Placeholder" } node { name: "s/y" op: "Neg" input: "x" } node { name: "s/z" op: "Abs" input: "s/y" }')
    b.write_text('node { name: "x" op: "Placeholder" } node { name: "s/y" op: "Exp" input: "x" } node { name: "s/w" op: "Abs" input: "s/y" }')
    with Browser() as browser:
        browser.open(page_of("diff", "view", a, b))
        expect(browser.run("app.mode") == "change", "two models are coloured by what changed")
        changes = browser.run("app.panes[0].scene.paint.legend.map(l => l[0]).sort()")
        expect(changes == ["changed", "removed", "same"], str(changes))
        browser.picture(OUT / "diff.png")
        clean(browser)


def test_empty_and_odd_graphs():
    empty = OUT / "empty.pbtxt"
    empty.write_text("versions { producer: 1 }")
    loop = OUT / "cycle.pbtxt"
    loop.write_text("".join(f'node {{ name: "n{k}" op: "Merge" input: "n{(k + 1) % 40}" input: "n{(k * 7) % 40}" }}\n' for k in range(40)))
    for name, model in (("empty", empty), ("cycle", loop)):
        if floe("view", "-q", model, "--html", OUT / f"{name}.html", check=False).returncode != 0:
            continue  # the reader refuses it, with its reason
        with Browser() as browser:
            browser.open((OUT / f"{name}.html").as_uri())
            browser.picture(OUT / f"{name}.png")
            clean(browser)


def test_shared_models():
    if not SHARED.is_dir():
        print("   skipped: no models beside the checkout")
        return
    for model in ("basic_pitch_savedmodel", "mtcnn_pb/mtcnn.pb", "derived_imagenet_pb/mobilenet_v2_1.0_224_from_quant.pb", "arm_kws_pb/GRU_L.pb"):
        name = model.split("/")[0]
        with Browser() as browser:
            browser.open(page_of(name, "view", SHARED / model))
            browser.picture(OUT / f"{name}.png")
            clean(browser)


def main():
    global FLOE, OUT
    FLOE, OUT = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    if find_chromium() is None:
        print("browser_test: skipped: no chromium here")
        return 0
    OUT.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[3:]
    failed = []
    for name, test in [(n, t) for n, t in globals().items() if n.startswith("test_")]:
        if wanted and not any(w in name for w in wanted):
            continue
        start = time.time()
        try:
            test()
            print(f"ok      {name} ({time.time() - start:.1f} s)")
        except Exception:  # one that fails must not hide the others
            failed.append(name)
            print(f"FAILED  {name} ({time.time() - start:.1f} s)")
            traceback.print_exc()
    print(f"browser_test: {len(failed)} failed; pictures in {OUT}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
