# SPDX-License-Identifier: Apache-2.0
"""The tour behind scripts/run: an exchange with four customer sites, a first circuit, and a place to try more."""

import argparse
import contextlib
import json
import os
import shlex
import shutil
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import raw
import traffic
from exchange import Exchange, Programs, Settings, port_driver
from lab import Lab, c_tag
from netns import LabError, sh

DIRECTORY = "/run/strowger-demo"
VLAN = 100
FIRST_FRAME_TIMEOUT_S = 10
# Each tenant's UNIs: the same VLANs and the same addresses on both, which is what isolation is about.
TENANTS = {"acme": ("ny", "dc"), "globex": ("ldn", "fra")}
ADDRESSES = ("10.0.1.1", "10.0.1.2")


class Interrupted(Exception):
    """Ctrl-C or SIGTERM: clean up and end."""


class StepFailed(LabError):
    pass


@contextlib.contextmanager
def step(label):
    """Prints the label, what the step adds by say(), and how long it took."""
    print(f"{label + ' ...':<52} ", end="", flush=True)
    started, notes = time.monotonic(), []
    yield notes.append
    elapsed = time.monotonic() - started
    print(f"{elapsed * 1e3:4.0f} ms" if elapsed < 10 else f"{elapsed:5.0f} s", *notes, sep="  ")


def require(condition, sentence):
    if not condition:
        raise StepFailed(sentence)


class Tour:
    def __init__(self, programs, port):
        self.programs, self.listen = programs, f"127.0.0.1:{port}"
        self.tokens = {}
        self.sites = {}
        self.exchange = None

    def cli(self, *words, tenant=None, token_of=None):
        """Runs the command line: as the operator over the unix socket, or as a tenant over the public HTTP API."""
        command = [self.programs.cli, "-o", "json"]
        if token_of is None:
            command += ["--socket", self.exchange.socket_path]
        else:
            command += ["--url", f"http://{self.listen}", "--token-file", self.token_path(token_of)]
        command += ["--tenant", tenant] if tenant else []
        return json.loads(sh(*command, *words) or "null")

    def token_path(self, tenant):
        return f"{DIRECTORY}/{tenant}.token"

    def build_sites(self, lab):
        with step("four customer sites (network namespaces)") as say:
            driver = port_driver()
            for name in (site for sites in TENANTS.values() for site in sites):
                self.sites[name] = lab.site(name, veth=driver == "net_af_xdp")
            say(f"{', '.join(self.sites)} on {driver}")

    def start(self, stack):
        require_free_port(self.listen)
        with step("start strowgerd") as say:
            shutil.rmtree(DIRECTORY, ignore_errors=True)
            os.mkdir(DIRECTORY, 0o700)
            stack.callback(shutil.rmtree, DIRECTORY, ignore_errors=True)
            settings = Settings(listen=self.listen)
            self.exchange = Exchange(self.programs, DIRECTORY, self.sites.values(), settings)
            stack.callback(self.exchange.stop)
            self.exchange.start()
            cores = ", ".join(f"core {core}{' (shared)' if shared else ''}" for core, shared in settings.workers)
            say(f"ready; worker on {cores}; {'hugepages' if hugepages_free() else 'no hugepages: plain memory'}")
        for pair in TENANTS.values():
            for name, address in zip(pair, ADDRESSES):
                self.sites[name].attach(f"{address}/24", c_tag(VLAN))
                # Or TCP would stand still for 200 ms a loss: docs/operations.md, "TCP through a policer".
                self.sites[name].set_rto_min("20ms")

    def create_tenants(self):
        for tenant, ports in TENANTS.items():
            with step(f"tenant {tenant} with UNIs {' and '.join(ports)}") as say:
                self.cli("tenant", "create", tenant)
                for port in ports:
                    self.cli("uni", "create", port, "--port", port, tenant=tenant)
                secret = self.cli("token", "create", "demo", tenant=tenant)["secret"]
                with open(self.token_path(tenant), "w", encoding="ascii", opener=private) as file:
                    file.write(secret + "\n")
                say(f"token in {self.token_path(tenant)}")

    def order_first_circuit(self):
        """A probe a millisecond goes into the UNI all the while, so the first one that arrives dates the circuit."""
        near, far = (self.sites[name] for name in TENANTS["acme"])
        probe = raw.frame(far.mac, near.mac, [c_tag(VLAN)], b"first frame")
        with step("acme orders circuit ny-dc: C-VLAN 100, CIR 50M") as say:
            with contextlib.ExitStack() as stack:
                sender, receiver = stack.enter_context(raw.RawPort(near)), stack.enter_context(raw.RawPort(far))
                arrival = stack.enter_context(ThreadPoolExecutor()).submit(arrival_of, receiver, probe)
                stack.enter_context(probing(sender, probe))
                ordered = time.monotonic()
                circuit = self.cli(
                    *("circuit", "create", "ny-dc", "--cir", "50M"),
                    *("--endpoint", f"a=ny:c{VLAN}", "--endpoint", f"z=dc:c{VLAN}"),
                    token_of="acme",
                )
                answered_ms = (time.monotonic() - ordered) * 1e3
                arrived = arrival.result()
            require(arrived, f"no frame came through ny-dc within {FIRST_FRAME_TIMEOUT_S} s; {self.hint()}")
            lifecycle = circuit["status"]["lifecycle"]
            require(lifecycle == "active", f"ny-dc is {lifecycle}, not active; {self.hint()}")
            say(f"order -> first frame in {(arrived - ordered) * 1e3:.1f} ms, command done in {answered_ms:.1f} ms")

    def ping(self):
        near = self.sites[TENANTS["acme"][0]]
        with step(f"ping {ADDRESSES[1]} from ny to dc") as say:
            require(traffic.wait_for_ping(near, ADDRESSES[1]), f"no echo from {ADDRESSES[1]}; {self.hint()}")
            result = traffic.ping(near, ADDRESSES[1], count=5, size=1472)
            require(result.received == 5, f"{result.received} of 5 echoes came back; {self.hint()}")
            say(f"5 of 5 with 1500-byte packets, {result.average_ms:.3f} ms")

    def show_isolation(self):
        with step("globex asks for acme's circuit") as say:
            reply = self.exchange.customer(self.read_token("globex")).request("GET", "/v1/circuits/ny-dc")
            require(reply.status == 404, f"the API answered {reply.status}, not 404; {self.hint()}")
            say("404, as if it did not exist")
        with step("globex pings on the same VLAN and address") as say:
            result = traffic.ping(self.sites["ldn"], ADDRESSES[1], count=3, wait_s=0.2)
            require(result.received == 0, f"{result.received} echoes came back to a site that has no circuit")
            say("nothing comes back: it has no circuit yet")

    def count(self):
        with step("the circuit's counters") as say:
            ends = self.cli("circuit", "counters", "ny-dc", token_of="acme")["endpoints"]
            green = ends["a"]["ingress"]["green"]
            require(int(green["frames"]) > 0, f"no frame is counted; {self.hint()}")
            say(f"{green['frames']} frames, {green['bytes']} bytes in at ny")

    def read_token(self, tenant):
        with open(self.token_path(tenant), encoding="ascii") as file:
            return file.read().strip()

    def hint(self):
        return f"the end of strowgerd's log:\n{self.exchange.log_tail(15)}"

    def describe(self):
        cli, token = shlex.quote(os.path.relpath(self.programs.cli)), self.token_path("acme")
        near, far = (self.sites[name].netns for name in TENANTS["acme"])
        print(f"""
  API           http://{self.listen}/v1   (tenant tokens: {DIRECTORY}/<tenant>.token)
  operator      {self.exchange.socket_path}   (unix socket, no token)
  log, site     {self.exchange.log_path}   {self.exchange.config_path}
  sites         {'  '.join(f'{name}: ip netns exec {site.netns}' for name, site in self.sites.items())}

To be acme, in another terminal as root:
  export STROWGER_URL=http://{self.listen} STROWGER_TOKEN=$(cat {token})
then try:
  1. {cli} circuit counters ny-dc --watch
  2. ip netns exec {near} ping {ADDRESSES[1]}
  3. (ip netns exec {far} iperf3 -s -1 -D) && ip netns exec {near} iperf3 -c {ADDRESSES[1]}
  4. {cli} circuit update ny-dc --cir 10M      (and run 3 again)
  5. {cli} circuit create second --endpoint a=ny:c200 --endpoint z=dc:c300 --cir 100M
""")

    def run(self, stack, once):
        lab = stack.enter_context(Lab("demo"))
        self.build_sites(lab)
        self.start(stack)
        self.create_tenants()
        self.order_first_circuit()
        self.ping()
        self.show_isolation()
        self.count()
        self.describe()
        if not once:
            print("Ctrl-C ends it and removes everything it made.", flush=True)
            status = self.exchange.process.wait()
            raise StepFailed(f"strowgerd ended with {status}; {self.hint()}")


