# SPDX-License-Identifier: Apache-2.0
"""What got a 201 is there after a restart, after kill -9 too, and forwards frames."""

import http.client
import os
import random
import threading

import e2e
import raw
import traffic
from lab import c_tag, s_tag

# One circuit a C-VLAN: when they run out, all are deleted.
VLANS_MAX = 4_000
# An S-VLAN mapped by C-VLANs takes an index block, and a site has 512.
S_VLANS = 100
KILLS = 50 if e2e.SOAK else 3
SEED = int(os.environ.get("STROWGER_SEED", random.SystemRandom().randrange(1 << 32)))


def s_vlan_of(vid):
    return 1 + vid % S_VLANS


class RestartTest(e2e.ExchangeTest):
    """Site a has a C-VLAN UNI, b an S-VLAN UNI, so that a frame that arrives proves the whole rewrite."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme = e2e.Customer(cls.exchange, "acme")
        cls.acme.uni("a")
        cls.acme.uni("b", tpid="0x88a8")
        print(f"\nSTROWGER_SEED={SEED}")
        cls.vids = {}
        cls.random = random.Random(SEED)

    def test_circuits_forward_again_after_an_orderly_restart(self):
        self.addCleanup(self.detach_all)
        created = self.acme.order("orderly", ("a", {"c_vlans": [4000]}), ("b", {"s_vlan": 4000, "c_vlans": [40]}))
        self.addCleanup(self.acme.api.delete, "/v1/circuits/orderly")
        self.sites["a"].attach("10.0.0.1/24", c_tag(4000))
        self.sites["b"].attach("10.0.0.2/24", s_tag(4000), c_tag(40))
        before = traffic.ping(self.sites["a"], "10.0.0.2").received

        self.exchange.stop()
        # With net_tap the interfaces go with the daemon.
        veth = self.exchange.driver == "net_af_xdp"
        down = traffic.ping(self.sites["a"], "10.0.0.2", wait_s=0.2).received if veth else 0
        self.exchange.start()
        self.acme.api.close()

        self.assertEqual((before, down), (3, 0))
        self.assertTrue(traffic.wait_for_ping(self.sites["a"], "10.0.0.2"))
        again = self.acme.api.get("/v1/circuits/orderly")
        for member in ("id", "generation", "spec"):
            self.assertEqual(again[member], created[member])

    def test_kill_9_loses_nothing_that_was_answered(self):
        answered, asked, total = {}, set(), 0
        for round_number in range(KILLS):
            pending = self.create_until_killed(answered, asked, round_number)
            self.exchange.start()
            self.acme.api.close()
            if pending is not None:
                self.replay(pending, answered)
            there = {circuit["spec"]["name"]: circuit["id"] for circuit in self.acme.api.list("/v1/circuits")}
            self.assertLessEqual(answered.items(), there.items(), "an answered circuit is gone")
            self.assertLessEqual(set(there), asked, "a circuit exists that nobody asked for")
            self.assert_forwards(there)
            if len(asked) > VLANS_MAX // 2:
                total += len(answered)
                self.delete_all(answered, asked)
        total += len(answered)
        print(f"\n  {KILLS} times killed; {total} circuits answered, all there and forwarding")
        self.assertGreater(total, KILLS, "the kills came before anything could be answered")

    def delete_all(self, answered, asked):
        for circuit in self.acme.api.list("/v1/circuits"):
            self.acme.api.delete(f"/v1/circuits/{circuit['id']}")
        answered.clear()
        asked.clear()

    def create_until_killed(self, answered, asked, round_number):
        """Creates circuits one by one until SIGKILL at a random moment; returns the name without an answer."""
        process = self.exchange.process
        killer = threading.Timer(self.random.uniform(0.02, 0.4), process.kill)
        killer.start()
        try:
            for number in range(VLANS_MAX - len(asked)):
                name = f"k-{round_number}-{number}"
                asked.add(name)
                try:
                    reply = self.acme.api.request("POST", "/v1/circuits", self.spec_of(name, len(asked)), key=name)
                except (OSError, http.client.HTTPException):
                    return name
                answered[name] = reply.expect(201)["id"]
            raise AssertionError("every VLAN was used before the kill came")
        finally:
            killer.join()
            self.exchange.kill()

    def spec_of(self, name, vid):
        self.vids[name] = vid
        return e2e.eline(name, ("a", {"c_vlans": [vid]}), ("b", {"s_vlan": s_vlan_of(vid), "c_vlans": [vid]}))

    def replay(self, name, answered):
        """The same key again: the outcome of the first time when it was taken, a creation when it was not."""
        spec = self.spec_of(name, self.vids[name])
        first = self.acme.api.request("POST", "/v1/circuits", spec, key=name)
        second = self.acme.api.request("POST", "/v1/circuits", spec, key=name)
        answered[name] = first.expect(201)["id"]
        self.assertEqual((second.status, second.body), (first.status, first.body))
        for known in list(answered)[-5:]:
            again = self.acme.api.request("POST", "/v1/circuits", self.spec_of(known, self.vids[known]), key=known)
            self.assertEqual(again.expect(201)["id"], answered[known])
            self.assertEqual(again.headers.get("Idempotent-Replayed"), "true")

    def assert_forwards(self, there):
        """One raw frame into each circuit at a; each must come out at b under its own tags."""
        a, b = self.sites["a"], self.sites["b"]
        with raw.RawPort(a) as sender, raw.RawPort(b) as receiver:
            for name in there:
                if name not in self.vids:
                    continue
                vid = self.vids[name]
                mark = name.encode().ljust(32, b".")
                sender.send(raw.frame(b.mac, a.mac, [c_tag(vid)], mark))
                wanted = raw.frame(b.mac, a.mac, [s_tag(s_vlan_of(vid)), c_tag(vid)], mark)
                # The sent frame has 60 bytes and grows by a tag; only what was sent is compared.
                got = receiver.expect(lambda frame, mark=mark: mark in frame)
                self.assertIsNotNone(got, f"{name} does not forward")
                self.assertEqual(got[: len(wanted)], wanted)


if __name__ == "__main__":
    e2e.main()
