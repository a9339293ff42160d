// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "platform/report.h"
#include "table/worker_stats.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strowger::dataplane {

/// Frames wait in the device while a turn lasts: 50 us are 744 of the least ones at 10 Gb/s.
inline constexpr std::uint64_t kLongTurnUs = 50;

/// What a worker and the kernel have counted of one worker's time, since start.
struct TurnClocks {
    std::uint64_t long_turns = 0; ///< that took longer than kLongTurnUs
    std::uint64_t long_us = 0;    ///< those together
    std::array<std::uint64_t, WorkerStats::kLongTurnsKept> last_us{}; ///< as WorkerStats::last_long
    std::uint64_t run_delay_us = 0; ///< ready to run, and another thread had the core
    std::uint64_t stolen_us = 0;    ///< the host had the core, where it tells
};

/// A sentence on the long turns between two readings: how many, how long, and whose that time was.
/// Nothing when there were none.
struct LongTurns {
    bool ours = false; ///< most of it is neither the kernel's nor the host's
    std::string text;
};
[[nodiscard]] std::optional<LongTurns>
explain_long_turns(const TurnClocks& before, const TurnClocks& now);

/// Second number of a thread's schedstat ("ran waited slices", in ns), in microseconds.
[[nodiscard]] std::uint64_t run_delay_us_in(const std::string& schedstat);
/// What the line of this core in /proc/stat calls steal, in microseconds; 0: none.
[[nodiscard]] std::uint64_t stolen_us_in(const std::string& stat, std::uint32_t core);

/// Logs the long turns of all workers, a line a worker and second at most. Control thread only.
class TurnWatch {
public:
    struct Source {
        std::uint32_t core = 0;
        TurnClocks clocks;
    };
    explicit TurnWatch(Report report) : report_(std::move(report)) {}
    /// With what all workers' clocks say now; about once a second. The first time is the beginning.
    void look(const std::vector<Source>& workers);

private:
    Report report_;
    std::vector<TurnClocks> before_;
};

} // namespace strowger::dataplane
