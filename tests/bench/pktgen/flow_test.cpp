// SPDX-License-Identifier: Apache-2.0
// Order of circuits, mix of sizes, pace.
#include "pktgen/circuit_order.h"
#include "pktgen/frame_sizes.h"
#include "pktgen/pacer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace strowger::pktgen {
namespace {

using testing::HasSubstr;

TagPlan plan_of(std::uint32_t circuits) {
    auto plan = TagPlan::from({.circuits = circuits});
    EXPECT_TRUE(plan);
    return std::move(*plan);
}

TEST(CircuitOrder, HoldsEveryCircuitOnceWithItsTags) {
    const TagPlan plan = plan_of(10'000);

    const auto order = shuffled_circuits(plan, 1);

    std::set<std::uint32_t> seen;
    for (const CircuitEntry& entry : order) {
        seen.insert(entry.circuit);
        EXPECT_EQ(wire::be16(plan.sent(entry.circuit).s), entry.outer_vid_be);
        EXPECT_EQ(wire::be16(plan.sent(entry.circuit).c), entry.inner_vid_be);
    }
    EXPECT_EQ(10'000u, order.size());
    EXPECT_EQ(10'000u, seen.size());
}

TEST(CircuitOrder, HasNoRunsThatACacheOrAPrefetcherCouldFollow) {
    const auto order = shuffled_circuits(plan_of(10'000), 1);

    const auto near = std::ranges::count_if(order, [&](const CircuitEntry& entry) {
        const auto* const next = &entry + 1;
        return next != order.data() + order.size() && next->circuit - entry.circuit <= 8;
    });

    EXPECT_LT(near, 40) << "8 of 10,000 successors are near by chance: 8 expected";
}

TEST(CircuitOrder, IsTheSameForTheSameSeedOnly) {
    const auto numbers = [](std::uint64_t seed) {
        std::vector<std::uint32_t> all;
        for (const CircuitEntry& entry : shuffled_circuits(plan_of(100), seed)) {
            all.push_back(entry.circuit);
        }
        return all;
    };

    EXPECT_EQ(numbers(7), numbers(7));
    EXPECT_NE(numbers(7), numbers(8));
}

TEST(FrameSizes, TakesSizesAndTheMix) {
    const auto sizes = parse_sizes("64,imix,9216", 2);

    ASSERT_TRUE(sizes);
    ASSERT_EQ(3u, sizes->size());
    EXPECT_EQ("imix", (*sizes)[1].name);
    EXPECT_EQ(1'518, (*sizes)[1].largest());
    EXPECT_NEAR(361.8, (*sizes)[1].mean(), 0.1) << "(7 * 64 + 4 * 594 + 1518) / 12";
    EXPECT_EQ(9'216, (*sizes)[2].largest());
}

TEST(FrameSizes, RefusesWhatDoesNotHoldTheSignatureAndNamesEachElement) {
    const auto sizes = parse_sizes("63,64,9217,x,,6 4", 2);

    ASSERT_FALSE(sizes);
    ASSERT_EQ(5u, sizes.error().problems.size());
    EXPECT_THAT(sizes.error().problems[0].message, HasSubstr("'63'"));
    EXPECT_THAT(sizes.error().problems[0].hint, HasSubstr("64 to 9216"));
}

/// How often each circuit met each size in `turns` turns.
std::set<std::uint32_t> sizes_met(std::uint32_t circuits, std::uint32_t circuit, int turns) {
    SizeWalk walk{12, circuits};
    std::set<std::uint32_t> met;
    for (int turn = 0; turn < turns; ++turn) {
        for (std::uint32_t i = 0; i < circuits; ++i) {
            const std::uint32_t index = walk.next();
            if (i == circuit) {
                met.insert(index);
            }
        }
        walk.turn();
    }
    return met;
}

TEST(SizeWalk, EveryCircuitMeetsEverySizeWhateverTheirNumber) {
    for (const std::uint32_t circuits : {1u, 2u, 11u, 12u, 13u, 24u, 36u, 35u, 144u}) {
        EXPECT_EQ(12u, sizes_met(circuits, 0, 12).size()) << circuits << " circuits";
        EXPECT_EQ(12u, sizes_met(circuits, circuits - 1, 12).size()) << circuits << " circuits";
    }
}

constexpr std::uint64_t kHz = 2'450'000'000;

/// Frames sent in `seconds` when the sender looks every `step` ticks.
std::uint64_t paced(double pps, double seconds, std::uint64_t step, std::uint32_t burst) {
    Pacer pacer{pps, kHz, burst};
    const std::uint64_t start = 1'000'000'007;
    pacer.start(start);
    const auto end = start + static_cast<std::uint64_t>(seconds * kHz);
    std::uint64_t frames = 0;
    for (std::uint64_t now = start; now < end; now += step) {
        const std::uint32_t due = pacer.due(now);
        pacer.take(due);
        frames += due;
    }
    EXPECT_EQ(0u, pacer.skipped());
    return frames;
}

TEST(Pacer, HoldsTheRateFarBetterThanHalfAPercent) {
    EXPECT_NEAR(10'000'000, static_cast<double>(paced(10e6, 1.0, 500, 32)), 40);
    EXPECT_NEAR(123'457, static_cast<double>(paced(123'457, 1.0, 977, 32)), 2);
    EXPECT_NEAR(300, static_cast<double>(paced(3.0, 100.0, 100'000, 32)), 1);
}

TEST(Pacer, GivesOneFrameAtATimeWhenTheyAreFarApart) {
    Pacer pacer{1e6, kHz, 32};
    pacer.start(0);

    EXPECT_EQ(0u, pacer.due(2'449));
    EXPECT_EQ(1u, pacer.due(2'451));
    pacer.take(1);
    EXPECT_EQ(0u, pacer.due(2'460));
}

TEST(Pacer, CatchesUpAShortPauseAndGivesUpALongOne) {
    Pacer pacer{10e6, kHz, 32};
    pacer.start(0);
    EXPECT_EQ(32u, pacer.due(kHz / 20'000)) << "50 us: 500 frames are owed, a burst at a time";
    EXPECT_EQ(0u, pacer.skipped());

    (void)pacer.due(kHz / 1'000); // 1 ms: 10,000 frames are owed

    EXPECT_EQ(9'500u, pacer.skipped()) << "500 may be sent late, the others never";
}

TEST(Pacer, FramesNotTakenStayDue) {
    Pacer pacer{1e6, kHz, 32};
    pacer.start(0);
    EXPECT_EQ(10u, pacer.due(24'501));
    pacer.take(4);

    EXPECT_EQ(6u, pacer.due(24'501));
}

TEST(Pacer, WithoutARateABurstIsAlwaysDue) {
    Pacer pacer{0.0, kHz, 48};
    pacer.start(5);

    EXPECT_EQ(48u, pacer.due(5));
    pacer.take(48);
    EXPECT_EQ(48u, pacer.due(5));
}

TEST(Pacer, ARateBeyondTheClockIsABurstAtATime) {
    Pacer pacer{1e10, kHz, 32};
    pacer.start(0);

    EXPECT_EQ(32u, pacer.due(1'000));
}

} // namespace
} // namespace strowger::pktgen
