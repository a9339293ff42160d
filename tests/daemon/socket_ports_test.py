#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Ports that are sockets: memif and vhost-user, with a program of its own at the other end.

Usage: socket_ports_test.py STROWGERD FRAME_PEER. Needs neither root nor hugepages nor a NIC.
"""

import os
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lab"))

# The path to the lab is set above.
from api import Api  # noqa: E402
from frame_peer import DEADLINE_SECONDS, FramePeer  # noqa: E402
from start_test import site  # noqa: E402
from strowgerd_process import Strowgerd  # noqa: E402

STROWGERD = ""
FRAME_PEER = ""
MEMIF, VHOST = "memif", "vhost"
BURST = 100  # fits every ring on the way, so that nothing may be lost


def frame(vid, length=100):
    """To a host, with one C-tag and a number of bytes that tells it from others."""
    head = bytes.fromhex("020000000002" "020000000001" "8100") + vid.to_bytes(2, "big") + bytes.fromhex("0800")
    return head + bytes(index % 251 for index in range(length - len(head)))


class SocketPorts(unittest.TestCase):
    """A memif and a vhost-user port; one circuit, from VLAN 100 to 200."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="strowgerd-")
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        self.site = site(self.folder)
        memif = f"net_memif0,socket-abstract=no,socket={self.folder}/memif.sock,role="
        self.served = {MEMIF: memif + "server", VHOST: f"net_vhost0,iface={self.folder}/vhost.sock"}
        self.called = {MEMIF: memif + "client", VHOST: f"net_virtio_user0,path={self.folder}/vhost.sock"}
        self.peers = {}
        self.addCleanup(self.end_peers)

    def use(self, devices):
        self.site["ports"] = [{"name": name, "device": devices[name]} for name in (MEMIF, VHOST)]

    def start(self):
        self.daemon = Strowgerd(STROWGERD, self.folder, self.site)
        self.addCleanup(self.daemon.kill)
        self.api = Api(f"127.0.0.1:{self.daemon.port}", token=self.daemon.token)
        self.addCleanup(self.api.close)

    def end_peers(self):
        for peer in self.peers.values():
            peer.kill()

    def attach(self, port):
        self.peers[port] = FramePeer(FRAME_PEER, self.called[port])
        self.await_port(port, "up")
        return self.peers[port]

    def detach(self, port, by="kill"):
        getattr(self.peers.pop(port), by)()
        self.await_port(port, "down")

    def port(self, name):
        ports = {port["spec"]["name"]: port for port in self.api.get("/v1/ports")["data"]}
        return ports[name]["status"]

    def await_port(self, name, state):
        """A deadline that only ends a test that has failed."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        # Up is up at both ends: a memif client hears of it last.
        while self.port(name)["oper_state"] != state or (state == "up" and not self.peers[name].link_is_up()):
            self.assertIsNone(self.daemon.process.poll(), self.daemon.log())
            self.assertLess(time.monotonic(), deadline, f"port {name} does not go {state}:\n{self.daemon.log()}")
            time.sleep(0.01)

    def order(self, **members):
        tenant = self.api.post("/v1/tenants", {"name": "acme"})["id"]
        acme = Api(f"127.0.0.1:{self.daemon.port}", token=self.daemon.token, tenant=tenant)
        self.addCleanup(acme.close)
        for port in (MEMIF, VHOST):
            acme.post("/v1/unis", {"name": port, "port": port})
        ends = {MEMIF: 100, VHOST: 200}
        acme.post(
            "/v1/circuits",
            {
                "name": "line",
                "type": "eline",
                "bandwidth": {"cir_bps": 100_000_000_000},
                "endpoints": {port: {"uni": port, "vlan_map": {"c_vlans": [vid]}} for port, vid in ends.items()},
            }
            | members,
        )
        return acme

    def exchange_frames(self, memif, vhost, length=100):
        self.assertEqual(BURST, memif.send(frame(100, length), BURST))
        self.assertEqual([frame(200, length)] * BURST, vhost.expect(BURST))
        self.assertEqual(BURST, vhost.send(frame(200, length), BURST))
        self.assertEqual([frame(100, length)] * BURST, memif.expect(BURST))


class ServingTest(SocketPorts):
    """The daemon makes the sockets; peers come and go."""

    def setUp(self):
        super().setUp()
        self.use(self.served)
        self.start()

    def test_frames_pass_both_ways_and_are_counted(self):
        acme = self.order()
        memif, vhost = self.attach(MEMIF), self.attach(VHOST)

        self.exchange_frames(memif, vhost)
        memif.send(frame(101), 1)
        self.exchange_frames(memif, vhost, length=1518)

        ends = acme.get("/v1/circuits/line/counters")["endpoints"]
        for end in ends.values():
            self.assertEqual(str(2 * BURST), end["ingress"]["green"]["frames"])
            self.assertEqual(str(2 * BURST), end["egress"]["green"]["frames"])
        counters = self.port(MEMIF)["counters"]
        self.assertEqual(str(2 * BURST + 1), counters["rx"]["frames"])
        self.assertEqual("1", counters["drops"]["unmatched"])

    def test_the_longest_frame_that_the_port_passes_does_pass(self):
        for port in (MEMIF, VHOST):
            self.assertEqual(2052, self.port(port)["max_frame_bytes"], "one standard buffer and the FCS")
        self.order(max_frame_bytes=2052)
        memif, vhost = self.attach(MEMIF), self.attach(VHOST)

        self.exchange_frames(memif, vhost, length=2048)

    def test_a_port_is_up_while_its_peer_is_there(self):
        acme = self.order()
        for port in (MEMIF, VHOST):
            self.assertEqual("down", self.port(port)["oper_state"], "nobody has come yet")
        memif, vhost = self.attach(MEMIF), self.attach(VHOST)
        self.exchange_frames(memif, vhost)

        self.detach(VHOST)
        self.assertEqual(BURST, memif.send(frame(100), BURST))
        self.await_drops(acme, MEMIF, "link_down", BURST)
        self.await_log(f"port '{VHOST}': link down")  # links are looked at ten times a second
        vhost = self.attach(VHOST)
        self.exchange_frames(memif, vhost)

        self.detach(MEMIF, by="quit")
        self.assertEqual(BURST, vhost.send(frame(200), BURST))
        self.await_drops(acme, VHOST, "link_down", BURST)
        self.await_log(f"port '{MEMIF}': link down")
        self.exchange_frames(self.attach(MEMIF), vhost)
        for port in (MEMIF, VHOST):
            self.await_log(f"port '{port}': link up")

    def await_log(self, line):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while line not in self.daemon.log():
            self.assertLess(time.monotonic(), deadline, f"the log never says: {line}")
            time.sleep(0.01)

    def await_drops(self, acme, end, reason, count):
        deadline = time.monotonic() + DEADLINE_SECONDS
        drops = None
        while drops != str(count):
            self.assertLess(time.monotonic(), deadline, f"{reason} stays at {drops}")
            drops = acme.get("/v1/circuits/line/counters")["endpoints"][end]["drops"][reason]

    def test_peers_come_and_go_many_times_without_a_lost_buffer(self):
        self.order()
        for round_number in range(10):
            with self.subTest(round=round_number):
                memif, vhost = self.attach(MEMIF), self.attach(VHOST)
                self.exchange_frames(memif, vhost)
                self.detach(VHOST, by="quit" if round_number % 2 else "kill")
                self.detach(MEMIF, by="quit" if round_number % 2 else "kill")

        self.assertEqual(0, self.daemon.stop(signal.SIGTERM), self.daemon.log())
        self.assertNotIn("never freed", self.daemon.log())

    def test_a_killed_daemon_starts_again_over_its_sockets(self):
        self.order()
        self.daemon.kill()
        for name in ("memif.sock", "vhost.sock"):
            self.assertTrue(os.path.exists(f"{self.folder}/{name}"), "what the next start has to cope with")

        self.start()

        self.exchange_frames(self.attach(MEMIF), self.attach(VHOST))

    def test_says_who_is_trusted(self):
        trusted = [line for line in self.daemon.log().splitlines() if "trusts the program at its other end" in line]

        self.assertEqual(1, len(trusted), trusted)
        self.assertIn(f"port '{MEMIF}': net_memif", trusted[0])


class CallingTest(SocketPorts):
    """The peers make the sockets and are there first."""

    def setUp(self):
        super().setUp()
        self.use(self.called)

    def test_frames_pass_both_ways(self):
        for port in (MEMIF, VHOST):
            self.peers[port] = FramePeer(FRAME_PEER, self.served[port])
        self.start()
        for port in (MEMIF, VHOST):
            self.await_port(port, "up")
        self.order()

        self.exchange_frames(self.peers[MEMIF], self.peers[VHOST])

        self.assertEqual(0, self.daemon.stop(signal.SIGTERM), self.daemon.log())
        self.assertNotIn("never freed", self.daemon.log())


if __name__ == "__main__":
    STROWGERD, FRAME_PEER = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main(verbosity=2)
