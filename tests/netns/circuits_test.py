# SPDX-License-Identifier: Apache-2.0
"""Kernel hosts talk through circuits of every form: ping at full size, TCP and UDP."""

import e2e
import raw
import traffic
from lab import Tag, c_tag, s_tag


class CircuitsTest(e2e.ExchangeTest):
    """a and b have C-VLAN UNIs, s and t S-VLAN UNIs (0x88A8), p one with TPID 0x9100, x and y are for the EPL."""

    SITES = ("a", "b", "s", "t", "p", "x", "y")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme = e2e.Customer(cls.exchange, "acme")
        for port in ("a", "b", "x", "y"):
            cls.acme.uni(port)
        for port in ("s", "t"):
            cls.acme.uni(port, tpid="0x88a8")
        cls.acme.uni("p", tpid="0x9100")

    def talk(self, subnet, near, far):
        """Ping, TCP and UDP between two (site, tags); all must pass."""
        (near_site, near_tags), (far_site, far_tags) = near, far
        client, server = self.sites[near_site], self.sites[far_site]
        self.addCleanup(self.detach_all)
        client.attach(f"10.{subnet}.0.1/24", *near_tags)
        address = server.attach(f"10.{subnet}.0.2/24", *far_tags).ip

        echo = traffic.ping(client, address, count=5, size=1472)
        tcp_bps = traffic.iperf_tcp(client, server, address, seconds=1)
        lost, udp = traffic.frames_lost(
            client,
            server,
            lambda: traffic.iperf_udp(client, server, address, seconds=1, rate_bps=20_000_000, length=1400),
        )

        print(f"\n  ping {echo.average_ms:.3f} ms, TCP {tcp_bps / 1e6:.0f} Mb/s, UDP {udp['packets']}, {lost} lost")
        self.assertEqual(echo.received, 5)
        self.assertGreater(tcp_bps, 10_000_000)
        self.assertEqual(lost, 0)

    def test_c_vlan(self):
        self.acme.order("c-vlan", ("a", {"c_vlans": [100]}), ("b", {"c_vlans": [100]}))
        self.talk(1, ("a", [c_tag(100)]), ("b", [c_tag(100)]))

    def test_c_vlan_translated(self):
        self.acme.order("translated", ("a", {"c_vlans": [200]}), ("b", {"c_vlans": [4094]}))
        self.talk(2, ("a", [c_tag(200)]), ("b", [c_tag(4094)]))

    def test_bundle_of_c_vlans_keeps_each(self):
        self.acme.order("bundle", ("a", {"c_vlans": [300, "310-319"]}), ("b", {"c_vlans": [300, "310-319"]}))
        self.talk(3, ("a", [c_tag(315)]), ("b", [c_tag(315)]))

    def test_untagged(self):
        self.acme.order("untagged", ("a", {"untagged": True}), ("b", {"untagged": True}))
        self.talk(4, ("a", []), ("b", []))

    def test_untagged_to_c_vlan(self):
        self.acme.order("to-c-vlan", ("s", {"untagged": True}), ("b", {"c_vlans": [400]}))
        self.talk(5, ("s", []), ("b", [c_tag(400)]))

    def test_qinq_translated_to_other_vids(self):
        self.acme.order("qinq", ("s", {"s_vlan": 500, "c_vlans": [50]}), ("t", {"s_vlan": 501, "c_vlans": [51]}))
        self.talk(6, ("s", [s_tag(500), c_tag(50)]), ("t", [s_tag(501), c_tag(51)]))

    def test_qinq_to_c_vlan(self):
        self.acme.order("qinq-c", ("s", {"s_vlan": 510, "c_vlans": [10]}), ("a", {"c_vlans": [510]}))
        self.talk(7, ("s", [s_tag(510), c_tag(10)]), ("a", [c_tag(510)]))

    def test_s_vlan_carries_the_customers_tag(self):
        self.acme.order("s-vlan", ("s", {"s_vlan": 520}), ("t", {"s_vlan": 521}))
        self.talk(8, ("s", [s_tag(520), c_tag(77)]), ("t", [s_tag(521), c_tag(77)]))

    def test_tpid_9100_to_88a8(self):
        self.acme.order("tpids", ("p", {"s_vlan": 530, "c_vlans": [3]}), ("t", {"s_vlan": 530, "c_vlans": [3]}))
        self.talk(9, ("p", [Tag(0x9100, 530), c_tag(3)]), ("t", [s_tag(530), c_tag(3)]))

    def test_epl_is_transparent(self):
        self.acme.order("epl", ("x", {"all": True}), ("y", {"all": True}))
        for subnet, tags in ((10, []), (11, [c_tag(9)]), (12, [s_tag(9), c_tag(8)]), (13, [Tag(0x9100, 2), c_tag(1)])):
            with self.subTest(tags=tags):
                self.talk(subnet, ("x", tags), ("y", tags))
                self.detach_all()
        self.detach_all()
        self.control_frames_pass("01-80-c2-00-00-02", True)
        self.control_frames_pass("01-80-c2-00-00-01", False)
        self.assertEqual({"l2cp": 1}, e2e.dropped(self.acme.counters("epl"), "a"))

    def control_frames_pass(self, destination, wanted):
        """Whether an L2CP frame from x arrives at y unchanged. A frame behind it says that it would have come."""
        x, y = self.sites["x"], self.sites["y"]
        control = raw.frame(destination.replace("-", ":"), x.mac, payload=b"control")
        behind = raw.frame(y.mac, x.mac, payload=b"behind")
        with raw.RawPort(x) as sender, raw.RawPort(y) as receiver:
            sender.send(control)
            sender.send(behind)
            first = receiver.expect(lambda frame: frame in (control, behind))
        self.assertEqual(first, control if wanted else behind)

    def test_short_frames_leave_padded_and_long_ones_do_not_leave(self):
        ends = ("a", {"c_vlans": [600]}), ("t", {"s_vlan": 600, "c_vlans": [6]})
        self.acme.order("sizes", *ends, max_frame_bytes=1522)
        a, t = self.sites["a"], self.sites["t"]
        # 1522 bytes with FCS: the longest that this circuit accepts, and one byte more.
        longest = raw.frame(t.mac, a.mac, [c_tag(600)], b"L" * (1522 - e2e.FCS_BYTES - 18))
        with raw.RawPort(a) as sender, raw.RawPort(t) as receiver:
            for payload in (b"S" * 20, b"T" * 42, longest[18:]):
                sender.send(raw.frame(t.mac, a.mac, [c_tag(600)], payload)[: 18 + len(payload)])
                got = receiver.expect(lambda frame: frame[22 : 22 + len(payload)] == payload)
                self.assertIsNotNone(got, f"{len(payload)} bytes of payload did not arrive")
                self.assertEqual(len(got), max(60, 22 + len(payload)))
                self.assertEqual(got[22 + len(payload) :].strip(b"\0"), b"")
            sender.send(longest + b"L")
            sender.send(raw.frame(t.mac, a.mac, [c_tag(600)], b"behind"))
            self.assertIn(b"behind", receiver.expect(lambda frame: frame[12:14] == b"\x88\xa8"))
        self.assertEqual({"oversize": 1}, e2e.dropped(self.acme.counters("sizes"), "a"))


if __name__ == "__main__":
    e2e.main()
