// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

#include <rte_ring.h>

#include <span>

namespace strowger::dataplane {

/// Frames on their way from this worker to the one that owns their circuits. The entry that
/// classified a frame and its port travel in the mbuf (FrameNote), so that the owner treats it by
/// the program it was classified under.
struct HandoverLane {
    rte_ring* ring = nullptr;              ///< single producer: this worker; null to itself
    WorkerCounter* lost_by_slot = nullptr; ///< of the owner's slots: what the ring had no room for
    std::uint16_t count = 0;
    std::array<rte_mbuf*, kBurstMax> frames{};
};

/// In: entries. Out: only frames that this worker owns; the others are on the owners' lanes.
void hand_over(
    std::uint32_t self,
    std::span<HandoverLane> lanes,
    Burst& burst,
    PortStats* stats,
    WorkerStats& worker
) noexcept;

/// Gives the ring what is staged. What it has no room for is counted as HandoverFull and freed: the
/// owner is too slow, and waiting would make its load everybody's.
void flush_handover(HandoverLane& lane, PortStats* stats, WorkerStats& worker) noexcept;

/// In: an empty burst. Out: frames that another worker classified, with their entries; returns how
/// many there were.
std::uint16_t take_over(rte_ring* ring, Burst& burst, WorkerStats& worker) noexcept;

} // namespace strowger::dataplane
