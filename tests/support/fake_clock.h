// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/clock.h"

namespace strowger {

/// Time that passes when the test says so.
class FakeClock final : public Clock {
public:
    void advance_ns(std::int64_t duration_ns) { now_ns_ += duration_ns; }
    /// As an operator or NTP may: durations do not notice.
    void set_wall_back_us(std::int64_t by_us) { wall_back_us_ += by_us; }
    [[nodiscard]] std::int64_t wall_us() const override {
        return kStartUs + now_ns_ / 1'000 - wall_back_us_;
    }
    [[nodiscard]] std::int64_t steady_ns() const override { return now_ns_; }

private:
    static constexpr std::int64_t kStartUs = 1'750'000'000'000'000; // some day in 2025
    std::int64_t now_ns_ = 0;
    std::int64_t wall_back_us_ = 0;
};

} // namespace strowger
