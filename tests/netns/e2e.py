# SPDX-License-Identifier: Apache-2.0
"""What every end-to-end test starts with: the precondition, a network of its own, an exchange with customers."""

import os
import shutil
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lab"))

# The path to the lab is set above.
import netns  # noqa: E402
from exchange import Exchange, Programs, Settings, default_workers, port_driver  # noqa: E402
from lab import Lab  # noqa: E402

SKIPPED = 77
# With --soak (scripts/test) the counts of the product's promises; else enough of them to find a fault.
SOAK = bool(os.environ.get("STROWGER_SOAK"))
FCS_BYTES = 4

_logs = []


def main(needs_cores=1):
    """Runs the caller's tests in a network namespace of their own.

    Exits 77 on one of two probed preconditions and nothing else: not root, or fewer cores than the test is about.
    """
    if os.geteuid() != 0:
        print("skipped: network namespaces need root")
        sys.exit(SKIPPED)
    if len(os.sched_getaffinity(0)) < needs_cores:
        print(f"skipped: needs {needs_cores} cores")
        sys.exit(SKIPPED)
    outrank_neighbours()
    netns.enter_private()
    program = unittest.main(module="__main__", verbosity=2, exit=False)
    if not program.result.wasSuccessful():
        for log in _logs:
            print(f"--- the end of strowgerd's log:\n{log}", file=sys.stderr)
        sys.exit(1)


def outrank_neighbours():
    """Hosts and daemon alike go first: beside a compiler a rate test would measure the scheduler."""
    os.setpriority(os.PRIO_PROCESS, 0, -20)
    # Where sessions share the cores evenly, niceness counts inside one only; then the session's own decides.
    try:
        if os.getsid(0) != os.getpid() and os.getpgrp() != os.getpid():
            os.setsid()
        with open("/proc/self/autogroup", "w", encoding="ascii") as file:
            file.write("-20")
    except FileNotFoundError:
        pass


class Customer:
    """A tenant with its own token on the public listener, and its UNIs."""

    def __init__(self, exchange, name):
        self.name = name
        operator = exchange.operator()
        self.id = operator.post("/v1/tenants", {"name": name})["id"]
        self.token = operator.post(f"/v1/tenants/{self.id}/tokens", {"name": "test"})["secret"]
        operator.close()
        self.exchange = exchange
        self.api = exchange.customer(self.token)
        unittest.addModuleCleanup(self.api.close)

    def uni(self, port, **spec):
        """Granted by the operator; called as its port unless `name` says otherwise."""
        operator = self.exchange.operator(tenant=self.id)
        body = operator.post("/v1/unis", {"name": port, "port": port} | spec)
        operator.close()
        return body["id"]

    def order(self, name, a, z, **members):
        """Creates an E-Line between (uni, vlan_map) `a` and `z`; returns the reply's body."""
        return self.api.post("/v1/circuits", eline(name, a, z, **members))

    def counters(self, circuit):
        """The circuit's counters as numbers, once no frame is under way any more."""
        last = None
        for _ in range(50):
            now = numbers(self.api.get(f"/v1/circuits/{circuit}/counters")["endpoints"])
            if now == last:
                return now
            last = now
            time.sleep(0.1)
        raise AssertionError(f"the counters of {circuit} do not come to rest: {last}")


def eline(name, a, z, cir_bps=100_000_000_000, **members):
    """The spec of an E-Line; the rate is out of the way unless the test is about it."""
    ends = {key: {"uni": uni, "vlan_map": vlan_map} for key, (uni, vlan_map) in (("a", a), ("z", z))}
    return {"name": name, "type": "eline", "bandwidth": {"cir_bps": cir_bps}, "endpoints": ends} | members


def numbers(value):
    """The API's decimal strings as integers."""
    if isinstance(value, dict):
        return {key: numbers(member) for key, member in value.items()}
    return int(value) if isinstance(value, str) and value.isdigit() else value


def dropped(counters, endpoint):
    """Of one endpoint: the reasons that have a count."""
    return {reason: count for reason, count in counters[endpoint]["drops"].items() if count}


class ExchangeTest(unittest.TestCase):
    """A running exchange with a site for each name in SITES; a port is called as its site."""

    SITES = ("a", "b")
    WORKERS = 1

    @classmethod
    def setUpClass(cls):
        name = cls.__name__.lower()[:6]
        cls.lab = cls.enterClassContext(Lab(name))
        cls.sites = {site: cls.lab.site(site, veth=port_driver() == "net_af_xdp") for site in cls.SITES}
        cls.directory = tempfile.mkdtemp(prefix=f"strowger-{name}-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        programs = Programs.of_build(os.environ.get("STROWGER_BUILD_ROOT", f"{ROOT}/build"))
        settings = Settings(workers=default_workers(cls.WORKERS))
        cls.exchange = Exchange(programs, cls.directory, cls.sites.values(), settings)
        cls.addClassCleanup(lambda: _logs.append(cls.exchange.log_tail(60)))
        # Registered before the start, which may fail half way.
        cls.addClassCleanup(cls.exchange.stop)
        cls.exchange.start()

    def detach_all(self):
        for site in self.sites.values():
            for attachment in list(site.attachments):
                site.detach(attachment)
