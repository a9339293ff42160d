# SPDX-License-Identifier: Apache-2.0
"""A slice takes a worker for a tenant while its traffic flows, says when it is hard, and gives it back."""

import threading
import time

import e2e
import traffic
from exchange import default_workers
from lab import c_tag

CIRCUITS = 8
SETTLE_S_MAX = 20


class SlicesTest(e2e.ExchangeTest):
    SITES = ("a", "b")
    WORKERS = 2

    def setUp(self):
        self.operator = self.exchange.operator()
        self.addCleanup(self.operator.close)

    def circuits_by_core(self):
        return {worker["core"]: worker["circuits"] for worker in self.operator.get("/v1/workers")["data"]}

    def settled(self, name):
        """The slice's status once nothing of it is under way any more."""
        deadline = time.monotonic() + SETTLE_S_MAX
        while True:
            status = self.operator.get(f"/v1/slices/{name}")["status"]
            if status["isolation"] == "hard" or time.monotonic() > deadline:
                return status
            time.sleep(0.02)

    @staticmethod
    def frames_of(customer):
        endpoints = customer.api.get("/v1/circuits/vlan-100/counters")["endpoints"]
        return int(endpoints["a"]["ingress"]["green"]["frames"])

    def test_a_slice_takes_a_worker_and_gives_it_back(self):
        # One of them may share the control core, on a machine with two: that one stays for everybody.
        own = next(core for core, shared in default_workers(2) if not shared)
        acme = e2e.Customer(self.exchange, "acme")
        for port in ("a", "b"):
            acme.uni(port)
        a, b = self.sites["a"], self.sites["b"]
        for number in range(CIRCUITS):
            vid = 100 + number
            acme.order(f"vlan-{vid}", ("a", {"c_vlans": [vid]}), ("b", {"c_vlans": [vid]}))
            a.attach(f"10.0.{number}.1/24", c_tag(vid))
            b.attach(f"10.0.{number}.2/24", c_tag(vid))
        before = self.circuits_by_core()
        self.assertEqual(sorted(before.values()), [CIRCUITS // 2, CIRCUITS // 2])
        self.assertIsNone(self.operator.get("/v1/tenants/acme")["status"]["slice"])

        def stream_while_the_slice_comes():
            stream = threading.Thread(
                target=traffic.iperf_udp, args=(a, b, "10.0.0.2"), kwargs={"seconds": 3, "rate_bps": 5_000_000, "length": 1400}
            )
            first = self.frames_of(acme)
            stream.start()
            while self.frames_of(acme) < first + 100:
                time.sleep(0.01)
            self.operator.post("/v1/slices", {"name": "gold", "cores": [own], "tenants": ["acme"]})
            self.settled("gold")
            self.assertTrue(stream.is_alive(), "the stream ended before the circuits had moved")
            stream.join()

        lost, _ = traffic.frames_lost(a, b, stream_while_the_slice_comes)
        self.assertEqual(lost, 0)
        status = self.settled("gold")
        self.assertEqual((status["isolation"], status["isolation_reasons"]), ("hard", []))
        self.assertEqual((status["circuits"], status["circuits_moving"]), (CIRCUITS, 0))
        self.assertEqual(self.circuits_by_core(), {core: CIRCUITS if core == own else 0 for core in before})
        seen = acme.api.get(f"/v1/tenants/{acme.id}")["status"]["slice"]
        self.assertEqual(seen, {"name": "gold", "isolation": "hard"})
        for number in range(CIRCUITS):
            self.assertEqual(traffic.ping(a, f"10.0.{number}.2", count=3, size=1472).received, 3)
            counters = acme.counters(f"vlan-{100 + number}")
            for near, far in (("a", "z"), ("z", "a")):
                frames_in = counters[near]["ingress"]["green"]["frames"]
                self.assertEqual(counters[far]["egress"]["green"]["frames"], frames_in)
                self.assertEqual(e2e.dropped(counters, near), {})
        busy = self.operator.get("/v1/slices/gold")["status"]["busy_permille"]
        print(f"\n  the slice's worker was busy {busy} thousandths of the last second")
        self.assertIsNotNone(busy)

        self.operator.delete("/v1/slices/gold")
        self.assertIsNone(self.operator.get("/v1/tenants/acme")["status"]["slice"])
        self.assertEqual(traffic.ping(a, "10.0.0.2", count=3, size=1472).received, 3)
        acme.order("late", ("a", {"c_vlans": [200]}), ("b", {"c_vlans": [200]}))
        self.assertEqual(min(self.circuits_by_core().values()), 1, "the other worker takes new circuits again")


if __name__ == "__main__":
    e2e.main(needs_cores=2)
