#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every header of the tree compiles alone: it includes what it uses.

usage: check_headers.py BUILD_DIR

Where x.cpp stands beside x.h and includes it before anything else, the build has proved it already. So only the order
of includes is checked there, and the compiler is started for the other headers.
"""

import pathlib
import sys

import lint_support


def proved_by_build(header, database):
    source = header.with_suffix(".cpp")
    if source not in database.by_file:
        return False
    first = lint_support.INCLUDE.search(source.read_text())
    return first is not None and lint_support.resolve_include(first.group(2), source) == header


def main():
    build_dir = pathlib.Path(sys.argv[1]).resolve()
    database = lint_support.CompileCommands(build_dir)
    closure = lint_support.Closure()
    jobs = []
    # The contract and the model get no flags of any library: they are standard C++ alone.
    plain = ["-std=c++20", f"-I{lint_support.ROOT / 'include'}", f"-I{lint_support.ROOT}"]
    for header in lint_support.tree_files(".h"):
        if proved_by_build(header, database):
            continue
        room = lint_support.relative(header).split("/")[0]
        flags = plain + [f"-I{lint_support.ROOT / room}"]
        if room not in ("include", "model"):
            flags += database.nearest(header)
        unit = f'#include "{header}"\n' * 2
        command = ["g++", *flags, "-w", "-fsyntax-only", "-x", "c++", "-"]
        key = "\n".join([closure.digest(header), *command])
        jobs.append((lint_support.relative(header), key, command, unit))
    return 1 if lint_support.run_cached("headers", build_dir, jobs) else 0


if __name__ == "__main__":
    sys.exit(main())
