// SPDX-License-Identifier: Apache-2.0
#include "platform/tsc_rate.h"

#include <gtest/gtest.h>

namespace strowger::dataplane {
namespace {

TEST(TscRate, IsNotRoundedToTenMegahertzAsDpdkDoes) {
    const TscSample first{.ticks = 1'000, .nanoseconds = 500};

    EXPECT_EQ(
        2'596'128'000u,
        tsc_hz_between(first, {.ticks = 1'000 + 259'612'800, .nanoseconds = 500 + 100'000'000})
    );
    EXPECT_EQ(
        2'596'128'163u,
        tsc_hz_between(first, {.ticks = 1'000 + 7'788'384'489, .nanoseconds = 3'000'000'500})
    );
}

TEST(TscRate, HoldsForADayBetweenTheSamples) {
    constexpr std::uint64_t kDay = 86'400;

    EXPECT_EQ(
        5'000'000'001u,
        tsc_hz_between({}, {.ticks = kDay * 5'000'000'001, .nanoseconds = kDay * 1'000'000'000})
    );
}

TEST(TscRate, SamplesOfBothClocksGoForward) {
    const TscSample first = sample_tsc();
    const TscSample last = sample_tsc();

    EXPECT_LT(first.ticks, last.ticks);
    EXPECT_LT(first.nanoseconds, last.nanoseconds);
}

} // namespace
} // namespace strowger::dataplane
