# SPDX-License-Identifier: Apache-2.0
"""Changing a circuit under traffic: no frame is lost, the counters go on, the new rate holds."""

import threading
import time

import e2e
import traffic
from lab import c_tag

PATCHES = 200 if e2e.SOAK else 40
UDP_PAYLOAD_BYTES = 1400


class ChangeTest(e2e.ExchangeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme = e2e.Customer(cls.exchange, "acme")
        for port in ("a", "b"):
            cls.acme.uni(port)
        cls.acme.order("ny-dc", ("a", {"c_vlans": [100]}), ("b", {"c_vlans": [100]}), cir_bps=50_000_000)
        cls.sites["a"].attach("10.0.0.1/24", c_tag(100))
        cls.sites["b"].attach("10.0.0.2/24", c_tag(100))

    def set_cir(self, cir_bps):
        return self.acme.api.patch("/v1/circuits/ny-dc", {"bandwidth": {"cir_bps": cir_bps}})

    def stream(self, **options):
        """A UDP stream in the background; its result comes from join()."""
        a, b = self.sites["a"], self.sites["b"]
        return Background(traffic.iperf_udp, a, b, "10.0.0.2", length=UDP_PAYLOAD_BYTES, **options)

    def test_patches_below_both_rates_lose_nothing(self):
        before = self.acme.counters("ny-dc")
        sent_before = self.sites["a"].counters()["tx_packets"]
        arrived_before = self.sites["b"].counters()["rx_packets"]
        stream = self.stream(seconds=6, rate_bps=20_000_000)
        # The stream is under way once its frames are counted.
        last = self.frames_in() + 100
        while self.frames_in() < last:
            time.sleep(0.01)

        for round_number in range(PATCHES):
            self.set_cir(50_000_000 if round_number % 2 else 90_000_000)
            now = self.frames_in()
            self.assertGreaterEqual(now, last)
            last = now
        self.assertTrue(stream.running(), "the stream ended before the patches did")
        udp = stream.join()

        after = self.acme.counters("ny-dc")
        sent = self.sites["a"].counters()["tx_packets"] - sent_before
        arrived = self.sites["b"].counters()["rx_packets"] - arrived_before
        print(f"\n  {PATCHES} patches in {udp['seconds']:.0f} s of traffic: {sent - arrived} of {sent} frames lost")
        self.assertEqual(arrived, sent)
        self.assertEqual(after["a"]["drops"], before["a"]["drops"])
        frames = after["a"]["ingress"]["green"]["frames"] - before["a"]["ingress"]["green"]["frames"]
        self.assertEqual(frames, sent)

    def frames_in(self):
        body = self.acme.api.get("/v1/circuits/ny-dc/counters")
        return int(body["endpoints"]["a"]["ingress"]["green"]["frames"])

    def test_the_new_rate_holds(self):
        self.set_cir(50_000_000)
        with traffic.Capture(self.sites["b"], inbound=True, snap=32) as capture:
            stream = self.stream(seconds=6, rate_bps=80_000_000)
            last = self.frames_in() + 3_000
            while self.frames_in() < last:
                time.sleep(0.01)
            asked = time.time()
            self.set_cir(20_000_000)
            answered = time.time()
            stream.join()
            frames = capture.stop()

        rate_bps = rate_of(frames, answered + 1, answered + 3)
        print(
            f"\n  answered after {(answered - asked) * 1e3:.1f} ms;"
            f" {rate_of(frames, answered, answered + 0.1) / 1e6:.2f} Mb/s in the first 100 ms after it,"
            f" {rate_bps / 1e6:.3f} in seconds 2 and 3, at a new CIR of 20"
        )
        self.assertAlmostEqual(rate_bps / 20_000_000, 1, delta=0.005)

    def test_admin_down_stops_frames_and_up_brings_them_back(self):
        self.acme.api.patch("/v1/circuits/ny-dc", {"admin_state": "down"})
        down = traffic.ping(self.sites["a"], "10.0.0.2", wait_s=0.2).received
        self.acme.api.patch("/v1/circuits/ny-dc", {"admin_state": "up"})

        self.assertEqual(down, 0)
        self.assertTrue(traffic.wait_for_ping(self.sites["a"], "10.0.0.2"))

    def test_a_moved_vlan_carries_frames_at_once_and_the_old_one_none(self):
        patch = {"endpoints": {"z": {"vlan_map": {"c_vlans": [250]}}}}
        self.acme.api.patch("/v1/circuits/ny-dc", patch)
        old = traffic.ping(self.sites["a"], "10.0.0.2", wait_s=0.2).received
        moved = self.sites["b"].attachments[0]
        self.sites["b"].detach(moved)
        self.sites["b"].attach("10.0.0.2/24", c_tag(250))
        new = traffic.wait_for_ping(self.sites["a"], "10.0.0.2")
        self.acme.api.patch("/v1/circuits/ny-dc", {"endpoints": {"z": {"vlan_map": {"c_vlans": [100]}}}})
        self.sites["b"].detach(self.sites["b"].attachments[0])
        self.sites["b"].attach("10.0.0.2/24", c_tag(100))

        self.assertEqual(old, 0)
        self.assertTrue(new)

    def test_a_cut_cable_shows_in_the_circuits_state(self):
        self.sites["b"].set_link(False)
        down = self.oper_state_becomes("down")
        self.sites["b"].set_link(True)
        up = self.oper_state_becomes("up")

        self.assertEqual(down["reasons"][0]["code"], "link_down")
        self.assertEqual(down["reasons"][0]["endpoint"], "z")
        self.assertEqual(up["reasons"], [])

    def oper_state_becomes(self, wanted, timeout_s=10):
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            status = self.acme.api.get("/v1/circuits/ny-dc")["status"]
            if status["oper_state"] == wanted:
                return status
            time.sleep(0.02)
        raise AssertionError(f"oper_state is {status['oper_state']} {timeout_s} s after the link changed, not {wanted}")


class Background(threading.Thread):
    """A call beside the test; join() returns its result or raises what it raised."""

    def __init__(self, call, *arguments, **options):
        super().__init__()
        self._call, self._arguments, self._options = call, arguments, options
        self._result, self._error = None, None
        self.start()

    def run(self):
        try:
            self._result = self._call(*self._arguments, **self._options)
        except BaseException as error:  # pylint: disable=broad-except  (handed to the joining thread)
            self._error = error

    def running(self):
        return self.is_alive()

    def join(self, timeout=None):
        super().join(timeout)
        if self._error is not None:
            raise self._error
        return self._result


def rate_of(frames, start, end):
    """Bits a second with FCS between two instants."""
    size = sum(frame.length + e2e.FCS_BYTES for frame in frames if start <= frame.time_s < end)
    return size * 8 / (end - start)


if __name__ == "__main__":
    e2e.main()
