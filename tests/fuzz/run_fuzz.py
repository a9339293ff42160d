#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one libFuzzer program over its checked-in seeds, then over what it makes of them, for a while.

usage: run_fuzz.py PROGRAM SEEDS [SECONDS]

SECONDS is STROWGER_FUZZ_SECONDS, else 60, else an hour with STROWGER_SOAK=1. An input that breaks the program is kept
beside it; put it into SEEDS once the fault is mended, for every later run begins with all seeds.
"""

import os
import re
import subprocess
import sys
import tempfile

MEMORY_MAX_MB = 2048
ONE_INPUT_S_MAX = 10
FINDING = re.compile(r"Test unit written to (\S+)")


def seconds():
    if len(sys.argv) > 3:
        return int(sys.argv[3])
    return int(os.environ.get("STROWGER_FUZZ_SECONDS") or (3600 if os.environ.get("STROWGER_SOAK") else 60))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, seeds = os.path.abspath(sys.argv[1]), sys.argv[2]
    if not os.listdir(seeds):
        sys.exit(f"{seeds} holds no seed")
    # New inputs live as long as the run: the first folder is the one that libFuzzer writes to.
    with tempfile.TemporaryDirectory() as grown:
        done = subprocess.run(
            (
                *(program, grown, seeds, f"-max_total_time={seconds()}", f"-artifact_prefix={program}-"),
                *(f"-rss_limit_mb={MEMORY_MAX_MB}", f"-timeout={ONE_INPUT_S_MAX}", "-print_final_stats=1", "-verbosity=0"),
            ),
            capture_output=True,
            text=True,
            errors="replace",
        )
    if done.returncode != 0:
        print(done.stdout + done.stderr)
        for path in FINDING.findall(done.stderr):
            print(f"again, with this input alone: {program} {path}")
        return 1
    executed = re.search(r"number_of_executed_units: *(\d+)", done.stderr)
    print(f"{os.path.basename(program)}: {int(executed.group(1)):,} inputs, no finding")
    return 0


if __name__ == "__main__":
    sys.exit(main())
