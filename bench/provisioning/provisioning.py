#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a tenant measures: from order to 201, and whether the first frame after it arrives.

Orders circuits one by one over one keep-alive connection, with durable commits, on a worker of its own core. The
process that reads a 201 sends one raw frame into the new circuit at once; another flow runs on a circuit of its own
all the time. Prints percentiles, where the time went, and frames sent and arrived. Figures, no verdict.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import socket
import statistics
import struct
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lab"))

import netns  # noqa: E402
import raw  # noqa: E402
from exchange import Exchange, Programs, Settings, default_workers  # noqa: E402
from lab import Lab, c_tag  # noqa: E402

MARK = b"strowger"
FLOW_VID = 4_000
FLOW_FRAMES_PER_S = 500
COUNT_MAX = FLOW_VID - 1
BANDWIDTH = {"cir_bps": 10_000_000}


def numbered(site, vid, number):
    """A frame of circuit `vid` that says which one of its circuit it is."""
    return raw.frame("02:00:00:00:00:02", site.mac, [c_tag(vid)], MARK + struct.pack("!HI", vid, number))


def listen(site, ready, stop, results):
    """Collects what arrives at `site` until told to stop and nothing comes any more."""
    seen = {}
    with raw.RawPort(site) as port:
        ready.set()
        while True:
            frame = port.receive(0.2)
            if frame is None:
                if stop.is_set():
                    break
                continue
            place = frame.find(MARK)
            if place < 0:
                continue
            vid, number = struct.unpack_from("!HI", frame, place + len(MARK))
            seen.setdefault(vid, []).append(number)
    results.put(seen)


def flow(site, stop, results):
    """An untouched customer: a steady stream on its own circuit."""
    sent = 0
    with raw.RawPort(site) as port:
        start = time.monotonic()
        while not stop.is_set():
            port.send(numbered(site, FLOW_VID, sent))
            sent += 1
            time.sleep(max(0.0, start + sent / FLOW_FRAMES_PER_S - time.monotonic()))
    results.put(sent)


class Orders:
    """One keep-alive connection, with as little of the client in the measured time as Python allows."""

    def __init__(self, address, token):
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout=15)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"POST /v1/circuits HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"

    def create(self, vid):
        """(seconds from the request's first byte to the reply's last, Server-Timing in ms by step)."""
        ends = {name: {"uni": name, "vlan_map": {"c_vlans": [vid]}} for name in ("a", "z")}
        spec = {"name": f"c-{vid}", "type": "eline", "bandwidth": BANDWIDTH, "endpoints": ends}
        body = json.dumps(spec).encode()
        head = f"{self._head}Content-Type: application/json\r\nIdempotency-Key: {vid}\r\nContent-Length: {len(body)}\r\n\r\n"
        request = head.encode() + body
        begin = time.perf_counter()
        self._socket.sendall(request)
        reply = self._read()
        seconds = time.perf_counter() - begin
        return seconds, reply

    def _read(self):
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._receive()
        fields = dict(line.lower().split(": ", 1) for line in data[:end].decode().split("\r\n")[1:])
        while len(data) < end + 4 + int(fields["content-length"]):
            data += self._receive()
        if not data.startswith(b"HTTP/1.1 201"):
            raise SystemExit(f"not a 201: {data.decode()}")
        return fields

    def _receive(self):
        data = self._socket.recv(65536)
        if not data:
            raise SystemExit("strowgerd closed the connection")
        return data


def timings_ms(fields):
    """Server-Timing as numbers: {"commit": 0.31, ...}."""
    steps = {}
    for step in fields.get("server-timing", "").split(","):
        name, _, duration = step.strip().partition(";dur=")
        if duration:
            steps[name] = float(duration)
    return steps


def percentile(values, share):
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def set_up(exchange):
    """A tenant with a UNI at each site and the circuit of the other flow; returns its token."""
    operator = exchange.operator()
    tenant = operator.post("/v1/tenants", {"name": "acme"})["id"]
    token = operator.post(f"/v1/tenants/{tenant}/tokens", {"name": "bench"})["secret"]
    for port in ("a", "z"):
        exchange.operator(tenant=tenant).post("/v1/unis", {"name": port, "port": port})
    ends = {name: {"uni": name, "vlan_map": {"c_vlans": [FLOW_VID]}} for name in ("a", "z")}
    spec = {"name": "flow", "type": "eline", "bandwidth": BANDWIDTH, "endpoints": ends}
    exchange.customer(token).post("/v1/circuits", spec)
    return token


def measure(exchange, sites, count):
    """Runs the orders; returns (latencies in ms, Server-Timing by step, frames at z by circuit, flow sent)."""
    token = set_up(exchange)
    stop_flow, stop_listening, ready = (multiprocessing.Event() for _ in range(3))
    heard, sent = multiprocessing.Queue(), multiprocessing.Queue()
    listener = multiprocessing.Process(target=listen, args=(sites["z"], ready, stop_listening, heard), daemon=True)
    stream = multiprocessing.Process(target=flow, args=(sites["a"], stop_flow, sent), daemon=True)
    listener.start()
    ready.wait()
    stream.start()
    orders = Orders(exchange.settings.listen, token)
    latencies, steps = [], {}
    with raw.RawPort(sites["a"]) as port:
        for vid in range(1, count + 1):
            frame = numbered(sites["a"], vid, 0)
            seconds, fields = orders.create(vid)
            port.send(frame)
            latencies.append(seconds * 1e3)
            for name, duration in timings_ms(fields).items():
                steps.setdefault(name, []).append(duration)
    stop_flow.set()
    flow_sent = sent.get()
    stop_listening.set()
    return latencies, steps, heard.get(), flow_sent


def report(latencies, steps, heard, flow_sent):
    count = len(latencies)
    arrived = sum(1 for vid in range(1, count + 1) if heard.get(vid) == [0])
    figures = {
        "circuits": count,
        "request_to_201_ms": {f"p{share}": round(percentile(latencies, share), 3) for share in (50, 90, 99)},
        "server_timing_p50_ms": {name: round(statistics.median(values), 3) for name, values in steps.items()},
        "first_frames": {"sent": count, "arrived": arrived},
        "other_flow": {"sent": flow_sent, "lost": flow_sent - len(set(heard.get(FLOW_VID, [])))},
    }
    figures["request_to_201_ms"]["max"] = round(max(latencies), 3)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=f"{ROOT}/build", help="build directory (default: build)")
    parser.add_argument("--count", type=int, default=1_000, help=f"circuits, at most {COUNT_MAX} (default: 1000)")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("provisioning.py makes network namespaces: run it as root")
    if not 1 <= options.count <= COUNT_MAX:
        sys.exit(f"--count is 1 to {COUNT_MAX}: each circuit has a C-VLAN of its own")
    netns.enter_private()
    # Beside the build, not in /tmp, which may be memory: commits are to be as durable as they are in service.
    directory = tempfile.mkdtemp(prefix="bench-provisioning-", dir=options.build)
    try:
        with Lab("prov") as lab:
            sites = {name: lab.site(name) for name in ("a", "z")}
            settings = Settings(workers=default_workers(1), idle="poll")
            with Exchange(Programs.of_build(options.build), directory, sites.values(), settings) as exchange:
                print(json.dumps(report(*measure(exchange, sites, options.count)), indent=2))
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
