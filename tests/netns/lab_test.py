# SPDX-License-Identifier: Apache-2.0
"""The lab itself, over a kernel bridge in place of the exchange: the other tests trust what is proven here."""

import unittest

import e2e
import netns
import raw
import traffic
from lab import Lab, Tag, c_tag, s_tag

STACKS = [
    (),
    (c_tag(100),),
    (s_tag(100),),
    (Tag(0x9100, 9),),
    (s_tag(100), c_tag(7)),
    (c_tag(5), c_tag(6)),
    (Tag(0x9100, 9), c_tag(1)),
    (s_tag(4094, pcp=5), Tag(0x9100, 1, pcp=3)),
]


class LabTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab("self"))
        cls.a, cls.b = cls.lab.site("a"), cls.lab.site("b")
        netns.sh("ip", "link", "add", "stw-self-bridge", "type", "bridge")
        for site in (cls.a, cls.b):
            netns.sh("ip", "link", "set", site.port_interface, "master", "stw-self-bridge")
        netns.sh("ip", "link", "set", "stw-self-bridge", "up")

    def setUp(self):
        for site in (self.a, self.b):
            for attachment in list(site.attachments):
                site.detach(attachment)

    def test_hosts_talk_through_every_tag_stack_and_the_wire_carries_it(self):
        for index, tags in enumerate(STACKS):
            with self.subTest(tags=tags):
                here = self.a.attach(f"10.1.{index}.1/24", *tags)
                there = self.b.attach(f"10.1.{index}.2/24", *tags)

                with traffic.Capture(self.b) as capture:
                    result = traffic.ping(self.a, there.ip, size=1472)
                    frames = capture.stop()

                self.assertEqual(result.received, 3)
                wire = raw.frame("ff:ff:ff:ff:ff:ff", self.a.mac, tags, ethertype=0x0806)[: 14 + 4 * len(tags)]
                self.assertEqual(frames[0].data[: len(wire)].hex(), wire.hex())
                self.assertEqual(max(frame.length for frame in frames), 1514 + 4 * len(tags))
                self.a.detach(here)
                self.b.detach(there)

    def test_a_host_hears_only_its_own_tags(self):
        there = self.b.attach("10.1.0.2/24", s_tag(100), c_tag(7))
        one_tag, wrong_vids = [(c_tag(100),), (s_tag(100),)], [(s_tag(100), c_tag(8)), (s_tag(101), c_tag(7))]
        for tags in [(), *one_tag, *wrong_vids, (c_tag(100), c_tag(7))]:
            with self.subTest(tags=tags):
                here = self.a.attach("10.1.0.1/24", *tags)

                result = traffic.ping(self.a, there.ip, wait_s=0.2)

                self.assertEqual(result.received, 0)
                self.a.detach(here)

    def test_a_frame_of_one_circuit_under_the_tags_of_another_is_not_heard(self):
        # Both sites know both circuits; a's program is told to swap the tags, as a broken exchange would.
        self.b.attach("10.1.1.2/24", c_tag(1))
        self.b.attach("10.1.2.2/24", c_tag(2))
        self.a.attach("10.1.1.1/24", c_tag(2))
        self.a.attach("10.1.2.1/24", c_tag(1))

        results = [traffic.ping(self.a, address, wait_s=0.2).received for address in ("10.1.1.2", "10.1.2.2")]

        self.assertEqual(results, [0, 0])

    def test_raw_frames_arrive_byte_for_byte(self):
        with raw.RawPort(self.a) as sender, raw.RawPort(self.b) as receiver:
            for tags in STACKS:
                with self.subTest(tags=tags):
                    sent = raw.frame(self.b.mac, self.a.mac, tags, b"payload")

                    sender.send(sent)

                    self.assertEqual(receiver.expect(lambda frame: b"payload" in frame), sent)

    def test_a_cut_cable_loses_frames_and_a_mended_one_does_not(self):
        self.a.attach("10.1.0.1/24", c_tag(1))
        self.b.attach("10.1.0.2/24", c_tag(1))
        self.b.set_link(False)
        cut = traffic.ping(self.a, "10.1.0.2", wait_s=0.2).received
        self.b.set_link(True)

        self.assertEqual(cut, 0)
        self.assertTrue(traffic.wait_for_ping(self.a, "10.1.0.2"))


if __name__ == "__main__":
    e2e.main()
