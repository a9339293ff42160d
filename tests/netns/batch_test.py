# SPDX-License-Identifier: Apache-2.0
"""A batch is there whole or not at all, whenever the daemon is killed; and what was answered forwards frames."""

import http.client
import os
import random
import threading
import time

import e2e
import raw
from lab import c_tag

MEMBERS = 2_000
KILLS = 50 if e2e.SOAK else 6
SEED = int(os.environ.get("STROWGER_SEED", random.SystemRandom().randrange(1 << 32)))


class BatchTest(e2e.ExchangeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme = e2e.Customer(cls.exchange, "acme")
        for port in ("a", "b"):
            cls.acme.uni(port)
        cls.random = random.Random(SEED)
        print(f"\nSTROWGER_SEED={SEED}")

    def test_kill_9_takes_a_batch_whole_or_not_at_all(self):
        # How long a batch takes tells when a kill may hit something.
        begin = time.monotonic()
        self.send("measure", "create").expect(200)
        span = time.monotonic() - begin
        self.send("measure-delete", "delete").expect(200)
        whole = answered = 0
        for number in range(KILLS):
            verb, key = ("create", "delete")[whole % 2], f"round-{number}"
            reply = self.killed_after(self.random.uniform(0, span), key, verb)
            self.exchange.start()
            self.acme.api.close()
            before, after = (0, MEMBERS) if verb == "create" else (MEMBERS, 0)
            there = len(self.acme.api.list("/v1/circuits"))
            self.assertIn(there, (before, after), "half a batch is there")
            if reply is not None:
                self.assertEqual((reply.status, there), (200, after), "an answered batch is gone")
            # The same request again: done once, whatever came of the first.
            orders = self.order_count()
            again = self.send(key, verb).expect(200)
            self.assertEqual(again["created"] + again["deleted"], MEMBERS)
            self.assertEqual(self.order_count() - orders, 0 if there == after else MEMBERS)
            self.assertEqual(len(self.acme.api.list("/v1/circuits")), after)
            if verb == "create":
                self.assert_forwards(self.random.randrange(MEMBERS))
            answered += reply is not None
            whole += 1
        print(f"\n  {KILLS} times killed, {answered} batches answered before")

    def killed_after(self, seconds, key, verb):
        """The reply, when it came before the kill."""
        replies = []

        def ask():
            try:
                replies.append(self.send(key, verb))
            except (OSError, http.client.HTTPException):
                pass

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(seconds)
        self.exchange.kill()
        asking.join()
        return replies[0] if replies else None

    def send(self, key, verb):
        def member(number):
            name = f"c-{number}"
            if verb == "delete":
                return name
            return e2e.eline(name, ("a", {"c_vlans": [1 + number]}), ("b", {"c_vlans": [1 + number]}))

        body = {verb: [member(number) for number in range(MEMBERS)]}
        return self.acme.api.request("POST", "/v1/circuits:batch", body, key=key)

    def order_count(self):
        return self.acme.api.get("/v1/orders?limit=1&count=true")["count"]

    def assert_forwards(self, number):
        a, b = self.sites["a"], self.sites["b"]
        mark = f"circuit {number} {time.monotonic_ns()}".encode()
        with raw.RawPort(a) as sender, raw.RawPort(b) as receiver:
            sender.send(raw.frame(b.mac, a.mac, [c_tag(1 + number)], mark))
            self.assertIsNotNone(receiver.expect(lambda frame: mark in frame))


if __name__ == "__main__":
    e2e.main()
