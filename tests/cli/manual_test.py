#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every console block of docs/cli.md and compares what is printed. With --write, prints into the manual instead.

usage: manual_test.py STROWGER MANUAL [--write]
"""

import difflib
import os
import re
import subprocess
import sys
import tempfile

from stub_exchange import Stub

BLOCK = re.compile(r"```console\n(.*?)```", re.S)
SOCKET = "/run/strowger/api.sock"


def run(command, environment, folder):
    done = subprocess.run(["bash", "-c", command], env=environment, cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.stdout.replace(environment["STROWGER_SOCKET"], SOCKET)


def main():
    strowger, manual = os.path.abspath(sys.argv[1]), sys.argv[2]
    with open(manual, encoding="utf-8") as stream:
        written = stream.read()
    with tempfile.TemporaryDirectory(prefix="strowger-manual-") as folder:
        socket = os.path.join(folder, "api.sock")
        environment = {"HOME": folder, "STROWGER_SOCKET": socket, "PATH": os.path.dirname(strowger) + ":/usr/bin:/bin"}

        def rerun(block):
            commands = [line[2:] for line in block.group(1).split("\n") if line.startswith("$ ")]
            return "```console\n" + "".join(f"$ {c}\n{run(c, environment, folder)}" for c in commands) + "```"

        with Stub(socket_path=socket):
            printed = BLOCK.sub(rerun, written)
    if "--write" in sys.argv:
        with open(manual, "w", encoding="utf-8") as stream:
            stream.write(printed)
        return 0
    difference = list(difflib.unified_diff(written.splitlines(), printed.splitlines(), "manual", "printed", lineterm=""))
    print("\n".join(difference))
    commands = printed.count("\n$ ")
    print(f"{commands} commands of {manual} {'differ' if difference else 'print what it says'}")
    return 1 if difference or commands == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
