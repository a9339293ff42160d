#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long after a crash the circuits forward again.

Orders circuits in batches on two kernel sites, ends strowgerd with SIGKILL, starts it, and sends one frame a
millisecond into the first and into the last circuit until each has come through. The API opens when the workers hold
every circuit. EAL start is what the daemon says of its own start of the dataplane, in the same run. Figures, no verdict.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from null_exchange import C_VIDS, ROOT, order_batches  # noqa: E402

import netns  # noqa: E402
import raw  # noqa: E402
from exchange import Exchange, Programs, Settings, default_workers  # noqa: E402
from lab import Lab, c_tag, s_tag  # noqa: E402

BACK_WITHIN_S = 120


class LargeExchange(Exchange):
    """An exchange with room for `circuits`."""

    def __init__(self, circuits, *arguments):
        self.circuits = circuits
        super().__init__(*arguments)

    def _site_yaml(self):
        endpoints = 2 * self.circuits + 64
        text = super()._site_yaml()
        text = text.replace("ports:\n", f"  endpoints: {endpoints}\nports:\n", 1)
        return text + f"limits: {{circuits_per_tenant: {max(10_000, self.circuits + 64)}}}\n"

    @property
    def listen(self):
        return self.settings.listen

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))


def set_up(exchange):
    operator = exchange.operator()
    tenant = operator.post("/v1/tenants", {"name": "acme"})["id"]
    for port in ("a", "z"):
        exchange.operator(tenant=tenant).post("/v1/unis", {"name": port, "port": port, "tpid": "0x88a8"})
    return operator.post(f"/v1/tenants/{tenant}/tokens", {"name": "bench"})["secret"]


class Probe:
    """Frames into circuits at one site, awaited at the other."""

    def __init__(self, sites, numbers):
        self.sites, self.waiting, self.arrived = sites, {}, {}
        for number in numbers:
            tags = [s_tag(1 + number // C_VIDS), c_tag(1 + number % C_VIDS)]
            mark = f"circuit {number};".encode()
            self.waiting[mark] = raw.frame(sites["z"].mac, sites["a"].mac, tags, mark)

    def run(self, begin, until):
        """Seconds from `begin` to the first arrival of each."""
        with raw.RawPort(self.sites["a"]) as out, raw.RawPort(self.sites["z"]) as back:
            while self.waiting and time.monotonic() < until:
                for frame in self.waiting.values():
                    try:
                        out.send(frame)
                    except OSError:  # the link is down while the daemon is
                        pass
                pause = time.monotonic() + 0.001
                while (left := pause - time.monotonic()) > 0:
                    frame = back.receive(left)
                    for mark in list(self.waiting):
                        if frame is not None and mark in frame:
                            self.arrived[mark] = time.monotonic() - begin
                            del self.waiting[mark]
        return self.arrived


def eal_start_s(log):
    said = re.findall(r"the dataplane is up after (\d+) ms", log)
    return int(said[-1]) / 1e3


def measure(exchange, sites, circuits):
    token = set_up(exchange)
    taken = order_batches(exchange, token, circuits)
    exchange.kill()
    with open(exchange.log_path, "w", encoding="utf-8"):
        pass  # what follows is said by the restart
    begin = time.monotonic()
    exchange.spawn()
    probe = Probe(sites, (0, circuits - 1))
    arrived = probe.run(begin, begin + BACK_WITHIN_S)
    exchange.await_ready(BACK_WITHIN_S)
    ready = time.monotonic() - begin
    with open(exchange.log_path, encoding="utf-8", errors="replace") as file:
        log = file.read()
    if probe.waiting:
        raise SystemExit(f"no frame came through {list(probe.waiting)} within {BACK_WITHIN_S} s:\n{log[-2000:]}")
    first, last = (arrived[f"circuit {number};".encode()] for number in (0, circuits - 1))
    eal = eal_start_s(log)
    restored = re.findall(r"restored (\d+) of \d+ objects in (\d+) ms", log)
    return {
        "circuits": circuits,
        "eal_start_s": round(eal, 3),
        "first_frame_s": round(first, 3),
        "first_frame_beyond_eal_s": round(first - eal, 3),
        "last_circuit_beyond_eal_s": round(last - eal, 3),
        "api_open_beyond_eal_s": round(ready - eal, 3),
        "restore_s": int(restored[-1][1]) / 1e3,
        "restored_per_s": round(int(restored[-1][0]) * 1e3 / max(1, int(restored[-1][1]))),
        "progress_lines": len(restored),
        "batch_circuits_per_s": round(circuits / sum(seconds for seconds, _ in taken)),
        "resident_bytes_per_circuit": round(exchange.resident_bytes() / circuits),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=os.path.abspath, default=f"{ROOT}/build", help="build directory (default: build)")
    parser.add_argument("--circuits", type=int, default=100_000, help="default: 100000")
    parser.add_argument("--json", action="store_true", help="one line")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("restart.py makes network namespaces: run it as root")
    netns.enter_private()
    directory = tempfile.mkdtemp(prefix="bench-restart-", dir=options.build)
    try:
        with Lab("rest") as lab:
            sites = {name: lab.site(name) for name in ("a", "z")}
            settings = Settings(workers=default_workers(1))
            programs = Programs.of_build(options.build)
            with LargeExchange(options.circuits, programs, directory, sites.values(), settings) as exchange:
                figures = measure(exchange, sites, options.circuits)
    finally:
        shutil.rmtree(directory)
    print(json.dumps(figures, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
