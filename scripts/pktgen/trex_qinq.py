#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TRex stateless profile: QinQ frames of many circuits in random order (docs/benchmarking.md).

trex> start -f scripts/pktgen/trex_qinq.py -p 0 -m 100% -t --circuits 10000 --size 64

Circuits are tagged as strowger-pktgen tags them: circuit i has S-VID 2 + i / 4000 and C-VID 2 + i mod 4000. The field engine
of TRex draws both for each frame, and writes them into the IPv4 source as well, 10.S.C.C, so that each circuit is a flow of
its own. Whole S-VLANs are drawn: above 4,000, the number of circuits is rounded down to a multiple of 4,000.
"""

import argparse

from trex_stl_lib.api import (IP, UDP, Dot1Q, Ether, STLFlowLatencyStats, STLPktBuilder, STLScVmRaw, STLStream, STLTXCont,
                              STLVmFixIpv4, STLVmFlowVar, STLVmWrFlowVar)

C_PER_S = 4000
S_FIRST = C_FIRST = 2
FCS = 4
# Where fields start in a frame with two tags.
S_TCI, C_TCI, IPV4 = 14, 18, 22
SOURCE = IPV4 + 12
LATENCY_PPS = 1000
# TRex writes 16 bytes of its own into frames whose latency it measures.
LATENCY_PAYLOAD = 16


def frame(size, s_vid, c_vid, payload=0):
    """`size` counts the FCS, which the NIC adds."""
    head = (Ether(dst="02:00:00:00:00:01", src="02:00:00:00:00:02", type=0x88A8)
            / Dot1Q(vlan=s_vid, type=0x8100) / Dot1Q(vlan=c_vid, type=0x0800)
            / IP(src="10.0.0.0", dst="198.18.0.1", ttl=64) / UDP(sport=1024, dport=9, chksum=0))
    filling = max(payload, size - FCS - len(head))
    return head / (b"\x00" * filling)


def s_vlans(circuits):
    """(how many S-VLANs, how many C-VIDs in each) that hold at most `circuits` circuits."""
    return (1, circuits) if circuits < C_PER_S else (circuits // C_PER_S, C_PER_S)


def circuit_draw(circuits):
    s_count, c_count = s_vlans(circuits)
    return STLScVmRaw([
        STLVmFlowVar(name="s", size=2, op="random", min_value=S_FIRST, max_value=S_FIRST + s_count - 1),
        STLVmFlowVar(name="c", size=2, op="random", min_value=C_FIRST, max_value=C_FIRST + c_count - 1),
        STLVmWrFlowVar(fv_name="s", pkt_offset=S_TCI),
        STLVmWrFlowVar(fv_name="c", pkt_offset=C_TCI),
        STLVmWrFlowVar(fv_name="s", pkt_offset=SOURCE, add_val=10 << 8),  # S is below 256
        STLVmWrFlowVar(fv_name="c", pkt_offset=SOURCE + 2),
        STLVmFixIpv4(offset=IPV4),
    ])


class QinqCircuits:
    def get_streams(self, direction=0, tunables=(), **_):
        parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--circuits", type=int, default=10000, help="1 to 1,000,000")
        parser.add_argument("--size", type=int, default=64, help="bytes with FCS, 64 to 9216")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--latency", type=int, choices=(0, 1), default=0)
        args = parser.parse_args(tunables)
        if not 1 <= args.circuits <= 1_000_000:
            raise ValueError(f"--circuits {args.circuits}: must be 1 to 1,000,000")
        if not 64 <= args.size <= 9216:
            raise ValueError(f"--size {args.size}: must be 64 to 9216 bytes with FCS")
        streams = [STLStream(packet=STLPktBuilder(pkt=frame(args.size, S_FIRST, C_FIRST),
                                                  vm=circuit_draw(args.circuits)),
                             random_seed=args.seed, mode=STLTXCont())]
        if args.latency:
            packet = STLPktBuilder(pkt=frame(args.size, S_FIRST, C_FIRST, LATENCY_PAYLOAD))
            streams.append(STLStream(packet=packet, mode=STLTXCont(pps=LATENCY_PPS),
                                     flow_stats=STLFlowLatencyStats(pg_id=7)))
        return streams


def register():
    return QinqCircuits()
