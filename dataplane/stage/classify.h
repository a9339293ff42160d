// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

namespace strowger::dataplane {

/// In: tags, of frames from one port. Out: entries, of this worker's circuits or others', and the
/// slots of its own. Lets go of what is Unmatched and remembers its tags. All loads of a burst are
/// under way at once: the first pass prefetches, the second reads.
void classify(
    const Classifier& classifier,
    HotSlot* slots,
    Burst& burst,
    PortStats* stats
) noexcept;

/// In: entries of this worker's circuits, classified elsewhere. Out: slots.
void find_slots(HotSlot* slots, Burst& burst) noexcept;

} // namespace strowger::dataplane
