#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The built `strowger` against the built `strowgerd`: what the manual's first page does, over the socket, over HTTP with
tokens, and the refusals only a real exchange can make. Ports are memory rings, so no NIC, hugepage or namespace is needed.

usage: live_exchange_test.py STROWGER STROWGERD [unittest options]
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

from stub_exchange import wait_until

STROWGER = STROWGERD = ""
SITE = """
cores: {{control: 0, workers: [{{core: {worker}, idle: adaptive, shared: {shared}}}]}}
memory: {{hugepages: never, endpoints: 1024, vlan_index_bytes: 1048576}}
ports:
  - {{name: port-0, device: net_ring0}}
  - {{name: port-1, device: net_ring1}}
api: {{listen: "127.0.0.1:0", unix_socket: {folder}/api.sock, operator_token_file: {folder}/operator.token}}
store: {{path: {folder}/strowger.db}}
"""


class LiveExchange(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="strowger-live-")
        cls.folder = cls.temporary.name
        last = max(os.sched_getaffinity(0))
        site = os.path.join(cls.folder, "site.yaml")
        with open(site, "w", encoding="utf-8") as stream:
            stream.write(SITE.format(folder=cls.folder, worker=last, shared="true" if last == 0 else "false"))
        cls.log_path = os.path.join(cls.folder, "strowgerd.log")
        with open(cls.log_path, "w", encoding="utf-8") as log:
            cls.daemon = subprocess.Popen([STROWGERD, "--config", site], stdout=log, stderr=log)
        cls.environment = {"HOME": cls.folder, "STROWGER_SOCKET": f"{cls.folder}/api.sock", "PATH": "/usr/bin:/bin"}
        wait_until(lambda: "ready: the API is at" in cls.log() or cls.daemon.poll() is not None, "the start", 120)
        if cls.daemon.poll() is not None:
            raise RuntimeError(cls.log())
        cls.url = re.search(r"ready: the API is at (http://\S+)", cls.log()).group(1)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.terminate()
        cls.daemon.wait(60)
        cls.temporary.cleanup()

    @classmethod
    def log(cls):
        with open(cls.log_path, encoding="utf-8") as stream:
            return stream.read()

    def check(self, *words, exit_code=0, **variables):
        done = subprocess.run([STROWGER, *words], capture_output=True, text=True, timeout=60,
                              env={**self.environment, **variables})
        self.assertEqual(done.returncode, exit_code, f"{words}: {done.stdout}{done.stderr}")
        return done

    def data(self, *words, **variables):
        return json.loads(self.check(*words, "-o", "json", **variables).stdout)

    def test_from_an_empty_exchange_to_a_circuit_and_back(self):
        self.assertIn("ready", self.check("status").stdout)
        self.check("tenant", "create", "acme", "--display-name", "Acme Ltd.", "--tag", "contract=2026-17")
        acting = {"STROWGER_TENANT": "acme"}
        self.check("uni", "create", "new-york", "--port", "port-0", **acting)
        self.check("uni", "create", "dc", "--port", "port-1", "--tpid", "0x88a8", "--s-vlans", "100-199", **acting)
        token = self.data("token", "create", "automation", **acting)["secret"]
        customer = {"STROWGER_URL": self.url, "STROWGER_TOKEN": token, "STROWGER_SOCKET": ""}

        made = self.check("circuit", "create", "ny-dc", "--endpoint", "a=new-york:c100", "--endpoint", "z=dc:s100.c100",
                          "--cir", "100M", "--cbs", "128k", **customer)
        self.assertRegex(made.stdout, r"^created circuit ny-dc \(ckt_\w+\) active in \d+\.\d\d ms\n")
        self.assertEqual([c["spec"]["name"] for c in self.data("circuit", "list", **customer)["data"]], ["ny-dc"])

        # A map of another form replaces the old one whole; the etag moves with every change.
        self.check("circuit", "update", "ny-dc", "--endpoint", "z=s101", "--cir", "200M", "--tag", "site=ny", **customer)
        changed = self.data("circuit", "get", "ny-dc", **customer)
        self.assertEqual(changed["spec"]["endpoints"]["z"]["vlan_map"], {"s_vlan": 101})
        self.assertEqual(changed["spec"]["bandwidth"], {"cir_bps": 200000000, "cbs_bytes": 128000})
        self.check("circuit", "update", "ny-dc", "--admin-state", "down", "--if-match", f"{changed['id']}.1", exit_code=5,
                   **customer)
        down = self.check("circuit", "update", "ny-dc", "--admin-state", "down", "--if-match",
                          f"{changed['id']}.{changed['generation']}", **customer)
        self.assertRegex(down.stdout, r"(?m)^  state      down: \S")
        self.assertEqual([c["id"] for c in self.data("circuit", "list", "--tag", "site=ny", **customer)["data"]],
                         [changed["id"]])

        # The same key again: the same answer, and nothing done twice.
        again = ["circuit", "create", "second", "--endpoint", "a=new-york:c101", "--endpoint", "z=dc:s102", "--cir", "1G",
                 "--idempotency-key", "only-once"]
        first, second = self.data(*again, **customer), self.data(*again, **customer)
        self.assertEqual(first["id"], second["id"])
        self.assertIn("already done", self.check(*again, **customer).stdout)
        self.check(*again, "--cbs", "1M", exit_code=2, **customer)

        # What only a real exchange can refuse.
        self.check("circuit", "create", "third", "--endpoint", "a=new-york:c101", "--endpoint", "z=dc:s103", "--cir", "1M",
                   exit_code=5, **customer)
        self.check("circuit", "create", "third", "--endpoint", "a=new-york:c9", "--endpoint", "z=dc:s103", "--cir", "1M",
                   "--cbs", "64", exit_code=2, **customer)
        self.check("port", "list", exit_code=4, **customer)
        self.check("circuit", "get", "nowhere", exit_code=3, **customer)
        self.check("uni", "delete", "dc", "--yes", exit_code=5, **acting)
        self.check("circuit", "list", exit_code=4, **{**customer, "STROWGER_TOKEN": "stw_wrong"})

        # Counters are there; orders tell who did what; all of it can be undone.
        self.assertEqual(set(self.data("circuit", "counters", "ny-dc", **customer)["endpoints"]), {"a", "z"})
        operations = [o["operation"] for o in self.data("order", "list", "--object", changed["id"], **customer)["data"]]
        self.assertEqual(operations, ["create", "update", "update"])
        for name in ("ny-dc", "second"):
            self.check("circuit", "delete", name, "--yes", **customer)
        self.check("circuit", "delete", changed["id"], "--yes", **customer)  # of a deleted id: done already
        self.check("token", "delete", "automation", "--yes", **acting)
        self.check("circuit", "list", exit_code=4, **customer)
        for name in ("new-york", "dc"):
            self.check("uni", "delete", name, "--yes", **acting)
        self.check("tenant", "delete", "acme", "--yes")

    def test_the_operators_token_is_in_its_file(self):
        done = self.check("port", "list", "--url", self.url, "--token-file", f"{self.folder}/operator.token")
        self.assertRegex(done.stdout, r"(?m)^port-0 +(up|down) ")

    def test_skeletons_are_accepted_as_they_are(self):
        tenant = self.check("tenant", "create", "--generate-skeleton", "-o", "json").stdout
        path = os.path.join(self.folder, "tenant.json")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(tenant.replace("acme", "globex"))
        self.check("tenant", "create", "-f", path)
        self.check("uni", "create", "new-york", "--port", "port-0", "--tenant", "globex")
        self.check("uni", "create", "data-centre", "--port", "port-1", "--tenant", "globex")
        for form in ("yaml", "json"):
            path = os.path.join(self.folder, f"circuit.{form}")
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(self.check("circuit", "create", "--generate-skeleton", "-o", form).stdout)
            self.check("circuit", "create", "-f", path, "--tenant", "globex")
            self.check("circuit", "update", "ny-dc", "--replace", "-f", path, "--tenant", "globex")
            self.check("circuit", "delete", "ny-dc", "--yes", "--tenant", "globex")
        for name in ("new-york", "data-centre"):
            self.check("uni", "delete", name, "--yes", "--tenant", "globex")
        self.check("tenant", "delete", "globex", "--yes")


if __name__ == "__main__":
    STROWGER, STROWGERD = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    unittest.main(verbosity=1)
