// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "platform/turn_watch.h"
#include "worker/worker.h"

#include <atomic>
#include <cstdint>
#include <vector>

namespace strowger::bench {

/// A turn that took too long, and what became of its time.
struct LongTurn {
    double turn_us = 0;
    double off_core_us = 0;        ///< of which the thread was not on its core
    double run_delay_us = 0;       ///< of which it was ready and another thread had the core
    std::uint64_t steal_ticks = 0; ///< what /proc/stat says the host took of all cores meanwhile
    std::uint64_t commands = 0;    ///< that it applied
    std::uint64_t began = 0;       ///< TSC
    std::uint64_t ended = 0;

    /// Interrupted: no clock tells where the thread was, but all that the turn had to do were its
    /// frames, at most as many as those of any other turn: a timer's interrupt, the hypervisor.
    enum class Cause : std::uint8_t { RunDelay, Steal, Interrupted, Ours };
    [[nodiscard]] Cause cause() const;
};
[[nodiscard]] const char* name_of(LongTurn::Cause cause);

/// Runs a worker's turns as WorkerThreads does, and looks at the clock between them. What a turn
/// cannot explain by itself is attributed afterwards: the clocks of the thread and of the machine
/// are read every few hundred turns, and behind a turn that was too long.
class TurnLog {
public:
    static constexpr double kLongUs = dataplane::kLongTurnUs; ///< what the daemon logs, too

    /// Without a worker its turns are empty: what the machine does to any loop.
    TurnLog(dataplane::Worker* worker, double tsc_hz) : worker_(worker), tsc_hz_(tsc_hz) {}
    /// On the worker's lcore, until stop() is called by another thread.
    void run();
    void stop() { stop_.store(true, std::memory_order_relaxed); }

    [[nodiscard]] const std::vector<LongTurn>& long_turns() const { return long_turns_; }
    [[nodiscard]] std::uint64_t turns() const { return turns_; }

private:
    struct Clocks {
        std::uint64_t tsc = 0;
        std::uint64_t on_core_ns = 0;
        std::uint64_t run_delay_ns = 0;
        std::uint64_t steal_ticks = 0;
    };
    [[nodiscard]] static Clocks read_clocks();
    void record(LongTurn turn, const Clocks& before, const Clocks& after);
    [[nodiscard]] std::uint64_t commands() const;

    void turn();

    dataplane::Worker* worker_;
    double tsc_hz_;
    std::atomic<bool> stop_{false};
    std::uint64_t turns_ = 0;
    std::vector<LongTurn> long_turns_;
};

} // namespace strowger::bench
