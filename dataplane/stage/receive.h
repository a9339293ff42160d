// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stage/burst.h"

namespace strowger::dataplane {

/// One (port, queue) that a worker polls.
struct RxQueue {
    std::uint16_t port = 0; ///< PortIndex
    std::uint16_t device = 0;
    std::uint16_t queue = 0;
};

/// In: an empty burst. Out: what the queue had, at most kBurstMax; counted as received; the first
/// line of each frame is on its way into the cache.
void receive(const RxQueue& from, Burst& burst, PortStats* stats) noexcept;

} // namespace strowger::dataplane
