#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every C++ file is what clang-format would write. `check_format.py --fix` rewrites them."""

import concurrent.futures
import os
import subprocess
import sys

import lint_support


def main():
    files = [str(f) for f in lint_support.tree_files(*lint_support.CXX_SUFFIXES)]
    mode = ["-i"] if "--fix" in sys.argv[1:] else ["--dry-run", "-Werror", "--ferror-limit=3"]
    chunks = [files[i::os.cpu_count()] for i in range(os.cpu_count())]

    def run(chunk):
        return subprocess.run(["clang-format", *mode, *chunk], capture_output=True, text=True) if chunk else None

    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = [r for r in pool.map(run, chunks) if r]
    for result in results:
        print(result.stderr, end="")
    failed = any(r.returncode for r in results)
    print(f"clang-format: {len(files)} files" + (", run scripts/check_format.py --fix" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
