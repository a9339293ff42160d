#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what Pktgen-DPDK needs to send QinQ frames of many circuits in random order (docs/benchmarking.md).

OUTPUT.pcap has one frame for each circuit, shuffled by --seed: Pktgen's own range mode counts VLANs up one by one, which a
device under test can read like a book. OUTPUT.lua plays it on port 0, at --rate percent of the line, and prints what both
ports counted.
"""

import argparse
import random
import struct
import sys

C_PER_S = 4000
S_FIRST = C_FIRST = 2
FCS = 4
DESTINATION = bytes.fromhex("020000000001")
SOURCE = bytes.fromhex("020000000002")
# A pcap that Pktgen loads into its buffers wants at least some hundred frames.
FRAMES_MIN = 1024

LUA = """-- SPDX-License-Identifier: Apache-2.0
-- Written by scripts/pktgen/pktgen-dpdk.py: {circuits} circuits, {size} bytes with FCS, {rate} % of the line for {seconds} s.
-- Frames: {pcap}, given to Pktgen by -s 0:FILE.
package.path = package.path .. ";?.lua;test/?.lua;app/?.lua;"
require "Pktgen"

local sent, back = "0", "1"
pktgen.stop("all")
pktgen.clear("all")
pktgen.pcap(sent, "on")
pktgen.set(sent, "rate", {rate})
pktgen.set(sent, "count", 0)
pktgen.start(sent)
pktgen.sleep({seconds})
pktgen.stop(sent)
pktgen.sleep(2) -- RFC 2544 section 23: frames still on their way

local stats = pktgen.portStats("all", "port")
local tx, rx = stats[tonumber(sent)].opackets, stats[tonumber(back)].ipackets
print(string.format("sent %d, back %d, lost %d (%.6f %%)", tx, rx, tx - rx, tx > 0 and 100.0 * (tx - rx) / tx or 0.0))
"""


def checksum(header):
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    total += total >> 16
    return ~total & 0xFFFF


def frame(circuit, size):
    """As strowger-pktgen's: the circuit's number is in the IPv4 source. `size` counts the FCS."""
    s_vid, c_vid = S_FIRST + circuit // C_PER_S, C_FIRST + circuit % C_PER_S
    head = DESTINATION + SOURCE + struct.pack("!HHHHH", 0x88A8, s_vid, 0x8100, c_vid, 0x0800)
    length = size - FCS - len(head)
    ipv4 = struct.pack("!BBHHHBBHII", 0x45, 0, length, 0, 0, 64, 17, 0, 0x0A000000 + circuit, 0xC6120001)
    ipv4 = ipv4[:10] + struct.pack("!H", checksum(ipv4)) + ipv4[12:]
    udp = struct.pack("!HHHH", 1024, 9, length - len(ipv4), 0)
    return (head + ipv4 + udp).ljust(size - FCS, b"\0")


def write_pcap(path, circuits, size, seed):
    order = list(range(circuits))
    random.Random(seed).shuffle(order)
    turns = -(-FRAMES_MIN // circuits)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for circuit in order * turns:
            data = frame(circuit, size)
            out.write(struct.pack("<IIII", 0, 0, len(data), len(data)) + data)


def within(least, most):
    def parse(text):
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{value} is not within {least} to {most}")
        return value
    return parse


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circuits", type=within(1, 1_000_000), default=10_000)
    parser.add_argument("--size", type=within(64, 9216), default=64, help="bytes with FCS")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=within(1, 100), default=100, help="percent of the line")
    parser.add_argument("--seconds", type=within(1, 86_400), default=60)
    parser.add_argument("--output", required=True, help="path without suffix")
    args = parser.parse_args()
    pcap = f"{args.output}.pcap"
    try:
        write_pcap(pcap, args.circuits, args.size, args.seed)
        with open(f"{args.output}.lua", "w", encoding="ascii") as out:
            out.write(LUA.format(circuits=args.circuits, size=args.size, rate=args.rate, seconds=args.seconds, pcap=pcap))
    except OSError as error:
        sys.exit(f"pktgen-dpdk.py: {error}")
    print(f"{pcap} and {args.output}.lua; start with:\n"
          f'pktgen -l 2-4 -n 4 -a PORT0 -a PORT1 -- -P -m "3.0,4.1" -s 0:{pcap} -f {args.output}.lua')


if __name__ == "__main__":
    main()
