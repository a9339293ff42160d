# SPDX-License-Identifier: Apache-2.0
"""What customers do with a circuit: ping, TCP and UDP streams, captures."""

import json
import os
import re
import signal
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass

from lab import HOST_INTERFACE
from netns import LabError, die_with_parent, sh


@dataclass(frozen=True)
class PingResult:
    sent: int
    received: int
    average_ms: float


def ping(site, address, count=3, interval_s=0.05, wait_s=1, size=56):
    """ICMP echo; loss is a result, not an error."""
    # -M do: the sub-host's 1500-byte MTU is part of what a circuit promises, so nothing may be fragmented.
    text = sh(
        *("ping", "-n", "-M", "do", "-c", str(count), "-i", str(interval_s), "-W", str(wait_s)),
        *("-s", str(size), address),
        netns=site.netns,
        check=False,
        timeout=count * (wait_s + interval_s) + 30,
    )
    totals = re.search(r"(\d+) packets transmitted, (\d+) received", text)
    if totals is None:
        raise LabError(f"ping {address} from {site.netns} could not start: {text.strip() or 'no output'}")
    average = re.search(r"= [\d.]+/([\d.]+)/", text)
    return PingResult(int(totals[1]), int(totals[2]), float(average[1]) if average else float("nan"))


def wait_for_ping(site, address, timeout_s=10):
    """True as soon as one echo comes back; False when none did in `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if ping(site, address, count=1, wait_s=0.2).received == 1:
            return True
    return False


class Iperf3:
    """A one-shot iperf3 server in one site; `run` drives it from another and returns iperf3's own JSON."""

    def __init__(self, site, address, port=5201):
        self.site, self.address, self.port = site, address, port

    def run(self, client, *, udp=False, seconds=5, rate_bps=None, length=None, reverse=False, extra=()):
        server = self.site.popen(
            *("iperf3", "-s", "-1", "-B", self.address, "-p", str(self.port), "--forceflush"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        heard = []
        try:
            # The line says that the socket listens; no sleep can know that.
            for line in server.stdout:
                heard.append(line)
                if "listening" in line:
                    break
            command = ["iperf3", "-c", self.address, "-p", str(self.port), "-t", str(seconds), "-J"]
            command += ["-u"] if udp else []
            command += ["-b", str(rate_bps)] if rate_bps else []
            command += ["-l", str(length)] if length else []
            command += ["-R"] if reverse else []
            text = sh(*command, *extra, netns=client.netns, check=False, timeout=seconds + 60)
            result = json.loads(text)
            if "error" not in result:
                return result
        finally:
            server.terminate()
            heard.append(server.communicate(timeout=10)[0])
        raise LabError(f"iperf3 {client.name} -> {self.address}: {result['error']}; the server's side:\n{''.join(heard)}")


def iperf_tcp(client, server, address, **options):
    """Received TCP goodput in bits per second."""
    return Iperf3(server, address).run(client, **options)["end"]["sum_received"]["bits_per_second"]


def iperf_udp(client, server, address, **options):
    """iperf3's sums of a UDP run: bits_per_second offered, packets, lost_packets."""
    return Iperf3(server, address).run(client, udp=True, **options)["end"]["sum"]


def frames_lost(sender, receiver, run):
    """Runs `run` and returns how many frames `sender` uttered meanwhile that did not reach `receiver`, and its result.

    By the interfaces' counters: datagrams that iperf3 misses may be lost in the socket buffer of a busy host.
    """
    sent, received = sender.counters()["tx_packets"], receiver.counters()["rx_packets"]
    result = run()
    deadline = time.monotonic() + 2
    while True:
        lost = sender.counters()["tx_packets"] - sent - (receiver.counters()["rx_packets"] - received)
        if lost == 0 or time.monotonic() > deadline:
            return lost, result
        time.sleep(0.05)


@dataclass(frozen=True)
class CapturedFrame:
    time_s: float
    length: int  # on the wire, without FCS
    data: bytes  # the first bytes of the frame, as many as the capture kept


class Capture:
    """tcpdump on a site's UNI; tags appear in place, as on the wire."""

    def __init__(self, site, inbound=False, snap=128):
        self.site = site
        self._command = ["tcpdump", "-i", HOST_INTERFACE, "-n", "--immediate-mode", "-U"]
        self._command += ["-s", str(snap), "-B", "16384"]
        self._command += ["--time-stamp-precision=nano", "-w", "-"]
        # Not the filter "inbound": libpcap 1.10 loses the first frame behind a filter.
        self._command += ["-Q", "in"] if inbound else []
        self._process = None
        self._output = None

    def __enter__(self):
        self._output = tempfile.TemporaryFile()
        self._process = self.site.popen(*self._command, stdout=self._output, stderr=subprocess.PIPE, text=True)
        for line in self._process.stderr:
            if "listening on" in line:
                return self
        raise LabError(f"tcpdump in {self.site.netns} ended before it listened")

    def __exit__(self, *_):
        if self._process is not None and self._process.poll() is None:
            self.stop()
        self._output.close()

    def stop(self):
        """Ends the capture and returns its frames; fails when the capture lost any that had arrived."""
        self._settle()
        self._process.send_signal(signal.SIGINT)
        _, notes = self._process.communicate(timeout=20)
        dropped = int(re.search(r"(\d+) packets? dropped by kernel", notes)[1])
        if dropped != 0:
            raise LabError(f"the capture in {self.site.netns} is incomplete: it dropped {dropped} frames")
        self._process.stderr.close()
        self._output.seek(0)
        return read_pcap(self._output.read())

    def _settle(self):
        """Waits until tcpdump has written what it holds: its file has stopped growing."""
        size, quiet_since = -1, time.monotonic()
        while time.monotonic() - quiet_since < 0.2:
            now = os.fstat(self._output.fileno()).st_size
            if now != size:
                size, quiet_since = now, time.monotonic()
            time.sleep(0.01)


def read_pcap(data):
    """The frames of a little-endian nanosecond pcap, the kind tcpdump writes here."""
    magic = struct.unpack_from("<I", data)[0]
    if magic != 0xA1B23C4D:
        raise LabError(f"not a nanosecond pcap: magic {magic:#x}")
    frames, offset = [], 24
    while offset + 16 <= len(data):
        seconds, nanoseconds, kept, length = struct.unpack_from("<IIII", data, offset)
        offset += 16
        frames.append(CapturedFrame(seconds + nanoseconds / 1e9, length, data[offset : offset + kept]))
        offset += kept
    return frames
