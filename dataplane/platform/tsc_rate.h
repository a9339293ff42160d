// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace strowger::dataplane {

/// One reading of both clocks at the same instant, give or take the error of sample_tsc().
struct TscSample {
    std::uint64_t ticks = 0;       ///< of the TSC
    std::uint64_t nanoseconds = 0; ///< of CLOCK_MONOTONIC
};

/// Reads both clocks; wrong by some hundred nanoseconds at most, also on a busy machine.
TscSample sample_tsc() noexcept;

/// Ticks a second between two samples, the first one earlier. Exact but for the samples' own error.
std::uint64_t tsc_hz_between(const TscSample& first, const TscSample& last) noexcept;

/// How fast the TSC runs, to a few parts in a million; takes 100 ms.
///
/// rte_get_tsc_hz() rounds what it measures to 10 MHz: a TSC of 2596 MHz becomes 2600, and every
/// rate that is metered with it 0.15 % too low, where the contract allows 0.1 %.
std::uint64_t measure_tsc_hz() noexcept;

} // namespace strowger::dataplane
