# SPDX-License-Identifier: Apache-2.0
"""A host some milliseconds behind a site. Kernels of test machines lack netem, so a thread holds the packets."""

import collections
import fcntl
import os
import select
import struct
import subprocess
import threading
import time

import netns
from lab import HOST_INTERFACE

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
INTERFACE = "far0"
PACKET_BYTES_MAX = 65_535
# More than any test has under way; a packet behind it is lost, as in a router.
QUEUE_PACKETS_MAX = 5_000


class FarHost:
    """A network namespace whose only way out is a line of `one_way_ms` to a site, which forwards.

    `address` is one of the subnet of the site's own `site_address`: the site answers ARP for it. Can be used as the
    client of traffic.Iperf3.
    """

    def __init__(self, site, one_way_ms, address, site_address):
        self.name = f"{site.name}-far"
        self.netns = f"{site.netns}-far"
        self.address = address
        self._site, self._site_address = site, site_address
        self._one_way_s = one_way_ms / 1000
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def __enter__(self):
        netns.create(self.netns)
        near = self._tun(self._site.netns, self._site_address, self.address)
        far = self._tun(self.netns, self.address, self._site_address)
        netns.sh("ip", "route", "add", "default", "dev", INTERFACE, netns=self.netns)
        proxy = f"net.ipv4.conf.{HOST_INTERFACE}.proxy_arp=1"
        netns.sh("sysctl", "-qw", "net.ipv4.ip_forward=1", proxy, netns=self._site.netns)
        self._peer = {near: far, far: near}
        self._thread.start()
        return self

    def __exit__(self, *_):
        os.write(self._stop_write, b"x")
        self._thread.join()
        for descriptor in (*self._peer, self._stop_read, self._stop_write):
            os.close(descriptor)
        netns.remove(self.netns)

    def popen(self, *command, **options):
        return subprocess.Popen(
            ["ip", "netns", "exec", self.netns, *command], preexec_fn=netns.die_with_parent, **options
        )

    @staticmethod
    def _tun(where, address, peer):
        with netns.inside(where):
            descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", INTERFACE.encode(), IFF_TUN | IFF_NO_PI))
        netns.sh("ip", "address", "add", address, "peer", peer, "dev", INTERFACE, netns=where)
        netns.sh("ip", "link", "set", INTERFACE, "up", netns=where)
        return descriptor

    def _carry(self):
        queue = collections.deque()
        while True:
            wait_s = max(0, queue[0][0] - time.monotonic()) if queue else None
            ready, _, _ = select.select([*self._peer, self._stop_read], [], [], wait_s)
            if self._stop_read in ready:
                return
            due = time.monotonic() + self._one_way_s
            for descriptor in ready:
                self._take(descriptor, due, queue)
            while queue and queue[0][0] <= time.monotonic():
                _, descriptor, packet = queue.popleft()
                os.write(descriptor, packet)

    def _take(self, descriptor, due, queue):
        """All that waits at one end; it leaves at the other when it is due."""
        try:
            while len(queue) < QUEUE_PACKETS_MAX:
                queue.append((due, self._peer[descriptor], os.read(descriptor, PACKET_BYTES_MAX)))
        except BlockingIOError:
            pass
