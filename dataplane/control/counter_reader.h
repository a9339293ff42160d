// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/change_driver.h"
#include "strowger/seam/counters.h"
#include "worker/worker_group.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace strowger::dataplane {

/// Adds up what the workers count. Reads only; no lock, no worker waits for it.
class CounterReader {
public:
    explicit CounterReader(const WorkerGroup& group) : group_(group) {}

    [[nodiscard]] CircuitCounters circuit(const CircuitRecord& circuit) const;
    /// Frames that came to both endpoints' meters; cheaper than all counters.
    [[nodiscard]] std::uint64_t arrivals(const CircuitRecord& circuit) const;
    /// rx_missed and the like are left to the device.
    [[nodiscard]] PortCounters port(PortIndex port) const;
    [[nodiscard]] WorkerCounters worker(std::size_t id) const;
    /// Of a circuit, wherever it lived: frames that pollers lost at full hand-over rings, and its
    /// new owner for want of room to park them.
    [[nodiscard]] std::array<std::uint64_t, 2> handover_lost(const CircuitRecord& circuit) const;
    /// The same for these slots, whoever had them, since start.
    [[nodiscard]] std::array<std::uint64_t, 2> handover_lost(const CircuitPlace& place) const;

private:
    [[nodiscard]] std::vector<UnmatchedTags> unmatched(PortIndex port) const;

    const WorkerGroup& group_;
};

} // namespace strowger::dataplane
