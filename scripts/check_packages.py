#!/usr/bin/env python3
"""Compares scripts/packages.txt with the `deb:` comments of cmake/FloeDependencies.cmake."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PURPOSES = {"build", "test", "check", "demo", "browser", "emulation"}


def listed_packages(problems):
    packages = {}
    for number, line in enumerate((ROOT / "scripts/packages.txt").read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split(None, 2)
        if len(fields) < 3 or not set(fields[1].split(",")) <= PURPOSES:
            problems.append(f"scripts/packages.txt:{number}: expected 'package purpose[,purpose] why', found '{line}'")
        elif fields[0] in packages:
            problems.append(f"scripts/packages.txt:{number}: {fields[0]} stands there twice")
        else:
            packages[fields[0]] = (fields[1], number)
    return packages


def linked_packages():
    packages = {}
    for number, line in enumerate((ROOT / "cmake/FloeDependencies.cmake").read_text().splitlines(), 1):
        match = re.search(r"#\s*deb:\s*(.*)", line)
        for package in match.group(1).split() if match else []:
            packages[package] = number
    return packages


def main():
    problems = []
    listed, linked = listed_packages(problems), linked_packages()
    for package, number in linked.items():
        if package not in listed:
            problems.append(f"cmake/FloeDependencies.cmake:{number}: {package} is not in scripts/packages.txt")
    for package, (purpose, number) in listed.items():
        if "build" in purpose.split(",") and package.startswith("lib") and package not in linked:
            problems.append(f"scripts/packages.txt:{number}: {package} is not used in cmake/FloeDependencies.cmake")
    print("\n".join(problems) if problems else f"packages: {len(listed)} listed, {len(linked)} linked, they agree")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
