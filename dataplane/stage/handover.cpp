// SPDX-License-Identifier: Apache-2.0
#include "stage/handover.h"

#include "stage/frame_note.h"

#include <rte_prefetch.h>

namespace strowger::dataplane {

namespace {

void stage(HandoverLane& lane, const Burst& burst, unsigned i) noexcept {
    rte_mbuf* const frame = burst.frames[i];
    FrameNote::write(frame, burst.entries[i].bits(), burst.ports[i]);
    lane.frames[lane.count++] = frame;
}

} // namespace

void flush_handover(HandoverLane& lane, PortStats* stats, WorkerStats& worker) noexcept {
    if (lane.count == 0) {
        return;
    }
    const unsigned sent = rte_ring_sp_enqueue_burst(
        lane.ring, reinterpret_cast<void* const*>(lane.frames.data()), lane.count, nullptr
    );
    worker.handed_over.add(sent);
    if (sent < lane.count) [[unlikely]] {
        for (unsigned i = sent; i < lane.count; ++i) {
            const rte_mbuf* const frame = lane.frames[i];
            stats[FrameNote::port(frame)].drop(DropReason::HandoverFull);
            lane.lost_by_slot[IndexEntry::from_bits(FrameNote::value(frame)).number()].add(1);
        }
        rte_pktmbuf_free_bulk(&lane.frames[sent], lane.count - sent);
    }
    lane.count = 0;
}

void hand_over(
    std::uint32_t self,
    std::span<HandoverLane> lanes,
    Burst& burst,
    PortStats* stats,
    WorkerStats& worker
) noexcept {
    FrameMask gone = 0;
    const unsigned count = burst.count;
    for (unsigned i = 0; i < count; ++i) {
        const std::uint32_t owner = burst.entries[i].owner();
        if (owner == self) {
            continue;
        }
        stage(lanes[owner], burst, i);
        if (lanes[owner].count == kBurstMax) {
            flush_handover(lanes[owner], stats, worker);
        }
        gone |= bit_of(i);
    }
    burst.remove(gone);
}

std::uint16_t take_over(rte_ring* ring, Burst& burst, WorkerStats& worker) noexcept {
    burst.dropped_count = 0;
    const auto count = static_cast<std::uint16_t>(rte_ring_sc_dequeue_burst(
        ring, reinterpret_cast<void**>(burst.frames.data()), kBurstMax, nullptr
    ));
    for (std::uint16_t i = 0; i < count; ++i) {
        const rte_mbuf* const frame = burst.frames[i];
        rte_prefetch0(rte_pktmbuf_mtod(frame, const void*));
        burst.entries[i] = IndexEntry::from_bits(FrameNote::value(frame));
        burst.ports[i] = FrameNote::port(frame);
    }
    burst.count = count;
    worker.taken_over.add(count);
    return count;
}

} // namespace strowger::dataplane
