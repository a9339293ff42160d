# SPDX-License-Identifier: Apache-2.0
"""An exchange whose ports are null devices, for figures about orders: a worker of its own core, a real store, no frames."""

import os
import signal
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lab"))

from api import Api  # noqa: E402

C_VIDS = 4_000  # of one S-VLAN, so that a million circuits take 250 S-VLANs
STARTED_WITHIN_S = 120


def circuit(number, prefix="c"):
    """The spec of one E-Line of many: two tags at both ends."""
    s_vid, c_vid = 1 + number // C_VIDS, 1 + number % C_VIDS
    vlan_map = f'{{"s_vlan":{s_vid},"c_vlans":[{c_vid}]}}'
    return (
        f'{{"name":"{prefix}-{number}","type":"eline","bandwidth":{{"cir_bps":10000000}},"endpoints":'
        f'{{"a":{{"uni":"a","vlan_map":{vlan_map}}},"z":{{"uni":"z","vlan_map":{vlan_map}}}}}}}'
    )


def batch_body(first, count, prefix="c"):
    return ('{"create":[' + ",".join(circuit(number, prefix) for number in range(first, first + count)) + "]}").encode()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class NullExchange:
    """strowgerd over the null ports "a" and "z", with room for `circuits`; its files live in `directory`."""

    def __init__(self, build, directory, circuits, idle="adaptive"):
        self.daemon, self.directory = f"{build}/daemon/strowgerd", directory
        if not os.access(self.daemon, os.X_OK):
            raise SystemExit(f"{self.daemon} is not built: run ninja -C {build} daemon/strowgerd")
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            raise SystemExit("two cores are needed: one for orders and the store, one for a worker")
        self.listen = f"127.0.0.1:{free_port()}"
        self.socket_path, self.log_path = f"{directory}/api.sock", f"{directory}/strowgerd.log"
        self.config_path = f"{directory}/site.yaml"
        self.process = None
        endpoints = 2 * circuits + 64
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(
                f"cores: {{control: {cores[0]}, workers: [{{core: {cores[1]}, idle: {idle}}}]}}\n"
                f"memory: {{hugepages: auto, endpoints: {endpoints}}}\n"
                "ports:\n"
                '  - {name: a, device: "net_null0,no-rx=1"}\n'
                '  - {name: z, device: "net_null1,no-rx=1"}\n'
                f"api: {{listen: \"{self.listen}\", unix_socket: {self.socket_path}, "
                f"operator_token_file: {directory}/operator.token}}\n"
                f"store: {{path: {directory}/strowger.db}}\n"
                f"limits: {{circuits_per_tenant: {max(10_000, circuits + 64)}}}\n"
            )

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def spawn(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([self.daemon, "--config", self.config_path], stdout=log, stderr=log)
        return self.process

    def start(self):
        """Seconds until the API answers."""
        begin = time.monotonic()
        self.spawn()
        while time.monotonic() - begin < STARTED_WITHIN_S:
            if self.process.poll() is not None:
                raise SystemExit(f"strowgerd ended:\n{self.log()[-3000:]}")
            try:
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.connect(self.socket_path)
                return time.monotonic() - begin
            except OSError:
                time.sleep(0.002)
        raise SystemExit(f"strowgerd did not start:\n{self.log()[-3000:]}")

    def stop(self, with_signal=signal.SIGTERM):
        if self.process is not None:
            self.process.send_signal(with_signal)
            self.process.wait(60)
            self.process = None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def operator(self, tenant=None):
        return Api(f"unix:{self.socket_path}", tenant=tenant, timeout_s=60)

    def set_up(self):
        """A tenant with the UNIs "a" and "z"; its token."""
        operator = self.operator()
        tenant = operator.post("/v1/tenants", {"name": "acme"})["id"]
        for port in ("a", "z"):
            self.operator(tenant).post("/v1/unis", {"name": port, "port": port, "tpid": "0x88a8"})
        return operator.post(f"/v1/tenants/{tenant}/tokens", {"name": "bench"})["secret"]

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmRSS"):
                    return int(line.split()[1]) * 1024
        return 0


class Connection:
    """One keep-alive connection with as little of the client in the measured time as Python allows."""

    def __init__(self, listen, token):
        host, port = listen.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._common = f"Host: {listen}\r\nAuthorization: Bearer {token}\r\n"

    def exchange(self, method, path, body=b"", key=None):
        """(seconds, status, header fields, body)."""
        head = f"{method} {path} HTTP/1.1\r\n{self._common}"
        if key:
            head += f"Idempotency-Key: {key}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        request = head.encode() + b"\r\n" + body
        begin = time.perf_counter()
        self._socket.sendall(request)
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._receive()
        lines = data[:end].decode().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        while len(data) < end + 4 + int(fields.get("content-length", "0")):
            data += self._receive()
        return time.perf_counter() - begin, int(lines[0].split()[1]), fields, data[end + 4 :]

    def _receive(self):
        data = self._socket.recv(1 << 20)
        if not data:
            raise SystemExit("strowgerd closed the connection")
        return data


def order_batches(exchange, token, total, size=10_000):
    """Creates circuits 0 to total-1 in batches; what each took, in seconds, and the header fields of its reply."""
    connection = Connection(exchange.listen, token)
    taken = []
    for first in range(0, total, size):
        body = batch_body(first, min(size, total - first))
        seconds, status, fields, reply = connection.exchange("POST", "/v1/circuits:batch", body, f"batch-{first}")
        if status != 200:
            raise SystemExit(f"batch at {first}: {status} {reply[:2000].decode()}")
        taken.append((seconds, fields))
    return taken
