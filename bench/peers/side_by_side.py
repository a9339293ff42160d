# SPDX-License-Identifier: Apache-2.0
"""Ours and its peers on the same frames, round by round: testpmd, which does nothing but move them, and OVS-DPDK."""

import collections
import contextlib
import json
import subprocess

import stats
from openflow import rewrite_rules
from outcome import NotMeasured, Outcome, reason_in
from ovs import Ovs
from testpmd import Testpmd

# OVS at a million circuits would take longer to fill than all the rest together.
SIZES = ((1, True), (10_000, True), (100_000, True), (1_000_000, False))
CYCLING_BUFFERS = 16_384
METER_KBPS = 100_000_000
NAMES = {"floor": "I/O alone", "product": "Strowger", "testpmd_io": "testpmd io", "testpmd_mac": "testpmd mac",
         "ovs_rewrite": "OVS rewrite", "ovs_meter": "OVS rewrite + meter"}


class Ours:
    """`throughput --serve`: idle between rounds."""

    def __init__(self, place, circuits):
        command = [place.program("throughput"), "--serve", "--circuits", str(circuits), "--two-to-one", str(min(circuits, 100_000)),
                   "--pcap-dir", str(place.scratch)]
        self._process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        if "ready" not in line:
            self._process.wait()
            raise NotMeasured(reason_in(line) or "bench/throughput did not start")
        self._circuits = circuits

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def round(self, case, seconds):
        """(ns a frame or None when void, the row)."""
        self._process.stdin.write(f"{case} pcap two_to_two {self._circuits} {seconds}\n")
        self._process.stdin.flush()
        row = json.loads(self._process.stdout.readline())
        return (None if row["void"] else row["ns_per_frame"]), row


class OvsRig:
    """OVS with the rules of all circuits twice, with meters and without; frames come through one port or the other."""

    VARIANTS = {"ovs_rewrite": (1, 1, False), "ovs_meter": (3, 2, True)}  # in port, table, meters
    OUT = 2

    def __init__(self, place, circuits, pcap):
        self._pcap, self._say = pcap, place.say
        self._ovs = Ovs(place.scratch / f"ovs-{circuits}", 1536)
        try:
            self._ovs.session.add_meters(circuits, METER_KBPS)
            for in_port, table, meters in self.VARIANTS.values():
                self._ovs.add_rules(rewrite_rules(circuits, in_port, self.OUT, table, meters))
            self._ovs.add_port("sink", self.OUT, "net_null,no-rx=1")
        except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            self._ovs.close()
            raise NotMeasured(f"OVS-DPDK did not take the circuits: {error}") from error

    def close(self):
        self._ovs.close()

    def round(self, variant, seconds):
        self._ovs.add_port("source", self.VARIANTS[variant][0], f"net_pcap,rx_pcap={self._pcap},infinite_rx=1")
        try:
            if not self._ovs.settle():
                self._say(f"  {variant}: the slow path never became quiet; the figure is of OVS still filling its tables")
            return self._ovs.ns_per_frame(self.OUT, seconds)[0]
        finally:
            self._ovs.remove_port("source")


def measure(place):
    done, samples = Outcome(), collections.defaultdict(list)
    for circuits, with_ovs in SIZES:
        if place.quick and circuits not in (1, 10_000):
            continue
        one_size(place, circuits, with_ovs, done, samples)
    summarise(samples, done)
    return done


def one_size(place, circuits, with_ovs, done, samples):
    """Interleaved rounds; a peer that is absent or breaks says so once and leaves the others alone."""
    pcap = place.scratch / f"strowger-{circuits}-64.pcap"
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(Ours(place, circuits))
        runs = {case: lambda seconds, case=case: ours.round(case, seconds)[0] for case in ("floor", "product")}
        with remarking(done, "testpmd"):
            testpmd = stack.enter_context(Testpmd(
                [f"net_pcap0,rx_pcap={pcap},infinite_rx=1", "net_null0,no-rx=1"], f"strowger-bench-{circuits}",
                max(circuits, 1024) + CYCLING_BUFFERS, ["--in-memory"]))
            for mode in ("io", "mac"):
                runs[f"testpmd_{mode}"] = lambda seconds, mode=mode: testpmd.ns_per_frame(mode, 1, seconds)[0]
        if with_ovs:
            with remarking(done, "OVS-DPDK"):
                ovs = OvsRig(place, circuits, pcap)
                stack.callback(ovs.close)
                for variant in OvsRig.VARIANTS:
                    runs[variant] = lambda seconds, variant=variant: ovs.round(variant, seconds)
        for _ in range(place.rounds(5)):
            for what in list(runs):
                with remarking(done, NAMES[what], lambda what=what: runs.pop(what)):
                    ns = runs[what](place.seconds(1))
                    if ns is not None:
                        samples[what, circuits].append(ns)
                        done.samples.append(f"{circuits} circuits, {NAMES[what]}: {ns:.2f} ns/frame")
                        place.say(f"  {circuits} circuits, {NAMES[what]}: {ns:.2f} ns/frame")


@contextlib.contextmanager
def remarking(done, who, then=lambda: None):
    try:
        yield
    except (NotMeasured, OSError, subprocess.SubprocessError) as why:
        done.remarks.append(f"{who}: not measured: {why}")
        then()


def summarise(samples, done):
    """Medians, ratios of medians, and the picture."""
    for (what, circuits), values in samples.items():
        done.put(f"peers.{what}_ns.{circuits}", stats.median(values))
    for circuits in sorted({size for _, size in samples}):
        ours = samples.get(("product", circuits), [])
        done.put(f"peers.to_testpmd_mac.{circuits}", stats.median_ratio(ours, samples.get(("testpmd_mac", circuits), [])))
        for variant in OvsRig.VARIANTS:
            done.put(f"peers.{variant}_to_ours.{circuits}", stats.median_ratio(samples.get((variant, circuits), []), ours))
    done.charts.append({"kind": "bars", "title": "Nanoseconds a frame, side by side in one run", "x": "circuits", "y": "ns/frame",
                        "series": [{"name": name, "points": [[f"{size:,}", stats.median(values)] for (what, size), values in samples.items()
                                                             if what == key]} for key, name in NAMES.items()
                                   if any(what == key for what, _ in samples)]})
