// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/limits.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace strowger::dataplane {

inline constexpr std::uint16_t kNoQueue = 0xFFFF;

/// One port as workers see it. The platform fills it before any worker starts; afterwards only the
/// link word changes. A worker polls at most one rx queue of a port, and each queue has one worker.
struct alignas(64) PortQueues {
    PortQueues() {
        rx_queue.fill(kNoQueue);
        tx_queue.fill(kNoQueue);
    }

    std::uint16_t device = 0;        ///< DPDK port id
    std::uint32_t frame_max = 1'518; ///< the largest frame that really passes, with FCS and tags
    int socket = 0;                  ///< NUMA node of the device
    /// By worker; kNoQueue: some other worker receives, or transmits for it. At least one worker
    /// has a tx queue, and at least one an rx queue.
    std::array<std::uint16_t, limits::kWorkersMax> rx_queue{};
    std::array<std::uint16_t, limits::kWorkersMax> tx_queue{};
    /// A line of its own: written when a link changes, read for each burst.
    alignas(64) std::atomic<std::uint32_t> link_up{1}; // control: wo, workers: ro
};

/// All ports, by PortIndex. Outlives the workers.
struct PortSet {
    std::uint16_t count = 0;
    std::array<PortQueues, limits::kPortsMax> ports;
};

} // namespace strowger::dataplane
