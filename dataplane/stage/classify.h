// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

namespace strowger::dataplane {

/// In: tags. Out: entries, of this worker's circuits or others', and the slots of its own, on their
/// way into the cache. Lets go of what is Unmatched and remembers its tags. All loads of a burst
/// are under way at once: two passes prefetch, the third reads.
void classify(
    const Classifier& classifier,
    HotSlot* slots,
    std::uint32_t self,
    Burst& burst,
    PortStats* stats
) noexcept;

/// In: entries of this worker's circuits, classified elsewhere. Out: slots, on their way into the
/// cache.
void find_slots(HotSlot* slots, Burst& burst) noexcept;

} // namespace strowger::dataplane
