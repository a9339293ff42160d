# SPDX-License-Identifier: Apache-2.0
"""Customer sites for demos and end-to-end tests: Linux hosts in network namespaces on veth pairs.

A lab is a set of sites under one name. `Lab("e2e").site("a")` makes the namespace `stw-e2e-a` with the
interface `uni0` inside; its peer, `stw-e2e-a`, stays in the caller's namespace and becomes a port. Everything a
lab makes carries its name, so `Lab.clean()` removes what a killed run left behind.
"""

import fcntl
import hashlib
import ipaddress
import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass

import netns
from netns import LabError, sh

HOST_INTERFACE = "uni0"
HOST_MTU = 1500
# Room for two tags above the host's 1500 bytes, as an operator's access port has.
VETH_MTU = 1508
# XDP hands frames over as bytes. Tags kept in metadata would be lost, and checksums left to hardware that does
# not exist would arrive wrong.
OFFLOADS_OFF = "tx off txvlan off rxvlan off tx-vlan-stag-hw-insert off rx-vlan-stag-hw-parse off".split()
BPF_SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vlan_host.bpf.c")


@dataclass(frozen=True)
class Tag:
    """One VLAN tag, outermost first in a stack."""

    tpid: int
    vid: int
    pcp: int = 0

    @property
    def tci(self):
        return self.pcp << 13 | self.vid


def c_tag(vid, pcp=0):
    return Tag(0x8100, vid, pcp)


def s_tag(vid, pcp=0):
    return Tag(0x88A8, vid, pcp)


@dataclass(frozen=True)
class Attachment:
    """One subnet of a site and the tags its frames carry at the UNI."""

    address: ipaddress.IPv4Interface
    tags: tuple

    @property
    def ip(self):
        return str(self.address.ip)

    def rule(self):
        stack = [tag.tpid << 16 | tag.tci for tag in self.tags]
        numbers = [int(self.address.network.network_address) >> 8, *stack]
        return "{" + ",".join(hex(number) for number in numbers) + "}"


class Site:
    """One customer host: a namespace, its UNI interface, and the circuits it talks on."""

    def __init__(self, lab, name):
        self.name = name
        self.netns = f"stw-{lab.name}-{name}"
        self.port_interface = self.netns
        self.attachments = []
        self._object_dir = lab.object_dir
        # Stable over runs, so a capture of yesterday reads like one of today.
        self.mac = "02:" + ":".join(hashlib.sha256(self.netns.encode()).hexdigest()[i : i + 2] for i in range(0, 10, 2))

    def create(self, veth=True):
        if len(self.port_interface) > 15:
            raise LabError(f"{self.port_interface} is longer than the 15 characters an interface name may have")
        netns.create(self.netns)
        if not veth:
            return
        # One queue each way, as the smallest NIC function has: workers must share it.
        sh(
            *f"ip link add {self.port_interface} mtu {VETH_MTU} numtxqueues 1 numrxqueues 1 type veth".split(),
            *f"peer name {HOST_INTERFACE} netns {self.netns} mtu {VETH_MTU} address {self.mac}".split(),
            *"numtxqueues 1 numrxqueues 1".split(),
        )
        sh("sysctl", "-qw", f"net.ipv6.conf.{self.port_interface}.disable_ipv6=1", check=False)
        for interface, where in ((self.port_interface, None), (HOST_INTERFACE, self.netns)):
            sh("ethtool", "-K", interface, *OFFLOADS_OFF, netns=where)
            sh("ip", "link", "set", interface, "up", netns=where)
        self.apply()

    def adopt_tap(self):
        """Connects the site to the tap device that net_tap made under its port's name: the way without AF_XDP.

        The device stays where the daemon watches its link; a passthrough macvlan on it is the site's end of the cable.
        """
        sh(*f"ip link set {self.port_interface} mtu {VETH_MTU} up".split())
        sh("ethtool", "-K", self.port_interface, *OFFLOADS_OFF)
        sh(
            *f"ip link add link {self.port_interface} name {HOST_INTERFACE} netns {self.netns} mtu {VETH_MTU}".split(),
            *f"address {self.mac} type macvlan mode passthru".split(),
        )
        # A macvlan refuses the offloads it does not have; its device has them off already.
        sh("ethtool", "-K", HOST_INTERFACE, *OFFLOADS_OFF, netns=self.netns, check=False)
        for attachment in self.attachments:
            self._address("add", attachment)
        self.set_link(True)
        self.apply()

    def attach(self, address, *tags):
        """Gives the host `address` (with its /24) reached through `tags`; returns the attachment."""
        interface = ipaddress.ip_interface(address)
        if interface.network.prefixlen != 24:
            raise LabError(f"{address}: a circuit's subnet is a /24")
        if len(tags) > 2:
            raise LabError(f"{len(tags)} tags: a host pushes two at most")
        attachment = Attachment(interface, tuple(tags))
        self.attachments.append(attachment)
        self._address("add", attachment)
        self._route(attachment)
        self.apply()
        return attachment

    def detach(self, attachment):
        self.attachments.remove(attachment)
        self._address("del", attachment)
        sh("ip", "route", "del", str(attachment.address.network), netns=self.netns, check=False)
        self.apply()

    def apply(self):
        """Compiles the tag program for the present attachments and puts it in front of the host."""
        obj = compile_rules([attachment.rule() for attachment in self.attachments], self._object_dir)
        sh("tc", "qdisc", "replace", "dev", HOST_INTERFACE, "clsact", netns=self.netns)
        for direction in ("ingress", "egress"):
            sh(
                *f"tc filter replace dev {HOST_INTERFACE} {direction} prio 1 handle 1".split(),
                *f"bpf direct-action object-file {obj} section tc/{direction}".split(),
                netns=self.netns,
            )

    def counters(self):
        """The host interface's own counters, by the kernel: rx_packets, rx_bytes, tx_packets, tx_bytes, ..."""
        fields = sh("cat", "/proc/net/dev", netns=self.netns)
        for line in fields.splitlines():
            if line.strip().startswith(HOST_INTERFACE + ":"):
                numbers = [int(word) for word in line.split(":")[1].split()]
                return {
                    "rx_bytes": numbers[0],
                    "rx_packets": numbers[1],
                    "rx_dropped": numbers[3],
                    "tx_bytes": numbers[8],
                    "tx_packets": numbers[9],
                    "tx_dropped": numbers[11],
                }
        raise LabError(f"{self.netns} has no {HOST_INTERFACE}")

    def _address(self, verb, attachment):
        sh(
            *f"ip address {verb} {attachment.address} dev {HOST_INTERFACE} noprefixroute".split(), netns=self.netns
        )

    def _route(self, attachment, *options):
        network, ip = attachment.address.network, attachment.ip
        route = f"ip route replace {network} dev {HOST_INTERFACE} src {ip} mtu {HOST_MTU}"
        sh(*route.split(), *options, netns=self.netns)

    def set_rto_min(self, duration):
        """The least time TCP waits before it sends again ("20ms"), until the link goes down or the host leaves."""
        for attachment in self.attachments:
            self._route(attachment, "rto_min", duration)

    def set_link(self, up):
        """Pulls or plugs the cable at the customer's end."""
        sh("ip", "link", "set", HOST_INTERFACE, "up" if up else "down", netns=self.netns)
        if up:
            # The kernel forgets the routes of an interface that goes down.
            for attachment in self.attachments:
                self._route(attachment)

    def popen(self, *command, **options):
        """Starts a command inside the site; it dies with this process."""
        return subprocess.Popen(
            ("ip", "netns", "exec", self.netns) + command, preexec_fn=netns.die_with_parent, **options
        )


