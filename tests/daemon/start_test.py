#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What strowgerd says when it cannot start: a sentence, a non-zero exit, never a crash.

Usage: start_test.py STROWGERD. Needs neither root nor hugepages nor a NIC.
"""

import copy
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import unittest

STROWGERD = ""
# Only ends a test that has failed.
DEADLINE_SECONDS = 120


def site(folder):
    """A site that starts, on one core that it shares with whatever else runs there."""
    core = min(os.sched_getaffinity(0))
    return {
        "cores": {"control": core, "workers": [{"core": core, "shared": True}]},
        "memory": {"hugepages": "never", "endpoints": 64, "vlan_index_bytes": 262144},
        "ports": [{"name": "a", "device": "net_null0,no-rx=1"}],
        "api": {
            "listen": "127.0.0.1:0",
            "unix_socket": f"{folder}/api.sock",
            "operator_token_file": f"{folder}/token",
        },
        "store": {"path": f"{folder}/strowger.db"},
    }


class StartTest(unittest.TestCase):
    def setUp(self):
        self.folder_holder = tempfile.TemporaryDirectory(prefix="strowgerd-")
        self.folder = self.folder_holder.name
        self.site = site(self.folder)

    def tearDown(self):
        self.folder_holder.cleanup()

    def write_site(self, text=None):
        path = f"{self.folder}/site.yaml"
        with open(path, "w", encoding="utf-8") as file:
            # JSON is YAML.
            file.write(json.dumps(self.site, indent=1) if text is None else text)
        return path

    def start(self, path):
        return subprocess.run(
            [STROWGERD, "--config", path],
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )

    def refused(self, status, *words, text=None):
        done = self.start(self.write_site(text))
        self.assertEqual(status, done.returncode, done.stderr)
        sentence = [line for line in done.stderr.splitlines() if line.startswith("strowgerd: ")]
        self.assertEqual(1, len(sentence), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertNotIn("stw_", done.stderr, "a token must never be logged")
        return done

    # The site file.

    def test_missing_site_file(self):
        done = self.start(f"{self.folder}/none.yaml")

        self.assertEqual(2, done.returncode)
        self.assertIn("none.yaml: No such file or directory", done.stderr)

    def test_bad_yaml_names_its_line(self):
        self.refused(2, "site.yaml:2:", text="cores: {control: 0}\nports: {name: a]\n")

    def test_unknown_key_names_line_key_and_what_is_allowed(self):
        text = json.dumps(self.site).replace('"store"', '\n"stor"')
        self.refused(2, "site.yaml:2:1: stor: unknown key", "allowed here: cores,", text=text)

    def test_all_problems_at_once(self):
        self.site["log"] = {"level": "loud"}
        self.site["ports"].append(copy.copy(self.site["ports"][0]))
        self.refused(2, "log.level", "ports[1].name", "ports[1].device")

    def test_public_address_without_certificate(self):
        self.site["api"]["listen"] = "0.0.0.0:0"
        self.refused(2, "api.listen", "can be reached from other machines")

    # The machine.

    def test_missing_core(self):
        self.site["cores"]["workers"] = [{"core": 1000}]
        self.refused(1, "this machine has no core 1000")

    def test_too_few_hugepages(self):
        self.site["memory"].update(hugepages="required", megabytes=1048576)
        self.refused(1, "too few hugepages", "echo ", "/hugepages-2048kB/nr_hugepages")

    def test_memory_below_what_the_buffers_take(self):
        self.site["memory"].update(megabytes=64)
        self.site["ports"][0].update(buffers="jumbo", rx_descriptors=4096, tx_descriptors=4096)
        done = self.refused(1, "memory.megabytes: 64 are set, ", " are needed on socket ")
        # 8192 descriptors and what a worker holds: 16383 buffers in 12 KiB of plain pages.
        self.assertIn("frame buffers 194 MiB", done.stderr)

    def test_memory_below_what_the_tables_take(self):
        self.site["memory"].update(megabytes=64, endpoints=4000000)
        done = self.refused(1, "memory.megabytes: 64 are set, ", " are needed on socket ", "endpoints")
        self.assertIn("tables 978 MiB", done.stderr)

    # Devices.

    def test_missing_nic(self):
        self.site["ports"][0]["device"] = "ffff:1f:1f.7"
        self.refused(1, "port 'a'", "no PCI device ffff:1f:1f.7", "lspci -D")

    def test_missing_interface(self):
        self.site["ports"][0]["device"] = "net_af_xdp0,iface=stw-nosuch"
        self.refused(1, "port 'a'", "there is no interface 'stw-nosuch'", "ip link")

    def test_device_without_interface(self):
        self.site["ports"][0]["device"] = "net_af_packet0"
        self.refused(1, "port 'a'", "iface=NAME")

    def test_unknown_driver(self):
        self.site["ports"][0]["device"] = "net_nosuch0"
        self.refused(1, "port 'a' (net_nosuch0)", "cannot open the device")

    def test_occupied_interface(self):
        index = socket.if_nametoindex("lo")
        self.site["ports"][0]["device"] = "net_af_packet0,iface=lo"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as holder:
            holder.bind(f"\0strowger/netdev/{index}")
            self.refused(1, "port 'a'", "another strowgerd", "'lo'")

    # Ports that are sockets.

    def test_memif_without_a_role(self):
        self.site["ports"][0]["device"] = "net_memif0"
        self.refused(1, "port 'a' (net_memif0)", "role=server", "role=client")

    def test_memif_that_would_show_all_memory(self):
        self.site["ports"][0]["device"] = "net_memif0,role=client,zero-copy=yes"
        self.refused(1, "port 'a'", "zero-copy", "leave it out")

    def test_memif_client_without_a_server(self):
        device = f"net_memif0,role=client,socket-abstract=no,socket={self.folder}/none.sock"
        self.site["ports"][0]["device"] = device
        self.refused(1, "port 'a'", "none.sock", "start the program that serves it first")
        # Without a file there is nothing to see beforehand.
        self.site["ports"][0]["device"] = f"net_memif0,role=client,socket={self.folder}/none"
        self.refused(1, "port 'a'", "A memif client needs its server")

    def test_vhost_user_without_a_socket(self):
        self.site["ports"][0]["device"] = "net_vhost0"
        self.refused(1, "port 'a'", "iface=/run/strowger/NAME.sock")

    def test_virtio_user_without_a_backend(self):
        self.site["ports"][0]["device"] = f"net_virtio_user0,path={self.folder}/none.sock"
        self.refused(1, "port 'a'", "none.sock", "server=1")

    def test_socket_in_a_missing_folder(self):
        self.site["ports"][0]["device"] = f"net_vhost0,iface={self.folder}/none/a.sock"
        self.refused(1, "port 'a'", f"{self.folder}/none, does not exist")

    def test_socket_of_another_process(self):
        path = f"{self.folder}/a.sock"
        for device, kind in (
            (f"net_vhost0,iface={path}", socket.SOCK_STREAM),
            (f"net_memif0,role=server,socket-abstract=no,socket={path}", socket.SOCK_SEQPACKET),
        ):
            self.site["ports"][0]["device"] = device
            with self.subTest(device=device), socket.socket(socket.AF_UNIX, kind) as holder:
                holder.bind(path)
                holder.listen()
                self.refused(1, "port 'a'", f"another process serves {path}")
            os.unlink(path)

    def test_file_where_a_socket_should_be(self):
        path = f"{self.folder}/a.sock"
        with open(path, "w", encoding="ascii") as file:
            file.write("kept")
        self.site["ports"][0]["device"] = f"net_vhost0,iface={path}"
        self.refused(1, "port 'a'", path, "is not a socket")
        self.assertTrue(os.path.exists(path), "nothing of others is removed")

    def test_socket_with_too_long_a_path(self):
        self.site["ports"][0]["device"] = f"net_vhost0,iface={self.folder}/{'x' * 107}"
        self.refused(1, "port 'a'", "at most 107")

    def test_socket_with_a_relative_path(self):
        self.site["ports"][0]["device"] = "net_vhost0,iface=a.sock"
        self.refused(1, "port 'a'", "'a.sock' needs an absolute path")

    # What the API and the store need.

    def test_occupied_tcp_port(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            self.site["api"]["listen"] = f"127.0.0.1:{port}"
            self.refused(1, str(port), "ddress already in use")

    def test_unix_socket_of_a_live_process(self):
        with socket.socket(socket.AF_UNIX) as holder:
            holder.bind(self.site["api"]["unix_socket"])
            holder.listen()
            self.refused(1, self.site["api"]["unix_socket"])

    def test_unreadable_certificate(self):
        missing = f"{self.folder}/none.pem"
        self.site["api"]["tls"] = {"certificate": missing, "key": missing}
        self.refused(1, missing)

    def test_store_that_is_none(self):
        with open(self.site["store"]["path"], "wb") as file:
            file.write(b"these are not the bytes of a database" * 1000)
        self.refused(1, self.site["store"]["path"])

    def test_store_in_a_missing_folder(self):
        self.site["store"]["path"] = f"{self.folder}/none/strowger.db"
        self.refused(1, "none/strowger.db")

    def test_token_file_in_a_missing_folder(self):
        self.site["api"]["operator_token_file"] = f"{self.folder}/none/token"
        self.refused(1, "token file", "No such file or directory")

    def test_command_line(self):
        for arguments in (["--nosuch"], ["extra"], ["--config"]):
            done = subprocess.run(
                [STROWGERD, *arguments], capture_output=True, text=True, check=False
            )
            self.assertEqual(2, done.returncode)
            self.assertIn("usage: strowgerd", done.stderr)

    def test_check_starts_nothing(self):
        path = self.write_site()
        done = subprocess.run(
            [STROWGERD, "--check", "--config", path], capture_output=True, text=True, check=False
        )

        self.assertEqual((0, ""), (done.returncode, done.stderr))
        self.assertFalse(os.path.exists(self.site["store"]["path"]))

    # And what it does when it can.

    def tells_what_memory_went_to(self, log):
        self.assertIn("64 endpoints: slots 1 MiB, VLAN index 1 MiB, rings and counters 1 MiB; ", log)
        self.assertRegex(log, r"info +standard frame buffers on socket \d+: 4095 of 2368 bytes, 18 MiB")
        taken, of = re.search(r"info +memory on socket \d+: (\d+) MiB taken of (\d+) MiB in pages of 4 KiB", log).groups()
        # Sized to need: what is left is the margin, and what rounding up adds.
        self.assertLess(int(of) - int(taken), 10, log)

    def test_starts_over_a_stale_socket_and_stops_in_good_order(self):
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(self.site["api"]["unix_socket"])
        ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(ready.close)
        ready.bind(f"{self.folder}/notify.sock")
        ready.settimeout(DEADLINE_SECONDS)
        with subprocess.Popen(
            [STROWGERD, "--config", self.write_site()],
            env={**os.environ, "NOTIFY_SOCKET": f"{self.folder}/notify.sock"},
            stderr=subprocess.PIPE,
            text=True,
        ) as daemon:
            try:
                told = ready.recv(200)
                while told.startswith(b"STATUS="):  # how far the restoring is
                    told = ready.recv(200)
                self.assertEqual(b"READY=1", told)
                with socket.socket(socket.AF_UNIX) as client:
                    client.connect(self.site["api"]["unix_socket"])
                    client.sendall(b"GET /v1/livez HTTP/1.1\r\nHost: x\r\n\r\n")
                    self.assertIn(b"200 OK", client.recv(100))
                daemon.send_signal(signal.SIGTERM)
                self.assertEqual(b"STOPPING=1", ready.recv(100))
                log = daemon.communicate(timeout=DEADLINE_SECONDS)[1]
            finally:
                daemon.kill()
        self.assertEqual(0, daemon.returncode, log)
        self.assertNotIn("never freed", log)
        self.tells_what_memory_went_to(log)
        token = self.site["api"]["operator_token_file"]
        self.assertEqual(0o600, stat.S_IMODE(os.stat(token).st_mode))
        with open(token, encoding="ascii") as file:
            self.assertNotIn(file.read().strip(), log)


if __name__ == "__main__":
    STROWGERD = sys.argv.pop(1)
    unittest.main(verbosity=2)
