# SPDX-License-Identifier: Apache-2.0
"""The program at the other end of a memif or vhost-user port, as a test drives it."""

import subprocess
import time

# Only ends a test that has failed.
DEADLINE_SECONDS = 60


class FramePeer:
    """One process over one device (tests/support/frame_peer.cpp)."""

    def __init__(self, program, device):
        self.process = subprocess.Popen(
            [program, device], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        if self._line() != "ready":
            self.kill()
            raise AssertionError(f"the peer over {device} does not start")

    def _line(self):
        return self.process.stdout.readline().strip()

    def _tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def send(self, frame, count=1):
        """How many frames the device took; fewer than `count` when its link went down."""
        self._tell(f"send {frame.hex()} {count}")
        return int(self._line().removeprefix("sent "))

    def take(self):
        """Frames received since the last call."""
        self._tell("take")
        frames = []
        while (line := self._line()) != "end":
            frames.append(bytes.fromhex(line.removeprefix("frame ")))
        return frames

    def expect(self, count):
        """Exactly `count` frames, once they are there; what comes too many is seen by the next call."""
        frames = []
        deadline = time.monotonic() + DEADLINE_SECONDS
        while len(frames) < count and time.monotonic() < deadline:
            frames += self.take()
            time.sleep(0.001)
        if len(frames) != count:
            raise AssertionError(f"{len(frames)} frames arrived, expected {count}")
        return frames

    def link_is_up(self):
        self._tell("link")
        return self._line() == "up"

    def quit(self):
        """In good order: the other end is told."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(DEADLINE_SECONDS)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
