# SPDX-License-Identifier: Apache-2.0
"""A bandwidth profile holds to 0.2 % at the receiving host, and the counters say what the wire carried."""

import e2e
import traffic
from distance import FarHost
from lab import c_tag

CIR_BPS = 50_000_000
# max(2 x largest frame, 50 ms of CIR): what the product gives when none is asked for.
CBS_BYTES = CIR_BPS // 8 * 50 // 1000
OFFERED_BPS = 80_000_000
WINDOW_S = 30 if e2e.SOAK else 10
TOLERANCE = 0.002
UDP_PAYLOAD_BYTES = 1472
ONE_WAY_MS = 5


class PolicingTest(e2e.ExchangeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme = e2e.Customer(cls.exchange, "acme")
        for port in ("a", "b"):
            cls.acme.uni(port)

    def circuit(self, name, vid, **members):
        """A circuit between hosts 10.0.0.1 and 10.0.0.2 that ends with the test."""
        self.acme.order(name, ("a", {"c_vlans": [vid]}), ("b", {"c_vlans": [vid]}), **members)
        self.addCleanup(self.acme.api.delete, f"/v1/circuits/{name}")
        self.addCleanup(self.detach_all)
        self.sites["a"].attach("10.0.0.1/24", c_tag(vid))
        self.sites["b"].attach("10.0.0.2/24", c_tag(vid))

    def test_udp_above_cir_is_cut_to_cir(self):
        self.circuit("cut", 100, cir_bps=CIR_BPS)
        a, b = self.sites["a"], self.sites["b"]
        before = a.counters()

        with traffic.Capture(b, inbound=True, snap=32) as capture:
            udp = traffic.iperf_udp(
                a, b, "10.0.0.2", seconds=WINDOW_S + 2, rate_bps=OFFERED_BPS, length=UDP_PAYLOAD_BYTES
            )
            frames = capture.stop()

        sent = {key: count - before[key] for key, count in a.counters().items()}
        counters = self.acme.counters("cut")
        measured_bps = self.rate_after_first_burst(frames)
        seen_by_iperf = udp["bits_per_second"] * (1 - udp["lost_percent"] / 100)
        print(
            f"\n  {measured_bps / 1e6:.4f} Mb/s with FCS over {WINDOW_S} s at CIR {CIR_BPS / 1e6:.0f} Mb/s, EIR 0,"
            f" {udp['bits_per_second'] / 1e6:.1f} offered; iperf3 shows {seen_by_iperf / 1e6:.2f}"
        )
        self.assertAlmostEqual(measured_bps / CIR_BPS, 1, delta=TOLERANCE)
        self.counters_equal_the_wire(counters, sent, frames)

    def rate_after_first_burst(self, frames):
        """Egress bits a second, FCS included, over the window that starts when the first CBS is used up."""
        # The bucket starts full and empties at offered - CIR; twice that time is safely behind it.
        start = frames[0].time_s + 2 * CBS_BYTES * 8 / (OFFERED_BPS - CIR_BPS)
        self.assertGreater(frames[-1].time_s, start + WINDOW_S, "the stream ended inside the window")
        window = [frame for frame in frames if start <= frame.time_s < start + WINDOW_S]
        return sum(frame.length + e2e.FCS_BYTES for frame in window) * 8 / WINDOW_S

    def counters_equal_the_wire(self, counters, sent, frames):
        near, far = counters["a"], counters["z"]
        self.assertEqual(far["egress"]["green"]["frames"], len(frames))
        self.assertEqual(far["egress"]["green"]["bytes"], sum(frame.length + e2e.FCS_BYTES for frame in frames))
        self.assertEqual(far["egress"]["yellow"], {"frames": 0, "bytes": 0})
        colors = near["ingress"].values()
        # Frames only: the kernel counts what goes into XDP without its 14 bytes of Ethernet header.
        self.assertEqual(sum(color["frames"] for color in colors), sent["tx_packets"])
        self.assertEqual(e2e.dropped(counters, "a"), {"policed": near["ingress"]["red"]["frames"]})
        self.assertGreater(near["ingress"]["red"]["frames"], 0)

    def test_eir_carries_the_excess_as_yellow(self):
        self.circuit("excess", 101, bandwidth={"cir_bps": 20_000_000, "eir_bps": 10_000_000})

        traffic.iperf_udp(
            self.sites["a"], self.sites["b"], "10.0.0.2", seconds=3, rate_bps=OFFERED_BPS, length=UDP_PAYLOAD_BYTES
        )

        ingress = self.acme.counters("excess")["a"]["ingress"]
        # Both buckets start full, so the short run shows a share, not the exact rate: that is the unit test's.
        ratio = ingress["green"]["bytes"] / ingress["yellow"]["bytes"]
        print(f"\n  green : yellow = {ratio:.2f} at CIR : EIR = 2")
        self.assertAlmostEqual(ratio, 2, delta=0.2)
        self.assertGreater(ingress["red"]["frames"], 0)

    def test_tcp_uses_most_of_cir_with_the_default_burst(self):
        self.circuit("tcp", 102, cir_bps=CIR_BPS)
        a, b = self.sites["a"], self.sites["b"]
        # Debian's default, whatever this machine's is.
        options = {"seconds": WINDOW_S, "extra": ("-C", "cubic")}

        with FarHost(a, ONE_WAY_MS, address="10.0.0.200", site_address="10.0.0.1") as far:
            self.assertTrue(traffic.wait_for_ping(far, "10.0.0.2"))
            far_bps = traffic.iperf_tcp(far, b, "10.0.0.2", **options)
        # A cable without length: a window holds two frames, so most losses end in a timeout. Linux waits 200 ms then, and
        # a bucket of 50 ms of CIR overflows meanwhile.
        untuned_bps = traffic.iperf_tcp(a, b, "10.0.0.2", **(options | {"seconds": 5}))
        a.set_rto_min("20ms")
        tuned_bps = traffic.iperf_tcp(a, b, "10.0.0.2", **options)

        print(
            f"\n  TCP {far_bps / 1e6:.2f} Mb/s, {far_bps / CIR_BPS:.1%} of CIR, from a host {ONE_WAY_MS} ms away; on a"
            f" path of 0.2 ms {untuned_bps / CIR_BPS:.1%}, with rto_min 20 ms {tuned_bps / CIR_BPS:.1%}"
        )
        for goodput_bps in (far_bps, tuned_bps):
            self.assertGreater(goodput_bps / CIR_BPS, 0.85)
            self.assertLess(goodput_bps / CIR_BPS, 1 + CBS_BYTES * 8 / CIR_BPS / WINDOW_S)


if __name__ == "__main__":
    e2e.main()
