#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up meson test logs: one line a suite, the names of what failed, and `N passed, N failed, N skipped` as the last.

usage: test_report.py LOG.json...

Counted are cases: of GoogleTest, of Python's unittest and of TAP where a program prints them, else the program is one
case. A program that ends badly without a failed case (a crash, a time-out, a leak found at exit) is one failed case.
"""

import dataclasses
import json
import pathlib
import re
import sys

GTEST_CASE = re.compile(r"\[ +(OK|FAILED|SKIPPED) +\] (\S+?),? (?:where .*)?\(\d+ ms\)")
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ", re.M)
UNITTEST_FAILED = re.compile(r"^(?:ERROR|FAIL): (\S+ ?\S*)", re.M)
UNITTEST_SKIPPED = re.compile(r"^(?:OK|FAILED) \(.*?skipped=(\d+)", re.M)
TAP_CASE = re.compile(r"^(not )?ok\b(?: \d+)?(?: -)? ?([^#\n]*)(# *skip)?", re.M | re.I)


@dataclasses.dataclass
class Tally:
    passed: int = 0
    skipped: int = 0
    failed: list = dataclasses.field(default_factory=list)
    seconds: float = 0.0

    def add(self, other):
        self.passed += other.passed
        self.skipped += other.skipped
        self.failed += other.failed
        self.seconds += other.seconds


def cases(text):
    """The cases a program printed, or an empty tally when it speaks none of the three formats."""
    found = Tally()
    if gtest := GTEST_CASE.findall(text):
        for verdict, name in gtest:
            found.passed += verdict == "OK"
            found.skipped += verdict == "SKIPPED"
            if verdict == "FAILED":
                found.failed.append(name)
    elif ran := UNITTEST_RAN.findall(text):
        found.failed = UNITTEST_FAILED.findall(text)
        found.skipped = sum(map(int, UNITTEST_SKIPPED.findall(text)))
        found.passed = sum(map(int, ran)) - len(found.failed) - found.skipped
    elif re.search(r"^1\.\.\d+", text, re.M):
        for bad, name, skip in TAP_CASE.findall(text):
            if skip:
                found.skipped += 1
            elif bad:
                found.failed.append(name.strip())
            else:
                found.passed += 1
    return found


def tally_of(entry):
    found = cases(entry.get("stdout", "") + "\n" + entry.get("stderr", ""))
    found.seconds = entry["duration"]
    name = entry["name"].removeprefix("strowger:")
    found.failed = [f"{name}: {case}" for case in found.failed]
    if entry["result"] == "OK":
        found.passed += not (found.passed or found.skipped)
    elif entry["result"] == "SKIP":
        found.skipped += not found.skipped
    elif not found.failed:
        found.failed.append(f"{name}: {entry['result']} (exit status {entry['returncode']})")
    return found


def main():
    total = Tally()
    print(f"{'suite':<12} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>9}")
    for log in map(pathlib.Path, sys.argv[1:]):
        suite = Tally()
        for line in log.read_text().splitlines() if log.is_file() else []:
            suite.add(tally_of(json.loads(line)))
        print(f"{log.stem:<12} {suite.passed:>7} {len(suite.failed):>7} {suite.skipped:>8} {suite.seconds:>9.1f}")
        total.add(suite)
    for name in total.failed:
        print(f"failed: {name}")
    print(f"{total.passed} passed, {len(total.failed)} failed, {total.skipped} skipped")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
