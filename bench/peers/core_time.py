# SPDX-License-Identifier: Apache-2.0
"""How long a device under test has been on its core: what the host stole and what others took is not in it."""

import pathlib
import time

DEVICE_CORE, OTHER_CORE = 1, 0


def threads_on(pid, core=DEVICE_CORE):
    """Threads of a process that may run on this core alone."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            status = (task / "status").read_text()
        except OSError:
            continue  # it ended meanwhile
        if f"\nCpus_allowed_list:\t{core}\n" in status:
            found.append(task)
    return found


def on_core_ns(pid, core=DEVICE_CORE):
    return sum(int((task / "schedstat").read_text().split()[0]) for task in threads_on(pid, core))


def steal_ticks():
    return int(pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[8])


def ns_per_frame(pid, frames_so_far, seconds):
    """(ns on the core for each frame, frames) while `frames_so_far` counts for some seconds."""
    frames, busy = frames_so_far(), on_core_ns(pid)
    time.sleep(seconds)
    frames, busy = frames_so_far() - frames, on_core_ns(pid) - busy
    return (busy / frames if frames else None), frames
