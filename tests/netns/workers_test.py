# SPDX-License-Identifier: Apache-2.0
"""Two workers over ports with one receive and one transmit queue each: circuits of both forward."""

import os

import e2e
import traffic
from lab import c_tag

CIRCUITS = 8


class WorkersTest(e2e.ExchangeTest):
    SITES = ("a", "b")
    WORKERS = 2

    def test_circuits_of_two_workers_forward_over_one_queue_ports(self):
        acme = e2e.Customer(self.exchange, "acme")
        for port in ("a", "b"):
            acme.uni(port)
        a, b = self.sites["a"], self.sites["b"]
        for number in range(CIRCUITS):
            vid = 100 + number
            acme.order(f"vlan-{vid}", ("a", {"c_vlans": [vid]}), ("b", {"c_vlans": [vid + 1000]}))
            a.attach(f"10.0.{number}.1/24", c_tag(vid))
            b.attach(f"10.0.{number}.2/24", c_tag(vid + 1000))
        before = self.worker_cpu_ticks()

        for number in range(CIRCUITS):
            with self.subTest(circuit=number):
                self.assertEqual(traffic.ping(a, f"10.0.{number}.2", count=5, size=1472).received, 5)
                lost, _ = traffic.frames_lost(a, b, lambda to=f"10.0.{number}.2": self.udp(to))
                self.assertEqual(lost, 0)
                counters = acme.counters(f"vlan-{100 + number}")
                for near, far in (("a", "z"), ("z", "a")):
                    # Not the bytes: short frames grow to 60 on their way out.
                    frames_in = counters[near]["ingress"]["green"]["frames"]
                    self.assertEqual(counters[far]["egress"]["green"]["frames"], frames_in)
                    self.assertEqual(e2e.dropped(counters, near), {})
        tcp = [traffic.iperf_tcp(a, b, f"10.0.{number}.2", seconds=1) / 1e6 for number in range(2)]
        used = {name: ticks - before[name] for name, ticks in self.worker_cpu_ticks().items()}
        print(f"\n  TCP on two neighbouring circuits {tcp[0]:.0f} and {tcp[1]:.0f} Mb/s; CPU ticks by worker {used}")
        self.assertEqual(len(used), 2, f"threads named as workers: {sorted(used)}")

    def udp(self, address):
        a, b = self.sites["a"], self.sites["b"]
        return traffic.iperf_udp(a, b, address, seconds=1, rate_bps=20_000_000, length=1400)

    def worker_cpu_ticks(self):
        """User and system time of the daemon's worker threads, by name."""
        ticks = {}
        pid = self.exchange.process.pid
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/stat", encoding="ascii") as file:
                name, fields = file.read().split("(", 1)[1].rsplit(")", 1)
            if "worker" in name:
                ticks[name] = sum(int(number) for number in fields.split()[11:13])
        return ticks


if __name__ == "__main__":
    e2e.main(needs_cores=2)
