// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"
#include "stage/handover.h"

#include <span>

namespace strowger::dataplane {

/// In: tags. Out: entries, of this worker's circuits or others'. Lets go of what is Unmatched and
/// remembers its tags. All loads of a burst are under way at once: three passes of prefetches.
void classify(const Classifier& classifier, Burst& burst, PortStats* stats) noexcept;

/// In: entries. Out: only frames that this worker owns; the others are on the owners' lanes.
void hand_over(
    std::uint32_t self,
    std::span<HandoverLane> lanes,
    Burst& burst,
    PortStats* stats,
    WorkerStats& worker
) noexcept;

/// In: entries of this worker's circuits. Out: slots, on their way into the cache.
void find_slots(EndpointSlot* slots, Burst& burst) noexcept;

} // namespace strowger::dataplane
