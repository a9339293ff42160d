# SPDX-License-Identifier: Apache-2.0
"""dpdk-testpmd as a device under test: `io` moves frames, `mac` also writes their addresses."""

import re
import select
import shutil
import subprocess
import time

import core_time
from outcome import NotMeasured

PROMPT = b"testpmd> "
START_S, ANSWER_S = 60, 10


class Testpmd:
    """One process; forwarding runs between start() and stop(), and costs nothing outside."""

    def __init__(self, vdevs, prefix, buffers, eal=()):
        program = shutil.which("dpdk-testpmd")
        if program is None:
            raise NotMeasured("dpdk-testpmd is not installed: apt-get install dpdk-dev")
        # Its prompt is written past stdio, whose buffer would come later.
        command = ["stdbuf", "-o0", program, "--lcores", f"0@{core_time.OTHER_CORE},1@{core_time.DEVICE_CORE}", "--no-pci",
                   "--no-telemetry", "--iova-mode=va", f"--file-prefix={prefix}", *eal]
        command += [f"--vdev={vdev}" for vdev in vdevs]
        command += ["--", "-i", "--nb-cores=1", f"--total-num-mbufs={buffers}", "--rxd=512", "--txd=512"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.pid = self._process.pid
        try:
            self._read_prompt(START_S)
        except NotMeasured:
            self._process.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            try:
                self._process.stdin.write(b"stop\nquit\n")
                self._process.stdin.flush()
                self._process.wait(15)
            except (OSError, subprocess.TimeoutExpired):
                self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def start(self, mode):
        self.command(f"set fwd {mode}")
        self.command("start")

    def stop(self):
        self.command("stop")

    def transmitted(self, port):
        answer = self.command(f"show port stats {port}")
        found = re.search(r"TX-packets:\s*(\d+)", answer)
        if not found:
            raise NotMeasured(f"testpmd gave no counters: {answer.strip()[-200:]}")
        return int(found[1])

    def ns_per_frame(self, mode, port, seconds):
        """(ns a frame, frames) of forwarding to that port."""
        self.start(mode)
        time.sleep(0.2)
        try:
            return core_time.ns_per_frame(self.pid, lambda: self.transmitted(port), seconds)
        finally:
            self.stop()

    def command(self, text):
        self._process.stdin.write(text.encode() + b"\n")
        self._process.stdin.flush()
        return self._read_prompt(ANSWER_S)

    def _read_prompt(self, seconds):
        data, deadline = b"", time.monotonic() + seconds
        while not data.endswith(PROMPT):
            ready, _, _ = select.select([self._process.stdout], [], [], max(0, deadline - time.monotonic()))
            more = self._process.stdout.read1(65536) if ready else b""
            if not more:
                raise NotMeasured(f"testpmd did not answer: {data.decode(errors='replace').strip()[-300:]}")
            data += more
        return data.decode(errors="replace")
