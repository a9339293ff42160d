// SPDX-License-Identifier: Apache-2.0
#include "pktgen/pacer.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace strowger::pktgen {

namespace {

/// How late a frame may be sent. Half of what a receive queue of 1,024 holds at 10 Mpps.
constexpr double kLatenessMaxSeconds = 50e-6;

} // namespace

Pacer::Pacer(double pps, std::uint64_t tsc_hz, std::uint32_t burst) noexcept
    : unlimited_(pps <= 0.0), burst_(burst), frames_a_tick_(0), backlog_max_(0) {
    if (unlimited_) {
        return;
    }
    const double scaled = std::ldexp(pps / static_cast<double>(tsc_hz), 64);
    // A frame a tick and more is beyond every device, and beyond this arithmetic.
    frames_a_tick_ = scaled >= std::ldexp(1.0, 64) ? std::numeric_limits<std::uint64_t>::max()
                                                   : static_cast<std::uint64_t>(scaled);
    backlog_max_ =
        std::max<std::uint64_t>(std::uint64_t{2} * burst, std::llround(pps * kLatenessMaxSeconds));
}

void Pacer::start(std::uint64_t now) noexcept {
    start_ = now;
    released_ = 0;
    skipped_ = 0;
}

} // namespace strowger::pktgen
