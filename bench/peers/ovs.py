# SPDX-License-Identifier: Apache-2.0
"""Open vSwitch with its DPDK datapath as a device under test, in folders of its own: no daemon of the machine is touched."""

import os
import pathlib
import shutil
import subprocess
import time

import core_time
import openflow
from outcome import NotMeasured

DAEMON = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
SETTLE_S, QUIET_MISSES = 120, 50


class Ovs:
    """One database, one switch, one bridge `br0` in userspace."""

    def __init__(self, folder, memory_megabytes):
        if not os.path.exists(DAEMON) or shutil.which("ovsdb-server") is None:
            raise NotMeasured("OVS-DPDK is not installed: apt-get install openvswitch-switch-dpdk")
        self._folder = pathlib.Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._environment = os.environ | {name: str(folder) for name in ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR")}
        self._processes, self._devices, self.session = [], 0, None
        try:
            self._start(memory_megabytes)
        except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            self.close()
            raise NotMeasured(f"OVS-DPDK did not start: {why(error)} {self._last_log_line()}") from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes = []

    @property
    def pid(self):
        return self._switch.pid

    def vsctl(self, *words):
        return self._run("ovs-vsctl", f"--db=unix:{self._folder}/db.sock", "--timeout=30", *words)

    def appctl(self, *words):
        return self._run("ovs-appctl", "-t", str(self._folder / "switch.ctl"), *words)

    def add_rules(self, rules):
        """All of them in one bundle; before traffic, for with traffic it takes minutes."""
        path = self._folder / "rules.txt"
        path.write_text("\n".join(rules) + "\n")
        self._run("ovs-ofctl", "-O", "OpenFlow14", "--bundle", "add-flows", f"unix:{self._folder}/br0.mgmt", str(path), timeout=300)

    def add_port(self, name, number, devargs):
        """`devargs` without the device's number: DPDK does not take one again that was removed."""
        driver, _, arguments = devargs.partition(",")
        self._devices += 1
        self.vsctl("add-port", "br0", name, "--", "set", "Interface", name, "type=dpdk", f"ofport_request={number}",
                   f"options:dpdk-devargs={driver}{self._devices},{arguments}")
        if self.vsctl("get", "Interface", name, "ofport").strip() != str(number):
            raise NotMeasured(f"OVS does not open {devargs}: {self.vsctl('get', 'Interface', name, 'error').strip()}")

    def remove_port(self, name):
        self.vsctl("del-port", "br0", name)

    def settle(self):
        """Until hardly a frame asks the slow path any more, twice in a row. False: it never did."""
        quiet, deadline = 0, time.monotonic() + SETTLE_S
        while quiet < 2 and time.monotonic() < deadline:
            self.appctl("dpif-netdev/pmd-stats-clear")
            time.sleep(1)
            quiet = quiet + 1 if misses(self.appctl("dpif-netdev/pmd-stats-show")) < QUIET_MISSES else 0
        return quiet >= 2

    def ns_per_frame(self, port, seconds):
        return core_time.ns_per_frame(self.pid, lambda: self.session.port_counters(port)[1], seconds)

    def _start(self, memory_megabytes):
        database, socket = self._folder / "conf.db", self._folder / "db.sock"
        self._run("ovsdb-tool", "create", str(database), SCHEMA)
        self._spawn("ovsdb-server", str(database), f"--remote=punix:{socket}", f"--unixctl={self._folder}/db.ctl",
                    f"--log-file={self._folder}/db.log", "-vconsole:off")
        wait_for(socket)
        self.vsctl("--no-wait", "init")
        self.vsctl("--no-wait", "set", "Open_vSwitch", ".", "other_config:dpdk-init=true",
                   f"other_config:dpdk-socket-mem={memory_megabytes}",
                   f"other_config:dpdk-lcore-mask={1 << core_time.OTHER_CORE:#x}",
                   f"other_config:pmd-cpu-mask={1 << core_time.DEVICE_CORE:#x}", "other_config:vlan-limit=2",
                   "other_config:dpdk-extra=--no-pci --no-telemetry --in-memory --iova-mode=va")
        self._switch = self._spawn(DAEMON, f"unix:{socket}", f"--unixctl={self._folder}/switch.ctl",
                                   f"--log-file={self._folder}/switch.log", "-vconsole:off")
        wait_for(self._folder / "switch.ctl")
        self.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev",
                   "protocols=OpenFlow10,OpenFlow13,OpenFlow14", "fail_mode=secure")
        wait_for(self._folder / "br0.mgmt")
        self.session = openflow.Session(str(self._folder / "br0.mgmt"))

    def _spawn(self, *command):
        process = subprocess.Popen(["taskset", "-c", str(core_time.OTHER_CORE), *command], env=self._environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._processes.append(process)
        return process

    def _run(self, *command, timeout=60):
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=True, timeout=timeout).stdout

    def _last_log_line(self):
        log = self._folder / "switch.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return next((line for line in reversed(lines) if "|ERR|" in line or "|EMER|" in line), "")


def misses(stats):
    """Frames that asked the slow path, in `pmd-stats-show`, of the polling threads."""
    count = 0
    for line in stats.splitlines():
        if line.startswith("main thread"):
            break
        key, _, value = line.strip().partition(":")
        if key.startswith("miss with"):
            count += int(value)
    return count


def wait_for(path, seconds=30):
    deadline = time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > deadline:
            raise OSError(f"{path} did not appear")
        time.sleep(0.05)


def why(error):
    return (getattr(error, "stderr", "") or str(error)).strip()[-200:]
