# SPDX-License-Identifier: Apache-2.0
"""A device under test on core 1, our generator on core 0, frames between two processes: testpmd mac and us, in turns."""

import collections
import contextlib
import json
import subprocess
import time

import core_time
import stats
from outcome import NotMeasured, Outcome, reason_in
from testpmd import Testpmd

SIZES = (10_000, 100_000)
ATTEMPTS = 3  # memif of DPDK 22.11 now and then dies when its peer connects


class Ours:
    """bench/device_under_test."""

    def __init__(self, place, devices, circuits):
        self._process = subprocess.Popen([str(place.program("device_under_test")), *devices, str(circuits)],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        if "ready" not in line:
            self._process.wait()
            raise NotMeasured(reason_in(line) or "bench/device_under_test did not start")
        self.pid = self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def counters(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise NotMeasured("bench/device_under_test died")
        return json.loads(line)

    def transmitted(self):
        return self.counters()["tx"]


@contextlib.contextmanager
def testpmd_mac(devices, name):
    with Testpmd(devices, name, 65_536, ["--in-memory", "--single-file-segments"]) as device:
        device.start("mac")
        device.transmitted_now = lambda: device.transmitted(1)
        yield device


def devices_of(transport, folder):
    """(device under test's pair, generator's pair); the device under test is the server."""
    for leftover in folder.iterdir():
        leftover.unlink()
    if transport == "vhost":
        return ([f"net_vhost{i},iface={folder}/v{i}" for i in range(2)],
                [f"net_virtio_user{i},path={folder}/v{i},queue_size=1024,mrg_rxbuf=0" for i in range(2)])
    common = f"socket-abstract=no,socket={folder}/memif.sock,rsize=10"
    return ([f"net_memif{i},role=server,id={i},{common}" for i in range(2)],
            [f"net_memif{i},role=client,id={i},zero-copy=yes,{common}" for i in range(2)])


class Generator:
    """strowger-pktgen while it runs."""

    def __init__(self, place, mode, devices, circuits, seconds, *more):
        self._out = place.scratch / "pktgen.json"
        self._out.unlink(missing_ok=True)
        command = [place.program("pktgen/strowger-pktgen"), mode, "--tx", devices[0], "--rx", devices[1], "--cores", core_time.OTHER_CORE,
                   "--circuits", circuits, "--seconds", seconds, "--json", self._out, "--quiet", *more]
        try:
            self._process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        except FileNotFoundError as error:
            raise NotMeasured("bench/pktgen is not built") from error
        self._limit = seconds + 60

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process.stderr.close()

    def result(self):
        """Its first trial. Loss is not a fault here: it sends more than the device can take."""
        _, errors = self._process.communicate(timeout=self._limit)
        if not self._out.exists():
            raise NotMeasured(f"pktgen gave no result: {errors.strip()[-300:]}")
        return json.loads(self._out.read_text())["runs"][0]["trials"][0]


def wait_for_frames(transmitted, seconds=30):
    first, deadline = transmitted(), time.monotonic() + seconds
    while transmitted() < first + 1000:
        if time.monotonic() > deadline:
            raise NotMeasured("no frame came through")
        time.sleep(0.1)


def one_round(place, transport, circuits, ours, seconds):
    """ns a frame of the device's core while the generator sends more than it can take."""
    folder = place.scratch / "sockets"
    folder.mkdir(exist_ok=True)
    devices, others = devices_of(transport, folder)
    with contextlib.ExitStack() as stack:
        if ours:
            device = stack.enter_context(Ours(place, devices, circuits))
            transmitted = device.transmitted
        else:
            device = stack.enter_context(testpmd_mac(devices, "strowger-two"))
            transmitted = device.transmitted_now
        offsets = ["--off-s", "100", "--off-c", "10"] if ours else []
        generator = stack.enter_context(Generator(place, "blast", others, circuits, seconds + 4, "--warm", 1, *offsets))
        wait_for_frames(transmitted)
        time.sleep(1)
        ns, _ = core_time.ns_per_frame(device.pid, transmitted, seconds)
        generator.result()
        if ours and device.counters()["dropped"]:
            raise NotMeasured(f"the device dropped frames: {device.counters()}")
        if ns is None:
            raise NotMeasured("no frame came through")
        return ns


def again(attempt, say):
    """Some tries: a device that dies on connect is the driver's fault, and not what is measured."""
    for left in reversed(range(ATTEMPTS)):
        try:
            return attempt()
        except (NotMeasured, OSError, subprocess.SubprocessError) as error:
            if not left:
                raise NotMeasured(str(error)) from error
            say(f"  {error}; again")
    return None


def latency(place, transport, circuits, ns):
    """Percentiles at half of what the device can take."""
    folder = place.scratch / "sockets"
    devices, others = devices_of(transport, folder)
    with Ours(place, devices, circuits):
        rate = round(0.5e9 / ns)
        with Generator(place, "check", others, circuits, place.seconds(10), "--warm", 1, "--rate", rate,
                       "--off-s", "100", "--off-c", "10") as generator:
            trial = generator.result()
    return trial["latency"], rate


def measure(place):
    done, samples = Outcome(), collections.defaultdict(list)
    for transport in ("vhost", "memif"):
        for circuits in SIZES if not place.quick else SIZES[:1]:
            try:
                for _ in range(place.rounds(5)):
                    for ours in (False, True):
                        ns = again(lambda t=transport, c=circuits, o=ours: one_round(place, t, c, o, place.seconds(2)), place.say)
                        samples[transport, circuits, ours].append(ns)
                        who = "Strowger" if ours else "testpmd mac"
                        done.samples.append(f"{transport}, {circuits} circuits, {who}: {ns:.1f} ns/frame")
                        place.say("  " + done.samples[-1])
            except NotMeasured as why:
                done.remarks.append(f"{transport} at {circuits} circuits: not measured: {why}")
    if not samples:
        raise NotMeasured(done.remarks[-1])
    summarise(samples, done)
    measure_latency(place, samples, done)
    return done


def summarise(samples, done):
    for (transport, circuits, ours), values in samples.items():
        done.put(f"two_processes.{transport}.{'ours' if ours else 'testpmd_mac'}_ns.{circuits}", stats.median(values))
        if ours:
            done.put(f"two_processes.{transport}.to_testpmd_mac.{circuits}",
                     stats.median_ratio(values, samples.get((transport, circuits, False), [])))
    done.charts.append({"kind": "bars", "title": "Two processes: nanoseconds a frame of the device under test", "x": "", "y": "ns/frame",
                        "series": [{"name": name, "points": [[f"{transport}, {circuits:,}", stats.median(values)]
                                                             for (transport, circuits, ours), values in samples.items() if ours == who]}
                                   for name, who in (("testpmd mac", False), ("Strowger", True))]})


def measure_latency(place, samples, done):
    ours = samples.get(("vhost", SIZES[0], True))
    if not ours:
        return
    try:
        percentiles, rate = again(lambda: latency(place, "vhost", SIZES[0], stats.median(ours)), place.say)
    except NotMeasured as why:
        done.remarks.append(f"latency: not measured: {why}")
        return
    names = {"p50": "p50_us", "p99": "p99_us", "p99.9": "p999_us"}
    for name, key in names.items():
        done.put(f"two_processes.latency_us.{name}", percentiles[key])
    done.charts.append({"kind": "bars", "title": f"Latency over vhost-user at half of the device's capacity ({rate / 1e6:.2f} Mpps)",
                        "x": "", "y": "us", "series": [{"name": "from generator to generator",
                                                        "points": [[name, percentiles[key]] for name, key in names.items()]}]})
