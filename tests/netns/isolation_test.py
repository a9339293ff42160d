# SPDX-License-Identifier: Apache-2.0
"""Two tenants that use the same VLANs, and even the same addresses, never see each other's frames."""

import itertools
import os

import e2e
import raw
import traffic
from lab import Tag, c_tag

TPIDS = (0x8100, 0x88A8, 0x9100, 0x9200, 0x9300, 0x0800, 0x8847, 0x88E7)
VIDS = (0, 1, 99, 100, 101, 200, 4094, 4095)


class IsolationTest(e2e.ExchangeTest):
    """acme has sites a and b, globex c and d."""

    SITES = ("a", "b", "c", "d")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme, cls.globex = e2e.Customer(cls.exchange, "acme"), e2e.Customer(cls.exchange, "globex")
        for customer, ports in ((cls.acme, "ab"), (cls.globex, "cd")):
            for port in ports:
                customer.uni(port)
            for vid in (100, 200):
                customer.order(f"vlan-{vid}", (ports[0], {"c_vlans": [vid]}), (ports[1], {"c_vlans": [vid]}))

    def test_kernel_hosts_with_equal_vlans_and_equal_addresses(self):
        self.addCleanup(self.detach_all)
        for pair in ("ab", "cd"):
            for host, site in enumerate(pair, start=1):
                self.sites[site].attach(f"10.0.1.{host}/24", c_tag(100))
                self.sites[site].attach(f"10.0.2.{host}/24", c_tag(200))
        captures = {site: self.enterContext(traffic.Capture(self.sites[site], inbound=True)) for site in self.SITES}

        for site, address in itertools.product("ac", ("10.0.1.2", "10.0.2.2")):
            self.assertEqual(traffic.ping(self.sites[site], address).received, 3)

        own = {"a": "b", "b": "a", "c": "d", "d": "c"}
        for site, capture in captures.items():
            sources = {frame.data[6:12].hex(":") for frame in capture.stop()}
            self.assertEqual(sources, {self.sites[own[site]].mac}, f"site {site} heard")

    def test_no_tags_lead_to_the_other_tenant(self):
        """Every outer TPID x VID x inner VID from acme's site a: the circuits' frames reach b, none reach c or d."""
        marks = {}
        ports = {site: self.enterContext(raw.RawPort(self.sites[site])) for site in self.SITES}
        # To everyone, so that no address could be the reason why a frame is not seen.
        for tpid, outer, inner in itertools.product(TPIDS, VIDS, VIDS):
            mark = os.urandom(16)
            marks[mark] = (tpid, outer, inner)
            tags = (Tag(tpid, outer), c_tag(inner))
            ports["a"].send(raw.frame("ff:ff:ff:ff:ff:ff", self.sites["a"].mac, tags, mark))
        # Frames leave in order: when this one is there, so is every other that comes at all.
        ports["a"].send(raw.frame("ff:ff:ff:ff:ff:ff", self.sites["a"].mac, [c_tag(100)], b"the last one"))
        arrived = []
        self.assertIsNotNone(ports["b"].expect(lambda frame: arrived.append(frame) or b"the last one" in frame))

        seen = sorted(marks[frame[22:38]] for frame in arrived if frame[22:38] in marks)

        self.assertEqual(seen, sorted((0x8100, outer, inner) for outer in (100, 200) for inner in VIDS))
        for site in "cd":
            self.assertEqual(self.probe_globex(ports, site), [], f"site {site} heard acme")

    def probe_globex(self, ports, site):
        """What `site` has received, up to a frame of its own tenant that was sent after acme's."""
        other = self.sites["d" if site == "c" else "c"]
        ports[other.name].send(raw.frame("ff:ff:ff:ff:ff:ff", other.mac, [c_tag(100)], b"own tenant"))
        heard = []
        self.assertIsNotNone(ports[site].expect(lambda frame: heard.append(frame) or b"own tenant" in frame))
        return heard[:-1]

    def test_a_foreign_uni_is_as_if_absent(self):
        spec = e2e.eline("steal", ("a", {"c_vlans": [300]}), ("c", {"c_vlans": [300]}))
        foreign = next(uni["id"] for uni in self.globex.api.list("/v1/unis"))

        by_name = self.acme.api.request("POST", "/v1/circuits", spec)
        spec["endpoints"]["z"]["uni"] = foreign
        by_id = self.acme.api.request("POST", "/v1/circuits", spec)
        read = self.acme.api.request("GET", f"/v1/unis/{foreign}")

        self.assertEqual([reply.status for reply in (by_name, by_id, read)], [404, 404, 404])
        self.assertEqual([circuit["spec"]["name"] for circuit in self.acme.api.list("/v1/circuits")].count("steal"), 0)


if __name__ == "__main__":
    e2e.main()
