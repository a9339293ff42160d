// SPDX-License-Identifier: Apache-2.0
#include "platform/tsc_rate.h"

#include "strowger/base/check.h"

#include <rte_cycles.h>

#include <chrono>
#include <limits>
#include <thread>

namespace strowger::dataplane {

namespace {

constexpr std::uint64_t kNanosecondsASecond = 1'000'000'000;
// Against an error of some hundred nanoseconds at each end: a few parts in a million.
constexpr std::chrono::milliseconds kMeasurement{100};
// One of them is not interrupted between its two readings of the TSC.
constexpr int kReadings = 32;

std::uint64_t monotonic_nanoseconds() noexcept {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()
    );
}

} // namespace

TscSample sample_tsc() noexcept {
    TscSample best;
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (int reading = 0; reading < kReadings; ++reading) {
        const std::uint64_t before = rte_rdtsc_precise();
        const std::uint64_t nanoseconds = monotonic_nanoseconds();
        const std::uint64_t after = rte_rdtsc_precise();
        if (after - before < least) {
            least = after - before;
            best = {.ticks = before + (after - before) / 2, .nanoseconds = nanoseconds};
        }
    }
    return best;
}

std::uint64_t tsc_hz_between(const TscSample& first, const TscSample& last) noexcept {
    STROWGER_CHECK(last.nanoseconds > first.nanoseconds && last.ticks > first.ticks);
    __extension__ using Wide = unsigned __int128;
    const std::uint64_t nanoseconds = last.nanoseconds - first.nanoseconds;
    const Wide scaled = Wide{last.ticks - first.ticks} * kNanosecondsASecond;
    return static_cast<std::uint64_t>((scaled + nanoseconds / 2) / nanoseconds);
}

std::uint64_t measure_tsc_hz() noexcept {
    const TscSample first = sample_tsc();
    std::this_thread::sleep_for(kMeasurement);
    return tsc_hz_between(first, sample_tsc());
}

} // namespace strowger::dataplane
