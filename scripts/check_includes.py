#!/usr/bin/env python3
"""Who may include whom (the design's table), and in which order a file's includes stand.

Order: a source file's own header, then <...>, then "...". Folders under src/ are components; files outside src/ may
include anything, but keep the order.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
EVERYTHING = None

MAY_INCLUDE = {
    "base": set(),
    "formats": set(),
    "image": set(),
    "graph": set(),
    "frontend": {"formats", "graph"},
    "passes": {"graph"},
    "backends": {"graph"},
    "engine": {"graph", "backends"},
    "planner": {"graph", "passes", "backends", "engine"},
    "runtime": {"graph", "backends", "engine"},
    "compiler": {"formats", "graph", "frontend", "passes", "planner", "backends", "engine", "runtime"},
    "export": {"formats", "graph", "engine"},
    "verify": {"compiler", "runtime", "formats", "graph", "backends", "engine"},
    "view": {"formats", "graph", "frontend", "passes", "backends", "compiler", "export", "engine"},
    "tools": EVERYTHING,
}

# The component behind each public header; what base has, everybody may include.
PUBLIC_HEADERS = {
    "tensor.h": "base",
    "tensor_inl.h": "base",
    "float16.h": "base",
    "error.h": "base",
    "picture.h": "base",
    "image.h": "image",
    "engine.h": "engine",
    "session.h": "runtime",
    "compile.h": "compiler",
    "floe_c.h": "tools",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


def project_files():
    """Tracked and untracked C++ files, less the ignored ones."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "include", "src", "tests", "bench", "examples"],
        cwd=ROOT, check=True, capture_output=True, text=True)
    for name in sorted(set(listing.stdout.splitlines())):
        if name.endswith((".h", ".cc", ".inc")) and (ROOT / name).exists():
            yield name


def owner(included):
    """The component an include path belongs to; '' for a path that is no component's."""
    folder, _, rest = included.partition("/")
    if folder == "floe":
        return PUBLIC_HEADERS.get(rest, "?")
    return folder if folder in MAY_INCLUDE else ""


def check_component(name, number, included):
    component = name.split("/")[1] if name.startswith("src/") else None
    if component is None or component not in MAY_INCLUDE or MAY_INCLUDE[component] is EVERYTHING:
        return None
    target = owner(included)
    if target == "?":
        return f"{name}:{number}: {included}: name its component in scripts/check_includes.py"
    if target in ("", "base", component) or target in MAY_INCLUDE[component]:
        return None
    allowed = ", ".join(sorted(MAY_INCLUDE[component] | {"base"}))
    return f"{name}:{number}: {component} may not include {target} ({included}); it may include {allowed}"


def check_order(name, includes):
    """Headers named twice, and <...> after "..." (the file's own header may stand first)."""
    file = pathlib.Path(name).name
    own = {re.sub(r"\.cc$", ".h", file), re.sub(r"(_test)?\.cc$", ".h", file)}
    seen, quoted_before = set(), None
    for position, (number, kind, included) in enumerate(includes):
        if included in seen:
            yield f"{name}:{number}: {included} is included twice"
        seen.add(included)
        if kind == '"':
            if position > 0 or pathlib.Path(included).name not in own:
                quoted_before = quoted_before or included
        elif quoted_before:
            yield f'{name}:{number}: <{included}> stands after "{quoted_before}"'


def main():
    problems = []
    count = 0
    for name in project_files():
        count += 1
        includes = []
        for number, line in enumerate((ROOT / name).read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            includes.append((number, match.group(1), match.group(2)))
            if match.group(1) == '"':
                problems.append(check_component(name, number, match.group(2)))
        if not name.endswith(".inc"):
            problems.extend(check_order(name, includes))
    problems = [problem for problem in problems if problem]
    print("\n".join(problems) if problems else f"includes: {count} files keep the table and the order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
