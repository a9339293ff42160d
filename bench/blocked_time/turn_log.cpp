// SPDX-License-Identifier: Apache-2.0
#include "blocked_time/turn_log.h"

#include <rte_cycles.h>

#include <algorithm>
#include <ctime>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace strowger::bench {

namespace {

// Reading three clocks takes microseconds; so often it costs the worker a thousandth.
constexpr std::uint64_t kTurnsBetweenReadings = 4'096;
constexpr std::size_t kLongTurnsMax = 100'000;

/// The first bytes of a small file of /proc.
std::string read_text(const char* path) {
    char text[256];
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t size = file < 0 ? -1 : ::read(file, text, sizeof(text));
    if (file >= 0) {
        ::close(file);
    }
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string{};
}

/// Word number `index` of a text, as a number; 0 when there is none.
std::uint64_t word(std::string_view text, unsigned index) {
    std::size_t at = 0;
    for (unsigned i = 0; i < index; ++i) {
        at = text.find_first_not_of(" \n", text.find_first_of(" \n", at));
        if (at == std::string_view::npos) {
            return 0;
        }
    }
    std::uint64_t value = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
        value = value * 10 + static_cast<std::uint64_t>(text[at] - '0');
    }
    return value;
}

} // namespace

const char* name_of(LongTurn::Cause cause) {
    switch (cause) {
        case LongTurn::Cause::RunDelay:
            return "run delay";
        case LongTurn::Cause::Steal:
            return "steal";
        case LongTurn::Cause::Interrupted:
            return "interrupted";
        case LongTurn::Cause::Ours:
            break;
    }
    return "ours";
}

LongTurn::Cause LongTurn::cause() const {
    // What the thread had the core for is ours, but for what switching threads takes besides.
    constexpr double kSwitching = 0.05;
    const double away_us = std::max(off_core_us, run_delay_us) * (1 + kSwitching);
    if (turn_us - away_us > TurnLog::kLongUs) {
        return commands == 0 ? Cause::Interrupted : Cause::Ours;
    }
    return run_delay_us >= off_core_us / 2 ? Cause::RunDelay : Cause::Steal;
}

void TurnLog::run() {
    const auto limit = static_cast<std::uint64_t>(kLongUs * tsc_hz_ / 1e6);
    long_turns_.reserve(kLongTurnsMax);
    Clocks before = read_clocks();
    std::uint64_t applied = commands();
    std::uint64_t began = rte_rdtsc();
    while (!stop_.load(std::memory_order_relaxed)) {
        turn();
        const std::uint64_t ended = rte_rdtsc();
        const std::uint64_t applied_before = std::exchange(applied, commands());
        ++turns_;
        const bool is_long = ended - began > limit;
        if (is_long || turns_ % kTurnsBetweenReadings == 0) {
            const Clocks after = read_clocks();
            if (is_long) {
                LongTurn found;
                found.commands = applied - applied_before;
                found.began = began;
                found.ended = ended;
                record(found, before, after);
            }
            before = after;
            began = rte_rdtsc();
        } else {
            began = ended;
        }
    }
}

void TurnLog::turn() {
    if (worker_ != nullptr) {
        worker_->turn();
        return;
    }
    constexpr std::uint64_t kEmptyTurnTicks = 2'000; // about what thirty-two frames take
    for (const std::uint64_t began = rte_rdtsc(); rte_rdtsc() - began < kEmptyTurnTicks;) {
    }
}

TurnLog::Clocks TurnLog::read_clocks() {
    timespec time{};
    (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    Clocks clocks;
    clocks.run_delay_ns = word(read_text("/proc/thread-self/schedstat"), 1);
    clocks.steal_ticks = word(read_text("/proc/stat"), 8);
    clocks.on_core_ns = static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
                        static_cast<std::uint64_t>(time.tv_nsec);
    clocks.tsc = rte_rdtsc();
    return clocks;
}

std::uint64_t TurnLog::commands() const {
    return worker_ == nullptr ? 0 : worker_->applied();
}

void TurnLog::record(LongTurn turn, const Clocks& before, const Clocks& after) {
    if (long_turns_.size() == kLongTurnsMax) {
        return;
    }
    const double wall_us = static_cast<double>(after.tsc - before.tsc) * 1e6 / tsc_hz_;
    const double on_core_us = static_cast<double>(after.on_core_ns - before.on_core_ns) / 1e3;
    turn.turn_us = static_cast<double>(turn.ended - turn.began) * 1e6 / tsc_hz_;
    turn.off_core_us = std::clamp(wall_us - on_core_us, 0.0, turn.turn_us);
    turn.run_delay_us = static_cast<double>(after.run_delay_ns - before.run_delay_ns) / 1e3;
    turn.steal_ticks = after.steal_ticks - before.steal_ticks;
    long_turns_.push_back(turn);
}

} // namespace strowger::bench
