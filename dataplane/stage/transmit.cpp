// SPDX-License-Identifier: Apache-2.0
#include "stage/transmit.h"

#include <rte_ethdev.h>

namespace strowger::dataplane {

namespace {

/// Lengths are kept aside: a device may free a frame as soon as it has it.
using Lengths = std::array<std::uint32_t, kBurstMax>;

std::uint64_t sum(const Lengths& lengths, std::uint16_t count) noexcept {
    std::uint64_t bytes = 0;
    for (std::uint16_t i = 0; i < count; ++i) {
        bytes += lengths[i];
    }
    return bytes;
}

std::uint16_t send(TxLane& lane, const Lengths& lengths, PortStats& out) noexcept {
    if (lane.queue == kNoQueue) {
        // Counted as transmitted by the worker that has the queue.
        return static_cast<std::uint16_t>(rte_ring_sp_enqueue_burst(
            lane.ring, reinterpret_cast<void* const*>(lane.frames.data()), lane.count, nullptr
        ));
    }
    const std::uint16_t sent =
        rte_eth_tx_burst(lane.device, lane.queue, lane.frames.data(), lane.count);
    out.tx.frames.add(sent);
    out.tx.bytes.add(sum(lengths, sent));
    return sent;
}

void flush_lane(TxLane& lane, PortStats& out, PortStats* stats) noexcept {
    Lengths lengths;
    std::array<std::uint16_t, kBurstMax> arrived_at;
    for (std::uint16_t i = 0; i < lane.count; ++i) {
        lengths[i] = lane.frames[i]->pkt_len + kFcsBytes;
        arrived_at[i] = static_cast<std::uint16_t>(lane.frames[i]->hash.fdir.hi);
    }
    const std::uint16_t sent = send(lane, lengths, out);
    for (std::uint16_t i = 0; i < sent; ++i) {
        EndpointSlot& slot = *lane.slots[i];
        FrameCounter& egress =
            lane.colors[i] == Color::Green ? slot.egress_green : slot.egress_yellow;
        egress.add(lengths[i]);
    }
    if (sent < lane.count) [[unlikely]] {
        for (std::uint16_t i = sent; i < lane.count; ++i) {
            lane.slots[i]->drops[static_cast<std::size_t>(DropReason::TxFull)].add(1);
            stats[arrived_at[i]].drop(DropReason::TxFull);
        }
        rte_pktmbuf_free_bulk(&lane.frames[sent], lane.count - sent);
    }
    lane.count = 0;
}

} // namespace

void transmit(
    std::span<TxLane> lanes,
    std::uint64_t& staged_ports,
    Burst& burst,
    PortStats* stats
) noexcept {
    for (std::uint16_t i = 0; i < burst.count; ++i) {
        const std::uint16_t port = burst.forwarding(i).out_port;
        TxLane& lane = lanes[port];
        burst.frames[i]->hash.fdir.hi = burst.ports[i];
        lane.frames[lane.count] = burst.frames[i];
        lane.slots[lane.count] = burst.slots[i];
        lane.colors[lane.count] = burst.colors[i];
        staged_ports |= std::uint64_t{1} << port;
        if (++lane.count == kBurstMax) {
            flush_lane(lane, stats[port], stats);
        }
    }
    burst.count = 0;
}

void flush_tx(std::span<TxLane> lanes, std::uint64_t& staged_ports, PortStats* stats) noexcept {
    while (staged_ports != 0) {
        const auto port = static_cast<std::size_t>(__builtin_ctzll(staged_ports));
        staged_ports &= staged_ports - 1;
        if (lanes[port].count != 0) {
            flush_lane(lanes[port], stats[port], stats);
        }
    }
}

std::uint32_t relay(const TxRelay& from, PortStats* stats) noexcept {
    if (rte_ring_get_cons_sync_type(from.ring) != RTE_RING_SYNC_ST) {
        // Never so; without it the compiler keeps the locked instructions of the other modes.
        __builtin_unreachable();
    }
    std::array<rte_mbuf*, kBurstMax> frames;
    const unsigned count = rte_ring_dequeue_burst_start(
        from.ring, reinterpret_cast<void**>(frames.data()), kBurstMax, nullptr
    );
    if (count == 0) {
        return 0;
    }
    Lengths lengths;
    for (unsigned i = 0; i < count; ++i) {
        lengths[i] = frames[i]->pkt_len + kFcsBytes;
    }
    const std::uint16_t sent =
        rte_eth_tx_burst(from.device, from.queue, frames.data(), static_cast<std::uint16_t>(count));
    rte_ring_dequeue_finish(from.ring, sent);
    stats[from.port].tx.frames.add(sent);
    stats[from.port].tx.bytes.add(sum(lengths, sent));
    return sent;
}

} // namespace strowger::dataplane
