// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/seam/dataplane.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace strowger::service {

/// Thousandths of an interval that a worker was busy; nothing when that cannot be known.
[[nodiscard]] std::optional<std::uint32_t>
busy_permille(std::uint64_t busy_cycles, std::uint64_t clock_hz, std::int64_t interval_ns);

/// How busy each worker was over the last whole interval: cycles of turns that found work against
/// the clock on the wall.
class WorkerLoads {
public:
    static constexpr std::int64_t kIntervalNs = 1'000'000'000;

    /// Looks at the workers when an interval is over.
    void observe(const Dataplane& dataplane, std::int64_t now_ns);
    /// Nothing until two looks were taken.
    [[nodiscard]] std::optional<std::uint32_t> permille(std::size_t worker) const;
    /// The mean of some workers.
    [[nodiscard]] std::optional<std::uint32_t> permille(WorkerSet workers) const;

private:
    std::vector<std::uint64_t> busy_cycles_;
    std::vector<std::optional<std::uint32_t>> permille_;
    std::int64_t seen_ns_ = 0;
};

} // namespace strowger::service
