#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over the tree, one process a file, clean results remembered by content.

usage: check_tidy.py BUILD_DIR [FILE...]

The price of a check is the size of the headers, which clang-tidy 14 walks like our own code. So files that reach
Boost, yaml-cpp or CLI11 are checked without the static analyzer (up to minutes a file, spent in templates), and tests
with the few checks that find what a reviewer would miss in a test. Everything else gets every check of .clang-tidy.
"""

import pathlib
import subprocess
import sys

import lint_support

HEAVY = ("boost/", "CLI/", "yaml-cpp/")
TESTS = ("tests", "bench")
TEST_CHECKS = (
    "-*,bugprone-use-after-move,google-explicit-constructor,readability-braces-around-statements,readability-function-size,"
    "readability-identifier-naming"
)
# Flags of g++ that clang does not know, and warnings that are the compiler's business, not the linter's.
DROPPED = ("-W", "-mno-", "-fno-plt", "-fconcepts")


def is_heavy(path, seen):
    if path in seen:
        return False
    seen.add(path)
    for quote, name in lint_support.INCLUDE.findall(path.read_text()):
        if name.startswith(HEAVY):
            return True
        header = lint_support.resolve_include(name, path if quote == '"' else None)
        if header and is_heavy(header, seen):
            return True
    return False


def main():
    build_dir = pathlib.Path(sys.argv[1]).resolve()
    database = lint_support.CompileCommands(build_dir)
    closure = lint_support.Closure()
    wanted = {pathlib.Path(f).resolve() for f in sys.argv[2:]}
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True).stdout
    config = (lint_support.ROOT / ".clang-tidy").read_text()

    jobs = []
    for source in sorted(database.by_file):
        in_tree = lint_support.ROOT in source.parents and build_dir not in source.parents
        if not in_tree or (wanted and source not in wanted):
            continue
        flags = [f for f in database.by_file[source] if not f.startswith(DROPPED)]
        name = lint_support.relative(source)
        checks = ["--checks=-clang-analyzer-*"] if is_heavy(source, set()) else []
        if name.startswith(TESTS):
            checks = [f"--checks={TEST_CHECKS}"]
        command = ["clang-tidy", "--quiet", *checks, str(source), "--", *flags]
        key = "\n".join([version, config, closure.digest(source), *command])
        jobs.append((name, key, command, None))
    # Slow files first, so that the last core does not finish alone.
    jobs.sort(key=lambda job: "--checks=-clang-analyzer-*" not in job[2])
    return 1 if lint_support.run_cached("clang-tidy", build_dir, jobs) else 0


if __name__ == "__main__":
    sys.exit(main())
