#!/usr/bin/env python3
"""Runs golden cases through `floe run`, prints what does not pass, and holds the result against a list of known failures.

usage: run_cases.py CASES... --floe PATH [--target cpu|reference] [--match REGEX] [--expected FILE] [--update] [--json FILE]

CASES are folders of case folders, or archives of one (README.md describes a case). A case ends as one of
  passed   every output has the stored shape and type and is within the case's tolerances
  refused  floe said that it cannot convert the graph (exit 3)
  wrong    another shape, type or number: always a defect
  broken   a crash, a time-out, any other exit code

--expected names a list of cases that are known not to pass, a line each: the verdict, the case, the reason. The run fails where
a case is worse than its line; a listed case that is better is named, to be taken off. --update rewrites the list (cases that
did not run keep their lines). Without a list every case has to pass.

Exit: 0 as expected, 2 usage, 3 no or damaged cases, 5 not as expected, 130 interrupted.
"""

import argparse, collections, concurrent.futures, dataclasses, json, os, pathlib, re, subprocess, sys, tarfile, tempfile, zipfile

try:
    import numpy as np
except ImportError:
    sys.exit("run_cases: needs numpy for this Python (Debian: apt-get install python3-numpy, and /usr/bin/python3)")

VERDICTS = ("passed", "refused", "wrong", "broken")  # from good to bad
LEAST_RTOL, LEAST_ATOL = 1e-5, 1e-6  # unless a case asks for equality


@dataclasses.dataclass
class Result:
    case: str
    test: str
    verdict: str
    reason: str = ""


def difference(name, have, want, meta):
    """Why `have` is not the stored `want`; nothing if it is."""
    both_text = have.dtype.kind == want.dtype.kind == "U"  # the width of a text array follows its longest element
    if have.dtype != want.dtype and not both_text and meta.get("check_dtype", True):
        return f"{name}: expected type {want.dtype}, found {have.dtype}"
    if have.shape != want.shape and meta.get("check_shape", True):
        return f"{name}: expected shape {list(want.shape)}, found {list(have.shape)}"
    if not meta.get("check_value", True) or want.size == 0:
        return ""
    if want.dtype.kind not in "fc":
        count = np.count_nonzero(have != want)
        return f"{name}: {count} of {want.size} elements differ" if count else ""
    if meta.get("mtol"):
        have, want = (np.clip(v, -meta["mtol"], meta["mtol"]) for v in (have, want))
    rtol, atol = (0, 0) if meta.get("exact") else (max(meta["rtol"], LEAST_RTOL), max(meta["atol"], LEAST_ATOL))
    near = np.isclose(have, want, rtol=rtol, atol=atol, equal_nan=True)
    if near.all():
        return ""
    at = np.unravel_index(np.argmin(near), near.shape)
    return (
        f"{name}: {near.size - np.count_nonzero(near)} of {near.size} elements beyond rtol {rtol:g}, atol {atol:g}; the first "
        f"at {[int(i) for i in at]}: expected {want[at]!r}, found {have[at]!r}"
    )


def judge(folder, meta, stored, options, scratch):
    """Verdict and reason of one case."""
    out = os.path.join(scratch, "out.npz")
    command = [
        options.floe,
        "run",
        str(folder / meta.get("model", "graph.pb")),
        "--target",
        options.target,
        "--save",
        out,
    ]
    command += meta.get("arguments", [])
    for i in meta["inputs"]:
        np.save(os.path.join(scratch, i["key"]), stored[i["key"]])
        command += ["--feed", f"{i['name']}={scratch}/{i['key']}.npy"]
    for o in meta["outputs"]:
        command += ["--fetch", o["name"]]
    try:
        # Files that a graph reads (tables) are named relative to the case.
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=options.timeout, cwd=folder
        )
    except subprocess.TimeoutExpired:
        return "broken", f"no answer in {options.timeout} s"
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    if done.returncode == 3:
        return "refused", last
    if done.returncode != 0:
        return "broken", f"exit {done.returncode}: {last}"
    try:
        results = dict(np.load(out))
    except (OSError, ValueError, zipfile.BadZipFile) as e:
        return "broken", f"exit 0, but the outputs cannot be read: {e}"
    for o in meta["outputs"]:
        if o["name"] not in results:
            return "wrong", f"{o['name']}: not in the output file"
        reason = difference(o["name"], results[o["name"]], stored[o["key"]], meta)
        if reason:
            return "wrong", reason
    return "passed", ""


def run_case(folder, options):
    meta = json.loads((folder / "meta.json").read_text())
    with np.load(folder / "io.npz") as stored, tempfile.TemporaryDirectory() as scratch:
        return Result(folder.name, meta["test"], *judge(folder, meta, stored, options, scratch))


def find_cases(places, match, scratch):
    """The folders of all cases; archives are unpacked below `scratch`."""
    folders = []
    for number, place in enumerate(places):
        if place.is_file():
            unpacked = pathlib.Path(scratch, str(number))
            with tarfile.open(place) as archive:
                archive.extractall(unpacked)
            place = unpacked
        found = sorted(m.parent.resolve() for m in place.rglob("meta.json"))
        if not found:
            raise FileNotFoundError(f"{place}: no cases (folders with a meta.json)")
        folders += found
    return [f for f in folders if re.search(match, f.name)]


