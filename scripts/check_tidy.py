#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over the tree, one process a file, clean results remembered by content.

usage: check_tidy.py BUILD_DIR [--full] [FILE...]

The price of a check is the size of the headers, which clang-tidy 14 walks like our own code: half a second a check with
Boost, and minutes for the static analyzer. So tests, and files that reach Boost, yaml-cpp, CLI11, fmt or spdlog, get a short list:
what the compiler does not see and a reviewer misses. Everything else gets every check of .clang-tidy, as all files do
with --full.
"""

import pathlib
import subprocess
import sys

import lint_support

HEAVY = ("boost/", "CLI/", "yaml-cpp/", "fmt/", "spdlog/")
TESTS = ("tests", "bench")
SHORT_LIST = (
    "-*,bugprone-use-after-move,bugprone-unused-raii,google-explicit-constructor,performance-move-const-arg,"
    "performance-unnecessary-value-param,readability-braces-around-statements,readability-function-size,"
    "readability-identifier-naming"
)
# Flags of g++ that clang does not know, and warnings that are the compiler's business, not the linter's.
DROPPED = ("-W", "-mno-", "-fno-plt", "-fno-gnu-unique", "-fconcepts")


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
    full = "--full" in sys.argv[2:]
    wanted = {pathlib.Path(f).resolve() for f in sys.argv[2:] if f != "--full"}
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True).stdout
    config = (lint_support.ROOT / ".clang-tidy").read_text()

    jobs = []
    for source in sorted(database.by_file):
        in_tree = lint_support.ROOT in source.parents and build_dir not in source.parents
        if not in_tree or (wanted and source not in wanted):
            continue
        flags = [f for f in database.by_file[source] if not f.startswith(DROPPED)]
        name = lint_support.relative(source)
        checks = []
        if not full and name.startswith(TESTS):
            checks = [f"--checks={SHORT_LIST},-performance-*"]
        elif not full and is_heavy(source, set()):
            checks = [f"--checks={SHORT_LIST}"]
        command = ["clang-tidy", "--quiet", *checks, str(source), "--", *flags]
        key = "\n".join([version, config, closure.digest(source), *command])
        jobs.append((name, key, command, None))
    # Slow files first, so that the last core does not finish alone.
    jobs.sort(key=lambda job: not is_heavy(lint_support.ROOT / job[0], set()))
    return 1 if lint_support.run_cached("clang-tidy", build_dir, jobs) else 0


if __name__ == "__main__":
    sys.exit(main())
