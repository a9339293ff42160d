// SPDX-License-Identifier: Apache-2.0
#include "service/worker_loads.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace strowger::service {

std::optional<std::uint32_t>
busy_permille(std::uint64_t busy_cycles, std::uint64_t clock_hz, std::int64_t interval_ns) {
    if (clock_hz == 0 || interval_ns <= 0) {
        return std::nullopt;
    }
    const double busy_s = static_cast<double>(busy_cycles) / static_cast<double>(clock_hz);
    const double share = busy_s * 1e9 / static_cast<double>(interval_ns);
    // The two clocks are not read at one instant, so a worker that never rests may exceed it.
    return static_cast<std::uint32_t>(std::lround(std::min(share, 1.0) * 1'000));
}

void WorkerLoads::observe(const Dataplane& dataplane, std::int64_t now_ns) {
    if (!busy_cycles_.empty() && now_ns - seen_ns_ < kIntervalNs) {
        return;
    }
    const std::vector<WorkerStatus> workers = dataplane.workers();
    const bool first = busy_cycles_.empty();
    busy_cycles_.resize(workers.size());
    permille_.resize(workers.size());
    for (std::size_t index = 0; index < workers.size(); ++index) {
        const std::uint64_t cycles = workers[index].counters.busy_cycles;
        if (!first) {
            permille_[index] = busy_permille(
                cycles - busy_cycles_[index], workers[index].clock_hz, now_ns - seen_ns_
            );
        }
        busy_cycles_[index] = cycles;
    }
    seen_ns_ = now_ns;
}

std::optional<std::uint32_t> WorkerLoads::permille(std::size_t worker) const {
    return worker < permille_.size() ? permille_[worker] : std::nullopt;
}

std::optional<std::uint32_t> WorkerLoads::permille(WorkerSet workers) const {
    std::uint32_t sum = 0;
    std::uint32_t count = 0;
    for (std::size_t index = 0; index < permille_.size(); ++index) {
        if (workers.contains(index) && permille_[index].has_value()) {
            sum += *permille_[index];
            ++count;
        }
    }
    return count == 0 ? std::nullopt : std::optional((sum + count / 2) / count);
}

} // namespace strowger::service
