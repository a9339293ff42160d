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

void take_over(rte_ring* ring, TakenOver& taken) noexcept {
    taken.count = static_cast<std::uint16_t>(
        rte_ring_sc_dequeue_burst(ring, taken.elements.data(), kBurstMax, nullptr)
    );
    // Written by the other core a moment ago: all of these lines are under way at once.
    for (std::uint16_t i = 0; i < taken.count; ++i) {
        rte_prefetch0(taken.elements[i]);
    }
}

std::size_t frames_ahead(std::span<void* const> elements) noexcept {
    std::uintptr_t all = 0;
    for (const void* const element : elements) {
        all |= reinterpret_cast<std::uintptr_t>(element);
    }
    if ((all & 1U) == 0) [[likely]] {
        return elements.size();
    }
    std::size_t frames = 0;
    while (!HandoverMessage::is_message(elements[frames])) {
        ++frames;
    }
    return frames;
}

void load_burst(std::span<void* const> frames, Burst& burst) noexcept {
    burst.dropped_count = 0;
    burst.count = static_cast<std::uint16_t>(frames.size());
    for (std::uint16_t i = 0; i < burst.count; ++i) {
        auto* const frame = static_cast<rte_mbuf*>(frames[i]);
        rte_prefetch0(rte_pktmbuf_mtod(frame, const void*));
        burst.frames[i] = frame;
        burst.entries[i] = IndexEntry::from_bits(FrameNote::value(frame));
        burst.ports[i] = FrameNote::port(frame);
    }
}

} // namespace strowger::dataplane
