// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace strowger {

/// Where time comes from. Handed to whoever needs it, so that tests decide what time it is.
/// Control thread only; workers read the TSC once a burst.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    Clock(Clock&&) = delete;
    Clock& operator=(Clock&&) = delete;
    virtual ~Clock() = default;

    /// Microseconds since the Unix epoch, UTC: for instants that people read.
    [[nodiscard]] virtual std::int64_t wall_us() const = 0;
    /// Nanoseconds since some fixed point, never going back: for durations and deadlines.
    [[nodiscard]] virtual std::int64_t steady_ns() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
public:
    [[nodiscard]] std::int64_t wall_us() const override {
        return std::chrono::duration_cast<std::chrono::microseconds>(
                   std::chrono::system_clock::now().time_since_epoch()
        )
            .count();
    }
    [[nodiscard]] std::int64_t steady_ns() const override {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::steady_clock::now().time_since_epoch()
        )
            .count();
    }
};

} // namespace strowger
