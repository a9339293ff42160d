# SPDX-License-Identifier: Apache-2.0
"""Raw Ethernet frames in and out of a site's UNI, byte for byte, past the host's tag program."""

import socket
import struct
import time

import netns
from lab import HOST_INTERFACE

ETH_P_ALL = 0x0003
SOL_PACKET = 263
PACKET_AUXDATA = 8
PACKET_QDISC_BYPASS = 20
PACKET_IGNORE_OUTGOING = 23
TP_STATUS_VLAN_VALID = 1 << 4
TP_STATUS_VLAN_TPID_VALID = 1 << 6
SO_RCVBUFFORCE = 33


class RawPort:
    """A packet socket on a site's UNI.

    Frames go out as given: the queueing bypass also bypasses the tag program. What comes in is read before
    the program sees it, with the tag that the kernel lifts out put back in place.
    """

    def __init__(self, site, interface=HOST_INTERFACE):
        with netns.inside(site.netns):
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
        self._socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self._socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        with netns.inside(site.netns):
            self._socket.bind((interface, 0))
        # Frames may be for any destination: promiscuous for as long as the socket lives.
        index = self._index(site, interface)
        self._socket.setsockopt(SOL_PACKET, 1, struct.pack("IHH8s", index, 1, 0, b""))

    @staticmethod
    def _index(site, interface):
        with netns.inside(site.netns):
            return socket.if_nametoindex(interface)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, frame):
        self._socket.send(frame)

    def receive(self, timeout_s=1.0):
        """The next frame, or None when none came in time."""
        self._socket.settimeout(timeout_s)
        try:
            data, ancillary, _, _ = self._socket.recvmsg(65536, 256)
        except (TimeoutError, BlockingIOError):
            return None
        for level, kind, payload in ancillary:
            if level == SOL_PACKET and kind == PACKET_AUXDATA:
                status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", payload[:20])
                if status & TP_STATUS_VLAN_VALID:
                    tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100
                    return data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
        return data

    def expect(self, wanted, timeout_s=2.0):
        """The first frame for which wanted(frame) holds, or None when the time is over."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            frame = self.receive(left)
            if frame is not None and wanted(frame):
                return frame
        return None

    def drain(self):
        """Forgets what has arrived so far; returns how many frames that were."""
        count = 0
        while self.receive(0) is not None:
            count += 1
        return count


def frame(destination, source, tags=(), payload=b"", ethertype=0x88B5):
    """An Ethernet frame without FCS; 0x88B5 is the ethertype for local experiments (802 9.2.4)."""
    head = bytes.fromhex(destination.replace(":", "")) + bytes.fromhex(source.replace(":", ""))
    for tag in tags:
        head += struct.pack("!HH", tag.tpid, tag.tci)
    return (head + struct.pack("!H", ethertype) + payload).ljust(60, b"\0")