def compile_rules(rules, directory):
    """The object file of the tag program for `rules`; compiled once per distinct set."""
    # No rule at all is a valid host: it hears and says nothing. C has no empty arrays, so it gets one rule
    # for 0.0.0.0/24, which no frame can match.
    text = ",".join(rules) or "{0}"
    with open(BPF_SOURCE, "rb") as source:
        digest = hashlib.sha256(source.read() + text.encode()).hexdigest()[:16]
    obj = os.path.join(directory, f"vlan_host-{digest}.o")
    if not os.path.exists(obj):
        machine = os.uname().machine
        # Compiled beside its final name and renamed, so a run that is killed leaves no half object.
        partial = f"{obj}.{os.getpid()}"
        sh(
            *("clang", "-O2", "-g", "-Wall", "-Werror", "-target", "bpf", f"-I/usr/include/{machine}-linux-gnu"),
            *(f"-DRULES={text}", "-c", BPF_SOURCE, "-o", partial),
        )
        os.replace(partial, obj)
    return obj


class Lab:
    """A named set of sites; use it as a context manager and nothing stays behind."""

    def __init__(self, name):
        self.name = name
        self.sites = {}
        self.object_dir = None
        self._lock = None

    def __enter__(self):
        require_tools()
        self._lock = open(f"/run/lock/strowger-lab-{self.name}", "w", encoding="ascii")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise LabError(f"a lab named {self.name} is running: stop it first") from None
        self.clean()
        self.object_dir = tempfile.mkdtemp(prefix=f"strowger-lab-{self.name}-")
        return self

    def __exit__(self, *_):
        self.clean()
        if self.object_dir is not None:
            shutil.rmtree(self.object_dir, ignore_errors=True)
        self._lock.close()

    def site(self, name, veth=True):
        """A new site; without `veth` its interface comes later, from net_tap."""
        site = Site(self, name)
        self.sites[name] = site
        site.create(veth)
        return site

    def clean(self):
        """Removes every namespace and veth of this lab, whoever made them."""
        prefix = f"stw-{self.name}-"
        for name in netns.names(prefix):
            netns.remove(name)
        # Removing a namespace removes its veths a moment later, asynchronously; asked for by name it is done at once.
        for _, interface in socket.if_nameindex():
            if interface.startswith(prefix):
                sh("ip", "link", "del", interface, check=False)
        self.sites.clear()


def require_tools():
    if os.geteuid() != 0:
        raise LabError("network namespaces need root: run this as root")
    for tool, package in (("ip", "iproute2"), ("tc", "iproute2"), ("ethtool", "ethtool"), ("clang", "clang")):
        if shutil.which(tool) is None:
            raise LabError(f"{tool} is missing: apt-get install {package}")
    if not os.path.exists("/usr/include/bpf/bpf_helpers.h"):
        raise LabError("bpf/bpf_helpers.h is missing: apt-get install libbpf-dev")