def run_all(folders, options):
    """Results in the order of `folders`; progress on a terminal."""
    results = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        try:
            for result in pool.map(lambda f: run_case(f, options), folders):
                results.append(result)
                if sys.stderr.isatty():
                    print(f"\r{len(results)} of {len(folders)}", end="", file=sys.stderr)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    return results


def read_expected(path):
    """Case -> (verdict, reason) of each line."""
    expected = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split(maxsplit=2)
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 2 or words[0] not in VERDICTS[1:]:
            raise ValueError(f"{path}:{number}: expected 'refused|wrong|broken CASE [REASON]', found '{line}'")
        expected[words[1]] = (words[0], words[2] if len(words) > 2 else "")
    return expected


def write_expected(path, expected, target):
    head = [f"# Cases that do not pass on the {target} backend: verdict, case, reason. Written by run_cases.py --update."]
    rows = [f"{verdict} {case} {reason}".rstrip() for case, (verdict, reason) in sorted(expected.items())]
    path.write_text("\n".join(head + rows) + "\n")


def without_folder(reason):
    """Cases are unpacked into another folder each time."""
    return re.sub(r"\S*/(?=[^/\s]+/[^/\s]+\.(pb|pbtxt|onnx)\b)", "", reason)


def surprises(results, expected):
    """(worse, better): the results that are not as the list has them."""
    rank = lambda r: VERDICTS.index(r.verdict) - VERDICTS.index(expected.get(r.case, ("passed",))[0])
    return [r for r in results if rank(r) > 0], [r for r in results if rank(r) < 0]


def print_table(results):
    """Each test that has failures, then the totals."""
    tests = collections.defaultdict(collections.Counter)
    for r in results:
        tests[r.test][r.verdict] += 1
    lacking = {t: c for t, c in tests.items() if c["passed"] < c.total()}
    if lacking:
        width = max(map(len, lacking))
        print(f"{'test':{width}}  passed   of  refused  wrong  broken")
        for test, c in sorted(lacking.items()):
            print(
                f"{test:{width}}  {c['passed']:6} {c.total():4}  {c['refused']:7}  {c['wrong']:5}  {c['broken']:6}"
            )
    score = sum(c["passed"] / c.total() for c in tests.values())
    total = collections.Counter(r.verdict for r in results)
    print(f"tests {score:.1f} of {len(tests)} ({100 * score / len(tests):.1f} %)")
    print(
        f"passed {total['passed']} of {len(results)} (refused {total['refused']}, wrong {total['wrong']}, broken {total['broken']})"
    )


def conclude(results, options):
    """Prints what is not as the list has it; the exit code."""
    expected = read_expected(options.expected) if options.expected and options.expected.exists() else {}
    if options.update:
        ran = {r.case for r in results}
        kept = {c: v for c, v in expected.items() if c not in ran}
        for r in results:
            if r.verdict != "passed":  # a reason that somebody wrote stays
                old = expected.get(r.case, ("", ""))
                kept[r.case] = old if old[0] == r.verdict and old[1] else (r.verdict, without_folder(r.reason))
        write_expected(options.expected, kept, options.target)
        return 0
    worse, better = surprises(results, expected)
    for r in worse:
        print(f"{r.verdict} {r.case}: {r.reason}")
    for r in better:
        print(f"{r.case}: {r.verdict}, and listed as {expected[r.case][0]}: take it off the list with --update")
    return 5 if worse else 0


def parse_options():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("cases", nargs="+", type=pathlib.Path)
    p.add_argument("--floe", required=True, type=pathlib.Path, help="the program")
    p.add_argument("--target", default="cpu")
    p.add_argument("--match", default="", help="only cases whose name matches this regular expression")
    p.add_argument("--expected", type=pathlib.Path, help="the list of known failures")
    p.add_argument("--update", action="store_true", help="rewrite the list")
    p.add_argument("--json", type=pathlib.Path, help="write each case's verdict and reason here")
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--timeout", type=int, default=60, help="seconds for one case")
    options = p.parse_args()
    if options.update and not options.expected:
        p.error("--update needs --expected")
    if not options.floe.is_file():
        p.error(f"{options.floe}: no such program")
    options.floe = str(options.floe.resolve())
    return options


def main():
    options = parse_options()
    with tempfile.TemporaryDirectory() as scratch:
        try:
            folders = find_cases(options.cases, options.match, scratch)
            if not folders:
                raise FileNotFoundError(f"no case matches '{options.match}'")
            results = run_all(folders, options)
            if options.json:
                rows = [dataclasses.asdict(r) for r in results]
                options.json.write_text(
                    json.dumps(dict(schema="floe.conformance/1", target=options.target, cases=rows), indent=1)
                    + "\n"
                )
            print_table(results)
            return conclude(results, options)
        except (OSError, ValueError, KeyError, tarfile.TarError, zipfile.BadZipFile) as e:
            print(f"run_cases: {e}", file=sys.stderr)
            return 3
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main())