def private(path, flags):
    return os.open(path, flags, 0o600)


@contextlib.contextmanager
def probing(sender, frame):
    """Sends `frame` every millisecond while the block runs."""
    over = threading.Event()

    def send():
        while not over.wait(0.001):
            sender.send(frame)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def arrival_of(receiver, frame):
    """When `frame` arrives; None when it does not."""
    arrived = receiver.expect(lambda got: got == frame, FIRST_FRAME_TIMEOUT_S)
    return time.monotonic() if arrived else None


def hugepages_free():
    with open("/proc/meminfo", encoding="ascii") as file:
        return any(line.startswith("HugePages_Free:") and int(line.split()[1]) > 0 for line in file)


def require_free_port(listen):
    host, port = listen.split(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            raise StepFailed(f"{listen} cannot be used ({error.strerror}): choose another with --port N") from None


def interrupt(*_):
    # Only the first one: cleaning up must not be interrupted half way.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Interrupted


def main():
    parser = argparse.ArgumentParser(prog="scripts/run")
    parser.add_argument("build_root")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--port", type=int, default=8080, choices=range(1, 65536), metavar="N")
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        with contextlib.ExitStack() as stack:
            Tour(Programs.of_build(arguments.build_root), arguments.port).run(stack, arguments.once)
    except Interrupted:
        print("\nstopped; nothing is left behind")
        return 0 if not arguments.once else 130
    except LabError as failure:
        print(f"\nscripts/run: {failure}", file=sys.stderr)
        return 1
    print("every step worked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
