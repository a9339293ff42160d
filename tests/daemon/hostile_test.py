#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that behave badly towards strowgerd, and ends of strowgerd in the middle of their requests.

Usage: hostile_test.py STROWGERD. Needs neither root nor hugepages nor a NIC.
"""

import json
import os
import signal
import sys
import tempfile
import unittest

from start_test import site
from strowgerd_process import DEADLINE_SECONDS, Strowgerd

STROWGERD = ""
HOST = b"Host: x\r\n"


class HostileTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="strowgerd-")
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        self.site = site(self.folder)
        self.start()

    def start(self):
        self.daemon = Strowgerd(STROWGERD, self.folder, self.site)
        self.addCleanup(self.daemon.kill)
        self.token = f"Authorization: Bearer {self.daemon.token}\r\n".encode()

    def connect(self, *pieces):
        """A connection that has sent this much, and stays open."""
        connection = self.daemon.connect()
        self.addCleanup(connection.close)
        for piece in pieces:
            connection.sendall(piece)
        return connection

    def get(self, path, *fields):
        return b"GET " + path + b" HTTP/1.1\r\n" + HOST + self.token + b"".join(fields) + b"\r\n"

    def post(self, name):
        body = json.dumps({"name": name}).encode()
        head = b"POST /v1/tenants HTTP/1.1\r\nContent-Type: application/json\r\n" + HOST + self.token
        return head + b"Content-Length: %d\r\n\r\n" % len(body), body

    def answer(self, connection, until=None):
        """All that comes until the server closes, or until this much has come."""
        received = b""
        try:
            while until is None or received.count(until) == 0:
                chunk = connection.recv(65536)
                if not chunk:
                    break
                received += chunk
        except ConnectionResetError:
            pass
        return received

    def answers_at_once(self):
        """Whether somebody else is served while these clients are there."""
        reply = self.answer(self.connect(self.get(b"/v1/version", b"Connection: close\r\n")))
        self.assertTrue(reply.startswith(b"HTTP/1.1 200 OK"), reply)

    def slow_clients(self):
        """One in every phase of a request."""
        head, body = self.post("halfway")
        return [
            self.connect(),
            self.connect(b"GET /v1/li"),
            self.connect(head),
            self.connect(head, body[:5]),
            self.connect(b"\r\n" * 100),
            self.connect(b"POST /v1/tenants HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"),
            self.connect(self.get(b"/v1/tenants") * 400),  # and reads none of the answers
        ]

    def test_slow_clients_keep_nobody_waiting(self):
        clients = self.slow_clients()
        self.answers_at_once()
        half = self.answer(clients[3])
        self.assertIn(b"HTTP/1.1 408 ", half)
        self.answers_at_once()
        self.assertEqual(0, self.daemon.stop(signal.SIGTERM), self.daemon.log())

    def test_pipelined_requests_are_answered_in_order(self):
        paths = [b"/v1/livez", b"/v1/version", b"/v1/nothing", b"/v1/readyz"] * 100
        pipeline = b"".join(self.get(path) for path in paths) + self.get(b"/v1/livez", b"Connection: close\r\n")
        reply = self.answer(self.connect(pipeline))
        statuses = [int(part.split(b" ", 1)[0]) for part in reply.split(b"HTTP/1.1 ")[1:]]
        self.assertEqual([200, 200, 404, 200] * 100 + [200], statuses)

    def test_sigterm_lets_a_request_that_is_under_way_end(self):
        head, body = self.post("last")
        under_way = self.connect(head, body[:5])
        clients = self.slow_clients()
        self.answers_at_once()
        self.daemon.process.send_signal(signal.SIGTERM)
        idle = self.answer(clients[0])  # closed by the stop, which has begun when this returns
        self.assertEqual(b"", idle)
        under_way.sendall(body[5:])
        reply = self.answer(under_way)
        self.assertTrue(reply.startswith(b"HTTP/1.1 201 "), reply)
        self.assertIn(b"Connection: close", reply)
        self.assertEqual(0, self.daemon.process.wait(timeout=DEADLINE_SECONDS), self.daemon.log())
        self.assertIn("stopped", self.daemon.log())
        self.assertFalse(os.path.exists(self.site["api"]["unix_socket"]))

        self.start()
        self.assertIn(b'"name":"last"', self.answer(self.connect(self.get(b"/v1/tenants/last")), b'"last"'))

    def test_sigkill_loses_nothing_that_was_answered(self):
        for turn in range(5):
            writer, answered = self.connect(), []
            self.slow_clients()
            for number in range(20):
                name = f"t{turn}-{number}"
                head, body = self.post(name)
                writer.sendall(head + body)
                if number == 19:
                    break  # this one is on its way when the process ends
                self.assertIn(b"HTTP/1.1 201 ", self.answer(writer, b'"warnings":[]}'))
                answered.append(name)
            self.assertEqual(-signal.SIGKILL, self.daemon.stop(signal.SIGKILL))
            self.start()
            listed = self.answer(self.connect(self.get(b"/v1/tenants?limit=1000", b"Connection: close\r\n")))
            names = {each["spec"]["name"] for each in json.loads(listed.partition(b"\r\n\r\n")[2])["data"]}
            self.assertLessEqual(set(answered), names)
            self.assertLessEqual({name for name in names if name.startswith(f"t{turn}-")}, {*answered, name})
            self.assertNotIn("halfway", names)


if __name__ == "__main__":
    STROWGERD = sys.argv.pop(1)
    unittest.main(verbosity=2)
