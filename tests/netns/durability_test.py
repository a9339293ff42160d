# SPDX-License-Identifier: Apache-2.0
"""What is answered with 201 is on the disk, not only in the kernel's memory; and a disk that fails stops nothing else.

kill -9 leaves the page cache, so it cannot tell a commit that was synced from one that was not. strace can: it shows
a completed fdatasync of the write-ahead log between each request and its 201, and lets fdatasync fail.
"""

import os
import re
import signal
import subprocess
import time

import e2e
import raw
from lab import c_tag

CREATES = 200 if e2e.SOAK else 20
# "1234 sendmsg(" and "1234 <... sendmsg resumed>": thread, call. -y names files behind descriptors.
RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$")
CALL = re.compile(r"^(\d+) +(\w+)\((.*)$")
SYNCS = ("fdatasync", "fsync")


class DurabilityTest(e2e.ExchangeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme = e2e.Customer(cls.exchange, "acme")
        for port in ("a", "b"):
            cls.acme.uni(port)
        cls.acme.order("steady", ("a", {"c_vlans": [4000]}), ("b", {"c_vlans": [4000]}))

    def create(self, name, vid):
        spec = e2e.eline(name, ("a", {"c_vlans": [vid]}), ("b", {"c_vlans": [vid]}))
        return self.acme.api.request("POST", "/v1/circuits", spec, key=name)

    def trace(self, *options):
        """strace on the running daemon, attached when this returns."""
        log = f"{self.directory}/strace.log"
        command = ["strace", "-f", "-y", "-s", "64", "-o", log, *options, "-p", str(self.exchange.process.pid)]
        tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        threads = len(os.listdir(f"/proc/{self.exchange.process.pid}/task"))
        attached = 0
        while attached < threads:
            line = tracer.stderr.readline()
            self.assertTrue(line, "strace ended before it was attached")
            attached += len(re.findall(r"[Pp]rocess \d+ attached", line))
            if found := re.search(r"attached with (\d+) threads", line):
                attached = int(found.group(1))
        return tracer, log

    @staticmethod
    def release(tracer):
        tracer.send_signal(signal.SIGINT)
        tracer.wait(10)
        tracer.stderr.close()

    def test_each_201_comes_after_its_log_is_synced(self):
        tracer, log = self.trace("-e", "trace=fdatasync,fsync,recvmsg,recvfrom,read,readv,sendmsg,sendto,write,writev")
        try:
            for number in range(CREATES):
                self.create(f"synced-{number}", 1 + number).expect(201)
        finally:
            self.release(tracer)

        with open(log, encoding="utf-8", errors="replace") as file:
            replies = synced_replies(file)

        print(f"\n  {len(replies)} replies with 201, {sum(replies)} after a completed sync of the log")
        self.assertEqual(replies, [True] * CREATES)

    def test_a_failing_disk_refuses_writes_and_forwards_on(self):
        self.assertTrue(self.steady_forwards())
        tracer, _ = self.trace("-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:error=EIO")
        try:
            refused = self.create("unlucky", 3000)
            self.assertEqual(refused.status, 503)
            self.assertEqual(refused.body["code"], "unavailable")
            self.assertTrue(self.steady_forwards())
        finally:
            self.release(tracer)

        # The disk answers again, but what the kernel dropped is not known: no write until a restart.
        self.assertEqual(self.create("later", 3001).status, 503)
        self.assertEqual(self.acme.api.get("/v1/circuits/steady")["spec"]["name"], "steady")
        self.assertEqual(self.acme.api.request("GET", "/v1/readyz").status, 503)
        self.assertTrue(self.steady_forwards())

        self.exchange.kill()
        self.exchange.start()
        self.acme.api.close()
        self.assertTrue(self.steady_forwards())
        self.assertEqual(self.create("unlucky", 3000).status, 201)

    def steady_forwards(self):
        a, b = self.sites["a"], self.sites["b"]
        mark = f"steady {time.monotonic_ns()}".encode()
        with raw.RawPort(a) as sender, raw.RawPort(b) as receiver:
            sender.send(raw.frame(b.mac, a.mac, [c_tag(4000)], mark))
            return receiver.expect(lambda frame: mark in frame) is not None


def synced_replies(lines):
    """For each 201: whether the write-ahead log was synced, with success, since the request was read."""
    unfinished, replies, synced = {}, [], False
    for line in lines:
        line = line.rstrip("\n")
        if resumed := RESUMED.match(line):
            thread, name, rest = resumed.groups()
            arguments = unfinished.pop((thread, name), "") + rest
        elif call := CALL.match(line):
            thread, name, arguments = call.groups()
            if arguments.endswith("<unfinished ...>"):
                unfinished[thread, name] = arguments
                if not (name not in SYNCS and "HTTP/1.1 201" in arguments):
                    continue
        else:
            continue
        if name in SYNCS:
            synced = synced or ("-wal>" in arguments and arguments.endswith("= 0"))
        elif "POST /v1/circuits" in arguments:
            synced = False
        elif "HTTP/1.1 201" in arguments and resumed is None:
            replies.append(synced)
    return replies


if __name__ == "__main__":
    e2e.main()
