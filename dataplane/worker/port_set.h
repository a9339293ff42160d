// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/model/limits.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace strowger::dataplane {

inline constexpr std::uint16_t kNoQueue = 0xFFFF;

/// One port as it is when the workers start; the platform fills it before. Who polls an rx queue
/// may change while they run (ReceiverAssigner): what a worker polls is then in its own list, and
/// this says how it began.
struct alignas(64) PortQueues {
    PortQueues() { tx_queue.fill(kNoQueue); }

    std::uint16_t device = 0;         ///< DPDK port id
    std::uint32_t frame_max = 1'518;  ///< the largest frame that really passes, with FCS and tags
    int socket = 0;                   ///< NUMA node of the device
    std::uint32_t tx_descriptors = 0; ///< of each tx queue; 0: unknown
    std::uint32_t rx_descriptors = 0; ///< of each rx queue; 0: unknown
    /// Rx queues 0 to rx_queues - 1 share what no rule of the device names. The steered_queues
    /// behind them are for what rules bring there; nobody polls them at the start.
    std::uint16_t rx_queues = 0;
    std::uint16_t steered_queues = 0;
    /// By rx queue: the worker that polls it at the start.
    std::array<std::uint16_t, limits::kRxQueuesPerPortMax> rx_poller{};
    /// By worker; kNoQueue: some other worker transmits for it. At least one worker has a queue.
    std::array<std::uint16_t, limits::kWorkersMax> tx_queue{};
};

/// All ports, by PortIndex. Outlives the workers; once they run, only the links change.
class PortSet {
public:
    std::uint16_t count = 0;
    std::array<PortQueues, limits::kPortsMax> ports;

    /// Also from the EAL's interrupt thread.
    // control: rw
    void set_link(std::size_t port, bool up) noexcept {
        const std::uint64_t bit = std::uint64_t{1} << port;
        if (up) {
            links_up_.fetch_or(bit, std::memory_order_relaxed);
        } else {
            links_up_.fetch_and(~bit, std::memory_order_relaxed);
        }
    }
    [[nodiscard]] bool link_up(std::size_t port) const noexcept {
        return (links_up() >> port & 1U) != 0;
    }
    /// One bit a port, read once for each burst. Ports that there are not count as up.
    // control: rw, workers: ro
    [[nodiscard]] std::uint64_t links_up() const noexcept {
        return links_up_.load(std::memory_order_relaxed);
    }

private:
    /// A line of its own: written when a link changes.
    alignas(64) std::atomic<std::uint64_t> links_up_{~std::uint64_t{0}};
};
static_assert(limits::kPortsMax <= 64, "a port has one bit of a word");

} // namespace strowger::dataplane
