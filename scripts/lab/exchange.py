# SPDX-License-Identifier: Apache-2.0
"""Starts a strowgerd whose ports are the sites of a lab, and stops it in every way there is."""

import http.client
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field

from api import Api
from netns import LabError, die_with_parent

AF_XDP = 44


def port_driver():
    """net_af_xdp where the kernel has it, else net_tap; STROWGER_LAB_DRIVER decides for both."""
    forced = os.environ.get("STROWGER_LAB_DRIVER")
    if forced is not None:
        if forced not in ("net_af_xdp", "net_tap"):
            raise LabError(f"STROWGER_LAB_DRIVER is net_af_xdp or net_tap, not {forced}")
        return forced
    try:
        socket.socket(AF_XDP, socket.SOCK_RAW).close()
    except OSError:
        return "net_tap"
    return "net_af_xdp"


@dataclass(frozen=True)
class Programs:
    """The two binaries of a build."""

    daemon: str
    cli: str

    @staticmethod
    def of_build(build_root):
        programs = Programs(f"{build_root}/daemon/strowgerd", f"{build_root}/cli/strowger")
        for path in (programs.daemon, programs.cli):
            if not os.access(path, os.X_OK):
                raise LabError(f"{path} is not built: run ninja -C {build_root}")
        return programs


@dataclass
class Settings:
    """What differs between labs."""

    workers: list = field(default_factory=lambda: default_workers(1))
    idle: str = "adaptive"
    listen: str = "127.0.0.1:8080"
    log_level: str = "info"


def default_workers(count):
    """`count` workers as (core, shared): the last cores first, the control core only when there is no other."""
    cores = sorted(os.sched_getaffinity(0))
    control, others = cores[0], cores[1:]
    if count > len(cores):
        raise LabError(f"{count} workers need {count} cores; this machine has {len(cores)}")
    dedicated = [(core, False) for core in reversed(others)]
    return (dedicated + [(control, True)])[:count]


class Exchange:
    """One daemon over the sites of a lab. Its files live in `directory`, which outlives it: a restart finds them."""

    def __init__(self, programs, directory, sites, settings=None):
        self.programs, self.directory, self.sites = programs, directory, list(sites)
        self.settings = settings or Settings()
        self.driver = port_driver()
        self.config_path = f"{directory}/site.yaml"
        self.log_path = f"{directory}/strowgerd.log"
        self.socket_path = f"{directory}/api.sock"
        self.operator_token_path = f"{directory}/operator.token"
        self.process = None
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(self._site_yaml())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def _site_yaml(self):
        lines = ["# The lab's site: each port is the network's end of a customer's access line.", "cores:"]
        lines += [f"  control: {min(os.sched_getaffinity(0))}", "  workers:"]
        for core, shared in self.settings.workers:
            idle = "adaptive" if shared else self.settings.idle
            lines.append(f"    - {{core: {core}, idle: {idle}, shared: {str(shared).lower()}}}")
        lines += ["memory:", "  hugepages: auto", "ports:"]
        for index, site in enumerate(self.sites):
            device = f"{self.driver}{index},iface={site.port_interface}"
            lines.append(f'  - {{name: {site.name}, device: "{device}"}}')
        lines += ["api:", f'  listen: "{self.settings.listen}"', f"  unix_socket: {self.socket_path}"]
        lines += [f"  operator_token_file: {self.operator_token_path}"]
        lines += ["store:", f"  path: {self.directory}/strowger.db", "log:", f"  level: {self.settings.log_level}", ""]
        return "\n".join(lines)

    def operator(self, tenant=None):
        """The operator over the local unix socket: needs no token."""
        return Api(f"unix:{self.socket_path}", tenant=tenant)

    def customer(self, token):
        """A tenant over the public listener."""
        return Api(self.settings.listen, token=token)

    def start(self, timeout_s=30):
        """Returns when the API says ready: every worker's heartbeat advances."""
        self.spawn()
        self.await_ready(timeout_s)
        if self.driver == "net_tap":
            for site in self.sites:
                site.adopt_tap()

    def spawn(self):
        """Starts the daemon and waits for nothing."""
        log = open(self.log_path, "ab")
        with log:
            self.process = subprocess.Popen(
                (self.programs.daemon, "--config", self.config_path),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C at the terminal is for the lab, which then ends the daemon in order.
                process_group=0,
                preexec_fn=die_with_parent,
            )

    def await_ready(self, timeout_s):
        api = self.operator()
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise LabError(f"strowgerd ended with {self.process.returncode}:\n{self.log_tail()}")
            try:
                if api.request("GET", "/v1/readyz").status == 200:
                    api.close()
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.02)
        self.kill()
        raise LabError(f"strowgerd was not ready after {timeout_s} s:\n{self.log_tail()}")

    def stop(self, timeout_s=15):
        """Asks the daemon to end and fails when it does not, or not well."""
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise LabError(f"strowgerd did not end {timeout_s} s after SIGTERM:\n{self.log_tail()}") from None
        if status != 0:
            raise LabError(f"strowgerd ended with {status}:\n{self.log_tail()}")

    def kill(self):
        """SIGKILL: what was answered must survive it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def log_tail(self, lines=25):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return "".join(file.readlines()[-lines:])
        except FileNotFoundError:
            return ""
