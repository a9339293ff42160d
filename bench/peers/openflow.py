# SPDX-License-Identifier: Apache-2.0
"""As much of OpenFlow 1.3 as it takes to give Open vSwitch meters and to read its port counters.

ovs-ofctl starts a process for each meter; one session over the bridge's management socket takes 100,000 in a second.
"""

import socket
import struct

VERSION = 4
HELLO, ERROR, ECHO_REQUEST, ECHO_REPLY, METER_MOD = 0, 1, 2, 3, 29
MULTIPART_REQUEST, MULTIPART_REPLY, BARRIER_REQUEST, BARRIER_REPLY = 18, 19, 20, 21
METER_ADD, METER_KBPS, BAND_DROP, PORT_STATS = 0, 1, 1, 4
CHUNK_BYTES = 32768


class Session:
    """One connection to a bridge."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(path)
        self._received, self.errors = b"", 0
        self._socket.sendall(message(HELLO))
        self._wait_for(HELLO)

    def add_meters(self, count, kbps):
        """Meters 1 to `count`, each with one band that drops above `kbps`."""
        pending = b""
        for number in range(1, count + 1):
            pending += meter(number, kbps)
            if len(pending) > CHUNK_BYTES:
                self._socket.sendall(pending)
                pending = b""
        self._socket.sendall(pending + message(BARRIER_REQUEST))
        self._wait_for(BARRIER_REPLY)
        if self.errors:
            raise OSError(f"the switch refused {self.errors} of {count} meters")

    def port_counters(self, port):
        """(frames received, frames transmitted) as the device counts them."""
        self._socket.sendall(message(MULTIPART_REQUEST, struct.pack("!HH4xI4x", PORT_STATS, 0, port)))
        reply = self._wait_for(MULTIPART_REPLY)
        received, sent = struct.unpack_from("!QQ", reply, 8 + 8 + 8)
        return received, sent

    def _wait_for(self, wanted):
        while True:
            while len(self._received) >= 8:
                kind, length = struct.unpack_from("!xBH", self._received)
                if len(self._received) < length:
                    break
                whole, self._received = self._received[:length], self._received[length:]
                if kind == ERROR:
                    self.errors += 1
                elif kind == ECHO_REQUEST:
                    self._socket.sendall(struct.pack("!BBH", VERSION, ECHO_REPLY, length) + whole[4:])
                if kind == wanted:
                    return whole
            more = self._socket.recv(65536)
            if not more:
                raise OSError("the switch closed the OpenFlow session")
            self._received += more


def message(kind, body=b""):
    return struct.pack("!BBHI", VERSION, kind, 8 + len(body), 0) + body


def meter(number, kbps):
    band = struct.pack("!HHII4x", BAND_DROP, 16, kbps, kbps)
    return message(METER_MOD, struct.pack("!HHI", METER_ADD, METER_KBPS, number) + band)


def rewrite_rules(circuits, in_port, out_port, table, meters):
    """The rules that translate both tags of each circuit, as our benchmark's circuits do (bench/lib/circuits.h).

    Each port has its table of C-VIDs, so that the rules of two measurements live side by side.
    """
    for s_vlan in range((circuits + 3999) // 4000):
        yield (f"table=0,priority=10,in_port={in_port},dl_vlan={2 + s_vlan},"
               f"actions=pop_vlan,load:{2 + s_vlan}->NXM_NX_REG0[],resubmit(,{table})")
    for circuit in range(circuits):
        s_vid, c_vid = 2 + circuit // 4000, 2 + circuit % 4000
        metered = f"meter:{circuit + 1}," if meters else ""
        yield (f"table={table},priority=10,reg0={s_vid},dl_vlan={c_vid},"
               f"actions={metered}mod_vlan_vid:{c_vid + 10},push_vlan:0x88a8,mod_vlan_vid:{s_vid + 100},output:{out_port}")
