#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the peers are told, and how their words are read."""

import socket
import struct
import threading
import tempfile
import unittest

import support  # noqa: F401
import machine
import openflow
import ovs
import side_by_side
import two_processes
from outcome import NotMeasured, Outcome


class Rules(unittest.TestCase):
    def test_each_circuit_gets_the_translation_that_ours_has(self):
        rules = list(openflow.rewrite_rules(4_001, 3, 2, 2, True))
        self.assertEqual(2 + 4_001, len(rules), "one for each S-VLAN, one for each circuit")
        self.assertIn("in_port=3,dl_vlan=3,actions=pop_vlan,load:3->NXM_NX_REG0[],resubmit(,2)", rules[1])
        self.assertEqual("table=2,priority=10,reg0=3,dl_vlan=2,actions=meter:4001,mod_vlan_vid:12,push_vlan:0x88a8,mod_vlan_vid:103,output:2",
                         rules[-1])

    def test_without_meters_no_rule_names_one(self):
        self.assertFalse(any("meter" in rule for rule in openflow.rewrite_rules(10, 1, 2, 1, False)))


class OpenFlow(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = f"{folder.name}/mgmt"
        self.listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listener.close)
        self.listener.bind(self.path)
        self.listener.listen()

    def switch(self, *answers):
        """Says hello, then one answer to each thing it is asked."""
        def run():
            peer, _ = self.listener.accept()
            with peer:
                for answer in (openflow.message(openflow.HELLO), *answers):
                    peer.recv(65536)
                    peer.sendall(answer)
        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        return openflow.Session(self.path)

    def test_port_counters_are_read_from_their_places(self):
        body = struct.pack("!HH4x", openflow.PORT_STATS, 0) + struct.pack("!I4xQQ", 2, 11, 22) + bytes(88)
        session = self.switch(openflow.message(openflow.MULTIPART_REPLY, body))
        self.assertEqual((11, 22), session.port_counters(2))

    def test_a_refused_meter_is_an_error(self):
        session = self.switch(openflow.message(openflow.ERROR, bytes(4)) + openflow.message(openflow.BARRIER_REPLY))
        with self.assertRaises(OSError):
            session.add_meters(1, 1000)


class Ratios(unittest.TestCase):
    def test_ours_is_set_against_each_peer_of_the_same_size(self):
        done = Outcome()
        side_by_side.summarise({("product", 10_000): [40, 44, 42], ("testpmd_mac", 10_000): [20, 21, 22], ("ovs_meter", 10_000): [420],
                                ("product", 1): [30]}, done)
        self.assertEqual(2, done.figures["peers.to_testpmd_mac.10000"])
        self.assertEqual(10, done.figures["peers.ovs_meter_to_ours.10000"])
        self.assertNotIn("peers.to_testpmd_mac.1", done.figures)

    def test_two_processes_are_compared_on_the_same_transport(self):
        done = Outcome()
        two_processes.summarise({("vhost", 10_000, True): [90], ("vhost", 10_000, False): [60], ("memif", 10_000, True): [80]}, done)
        self.assertEqual(1.5, done.figures["two_processes.vhost.to_testpmd_mac.10000"])
        self.assertNotIn("two_processes.memif.to_testpmd_mac.10000", done.figures)

    def test_a_peer_that_is_absent_is_remarked_on(self):
        done, left = Outcome(), []
        with side_by_side.remarking(done, "OVS-DPDK", lambda: left.append(1)):
            raise NotMeasured("not installed")
        self.assertEqual((["OVS-DPDK: not measured: not installed"], [1]), (done.remarks, left))


class Readings(unittest.TestCase):
    def test_misses_are_those_of_polling_threads(self):
        text = "pmd thread numa_id 0 core_id 1:\n  miss with success upcall: 7\n  miss with failed upcall: 2\nmain thread:\n  miss with success upcall: 9\n"
        self.assertEqual(9, ovs.misses(text))

    def test_pages_are_never_more_than_half_of_the_free_memory(self):
        self.assertEqual(4096, machine.pages_to_reserve(8192, 0, 64 << 20))
        self.assertEqual(1024, machine.pages_to_reserve(8192, 0, 4 << 20))
        self.assertEqual(5000, machine.pages_to_reserve(8192, 5000, 1 << 20), "what is there stays")


if __name__ == "__main__":
    unittest.main()
