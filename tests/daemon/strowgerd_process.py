# SPDX-License-Identifier: Apache-2.0
"""A strowgerd that serves: started, waited for, and looked at. Needs neither root nor hugepages nor a NIC."""

import json
import os
import re
import socket
import subprocess
import time

# Only ends a test that has failed.
DEADLINE_SECONDS = 120


class Strowgerd:
    """One process over the site file in `folder`; the next one over the same folder is its restart."""

    def __init__(self, program, folder, site):
        self.log_path = f"{folder}/log"
        path = f"{folder}/site.yaml"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(site, file)  # JSON is YAML
        notify_path = f"{folder}/notify.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, open(self.log_path, "w", encoding="utf-8") as log:
            notify.bind(notify_path)
            self.process = subprocess.Popen(
                [program, "--config", path], env={**os.environ, "NOTIFY_SOCKET": notify_path}, stderr=log
            )
            ready = self.wait_for(notify)
            while ready is not None and ready.startswith(b"STATUS="):  # how far the restoring is
                ready = self.wait_for(notify)
            os.unlink(notify_path)
        if ready != b"READY=1":
            self.kill()
            raise AssertionError(self.log())
        self.port = int(re.search(r"ready: the API is at https?://127\.0\.0\.1:(\d+)", self.log())[1])
        with open(site["api"]["operator_token_file"], encoding="ascii") as file:
            self.token = file.read().strip()

    def wait_for(self, notify):
        """The first notification, or nothing when the process ends without one."""
        notify.settimeout(0.1)
        end = time.monotonic() + DEADLINE_SECONDS
        while self.process.poll() is None and time.monotonic() < end:
            try:
                return notify.recv(100)
            except TimeoutError:
                continue
        return None

    def log(self):
        with open(self.log_path, encoding="utf-8") as log:
            return log.read()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_SECONDS)

    def stop(self, signal):
        """Sends the signal and gives the exit status."""
        self.process.send_signal(signal)
        return self.process.wait(timeout=DEADLINE_SECONDS)

    def kill(self):
        self.process.kill()
        self.process.wait()
