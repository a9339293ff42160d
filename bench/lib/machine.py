# SPDX-License-Identifier: Apache-2.0
"""The machine that figures belong to, and its hugepages for the length of a run."""

import contextlib
import os
import pathlib
import platform
import re

PAGES = pathlib.Path("/proc/sys/vm/nr_hugepages")
PAGE_MEGABYTES = 2
NICE = -15


def describe():
    info = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.+)$", info, re.M)
    flags = (re.search(r"^flags\s*:\s*(.+)$", info, re.M) or [None, ""])[1].split()
    return {
        "cpu": model[1] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "virtual": "hypervisor" in flags,
        "isa": "x86-64-v4" if "avx512vl" in flags else "x86-64-v3" if "avx2" in flags else "x86-64-v2",
        "caches": caches(),
        "memory_gb": round(memory_kilobytes("MemTotal") / 1048576, 1),
        "kernel": platform.release(),
        "governor": read_or("/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "none"),
    }


def caches():
    found = []
    for index in sorted(pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if read_or(index / "type", "") != "Instruction":
            found.append(f"L{read_or(index / 'level', '?')} {read_or(index / 'size', '?')}")
    return ", ".join(found)


def memory_kilobytes(key):
    return int(re.search(rf"^{key}:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.M)[1])


def read_or(path, default):
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError:
        return default


def pages_to_reserve(wanted_megabytes, present_pages, available_kilobytes):
    """How many pages there should be in all: what is wanted, but never more than half of what memory is free."""
    wanted = wanted_megabytes // PAGE_MEGABYTES
    if present_pages >= wanted:
        return present_pages
    room = available_kilobytes // 1024 // 2 // PAGE_MEGABYTES
    return max(present_pages, min(wanted, present_pages + room))


def come_first(say):
    """Other processes of this machine must not take turns with what is measured."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
        # Sessions are scheduled as groups: within one, a thread's own value counts for little.
        pathlib.Path("/proc/self/autogroup").write_text(str(NICE))
        return
    say("the priority cannot be raised: other processes may take turns with what is measured")


@contextlib.contextmanager
def hugepages(wanted_megabytes, say):
    """Reserves hugepages, and gives back what it reserved."""
    before = int(PAGES.read_text())
    target = pages_to_reserve(wanted_megabytes, before, memory_kilobytes("MemAvailable"))
    try:
        if target != before:
            PAGES.write_text(str(target))
        say(f"hugepages: {int(PAGES.read_text()) * PAGE_MEGABYTES} MB ({before * PAGE_MEGABYTES} MB before)")
        yield
    finally:
        if target != before:
            PAGES.write_text(str(before))
