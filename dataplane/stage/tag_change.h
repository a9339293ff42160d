// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

namespace strowger::dataplane {

/// How many tags of a frame give way: the circuit's, and a priority tag where tags are pushed.
[[nodiscard]] inline unsigned pop_count(const Burst& burst, std::uint16_t i) noexcept {
    const bool pops_priority =
        burst.forwarding(i).has(Forwarding::PopsPriorityTag) && burst.tags[i].count > 0;
    return burst.entries[i].pop_count() + (pops_priority ? 1U : 0U);
}

} // namespace strowger::dataplane
