// SPDX-License-Identifier: Apache-2.0
// Frames are lost, turned round, doubled and misdelivered on purpose; each must be seen as what it
// is.
#include "pktgen/circuit_ledger.h"
#include "pktgen/latency_histogram.h"
#include "pktgen/sequence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace strowger::pktgen {
namespace {

constexpr std::uint32_t kWindow = SequenceWindow::kWindow;

TEST(SequenceWindow, NumbersInOrderAreInOrder) {
    SequenceWindow window;
    for (std::uint32_t i = 0; i < 200; ++i) {
        EXPECT_EQ(Arrival::InOrder, window.note(i));
    }
}

TEST(SequenceWindow, WhatComesBehindALaterOneIsReorderedOnceAndThenDoubled) {
    SequenceWindow window;
    (void)window.note(0);
    EXPECT_EQ(Arrival::InOrder, window.note(2)) << "a gap is no disorder yet";

    EXPECT_EQ(Arrival::Reordered, window.note(1));
    EXPECT_EQ(Arrival::Duplicate, window.note(1));
    EXPECT_EQ(Arrival::Duplicate, window.note(2));
    EXPECT_EQ(Arrival::InOrder, window.note(3));
}

TEST(SequenceWindow, RemembersExactlySixtyFourNumbers) {
    SequenceWindow window;
    (void)window.note(100); // 0 to 99 are missing
    EXPECT_EQ(Arrival::Reordered, window.note(100 - (kWindow - 1)));
    EXPECT_EQ(Arrival::Late, window.note(100 - kWindow));
}

TEST(SequenceWindow, ALeapAsLongAsTheWindowLeavesNothingSeen) {
    for (const std::uint32_t leap : {kWindow - 2, kWindow - 1, kWindow, kWindow + 1}) {
        SequenceWindow window;
        (void)window.note(0);
        (void)window.note(1 + leap);
        for (std::uint32_t age = 1; age < kWindow && age <= leap; ++age) {
            EXPECT_EQ(Arrival::Reordered, window.note(1 + leap - age)) << leap << ", " << age;
        }
    }
}

TEST(SequenceWindow, GoesThroughTheWrapOf32Bits) {
    SequenceWindow window;
    window.next = 0xFFFFFFFE;
    EXPECT_EQ(Arrival::InOrder, window.note(0xFFFFFFFE));
    EXPECT_EQ(Arrival::InOrder, window.note(0));
    EXPECT_EQ(Arrival::Reordered, window.note(0xFFFFFFFF));
    EXPECT_EQ(Arrival::Duplicate, window.note(0xFFFFFFFF));
    EXPECT_EQ(Arrival::InOrder, window.note(1));
}

TEST(SequenceWindow, NothingBeforeTheFirstFrameCountsAsMissing) {
    SequenceWindow window;
    EXPECT_EQ(Arrival::Duplicate, window.note(0xFFFFFFFF)) << "never sent in this trial";
}

class CircuitLedgerTest : public testing::Test {
protected:
    static constexpr std::uint32_t kCircuits = 3;

    static TagPlan plan() {
        auto made = TagPlan::from({.circuits = kCircuits, .s_offset = 100, .c_offset = 10});
        EXPECT_TRUE(made);
        return std::move(*made);
    }
    /// A frame as it should come back.
    static Reading good(std::uint32_t circuit, std::uint32_t sequence, std::uint32_t time = 0) {
        return {
            .kind = Reading::Kind::Ours,
            .layout_holds = true,
            .circuit = circuit,
            .vids = key_of(plan().received(circuit)),
            .sequence = sequence,
            .time = time};
    }
    void take(const Reading& reading, std::uint32_t now = 0) { ledger_.take(reading, now); }
    void take_all(std::uint32_t circuit, std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            take(good(circuit, i));
        }
    }

    std::vector<std::uint32_t> watched_{1};
    CircuitLedger ledger_{plan(), watched_};
};

TEST_F(CircuitLedgerTest, WhatComesBackInOrderIsClean) {
    take_all(0, 10);
    take_all(2, 5);
    const std::vector<std::uint64_t> sent{10, 0, 5};

    const Fates all = ledger_.totals(sent);

    EXPECT_TRUE(all.clean());
    EXPECT_EQ(15u, all.delivered);
    EXPECT_EQ(15u, all.sent);
}

TEST_F(CircuitLedgerTest, LossIsSeenInTheMiddleAndAtTheEnd) {
    take(good(0, 0));
    take(good(0, 3)); // 1 and 2 are lost, and 4 behind them
    const std::vector<std::uint64_t> sent{5, 7, 0};

    EXPECT_EQ(3u, ledger_.of(0, sent[0]).fates.lost);
    EXPECT_EQ(7u, ledger_.of(1, sent[1]).fates.lost) << "a circuit that passes nothing";
    EXPECT_EQ(10u, ledger_.totals(sent).lost);
}

TEST_F(CircuitLedgerTest, ReorderIsNotLoss) {
    for (const std::uint32_t sequence : {0u, 2u, 1u, 3u}) {
        take(good(0, sequence));
    }

    const Fates fates = ledger_.of(0, 4).fates;

    EXPECT_EQ(1u, fates.reordered);
    EXPECT_EQ(0u, fates.lost);
    EXPECT_EQ(4u, fates.delivered);
}

TEST_F(CircuitLedgerTest, ADuplicateDoesNotHideALoss) {
    take(good(0, 0));
    take(good(0, 0));

    const Fates fates = ledger_.of(0, 2).fates;

    EXPECT_EQ(1u, fates.duplicates);
    EXPECT_EQ(1u, fates.lost);
}

TEST_F(CircuitLedgerTest, AFrameOlderThanTheWindowIsLateAndStaysLost) {
    take(good(0, 0));
    take(good(0, 1'000));
    take(good(0, 5));

    const Fates fates = ledger_.of(0, 1'001).fates;

    EXPECT_EQ(1u, fates.late);
    EXPECT_EQ(999u, fates.lost);
}

TEST_F(CircuitLedgerTest, AnotherCircuitsTagsAreMisdelivery) {
    Reading reading = good(0, 0);
    reading.vids = key_of(plan().received(1));
    take(reading);

    const Fates fates = ledger_.of(0, 1).fates;

    EXPECT_EQ(1u, fates.misdelivered);
    EXPECT_EQ(1u, fates.lost) << "it did not come back on its circuit";
    EXPECT_TRUE(ledger_.of(1, 0).fates.clean()) << "the other circuit is the victim's neighbour";
}

TEST_F(CircuitLedgerTest, TagsAsSentAreMisdeliveryWhenTheyShouldBeTranslated) {
    Reading reading = good(0, 0);
    reading.vids = key_of(plan().sent(0));
    take(reading);
    EXPECT_EQ(1u, ledger_.of(0, 1).fates.misdelivered);
}

TEST_F(CircuitLedgerTest, AWrongNumberOfTagsIsMisdelivery) {
    Reading reading = good(0, 0);
    reading.layout_holds = false;
    take(reading);
    EXPECT_EQ(1u, ledger_.of(0, 1).fates.misdelivered);
}

TEST_F(CircuitLedgerTest, DamageIsNeitherDeliveryNorOrder) {
    Reading reading = good(0, 0);
    reading.kind = Reading::Kind::Damaged;
    take(reading);
    ledger_.take_damaged(good(0, 1));

    const Fates fates = ledger_.of(0, 2).fates;

    EXPECT_EQ(2u, fates.damaged);
    EXPECT_EQ(0u, fates.delivered);
    EXPECT_EQ(2u, fates.lost);
}

TEST_F(CircuitLedgerTest, LatencyIsOfDeliveredFramesAndGoesThroughTheWrapOfTime) {
    take(good(1, 0, 0xFFFFFFF0), 16);
    take(good(1, 0, 0), 5'000); // a duplicate
    take(good(0, 0, 100), 103);

    EXPECT_EQ(2u, ledger_.latency().count());
    EXPECT_EQ(32u, ledger_.latency().most());
    ASSERT_EQ(1u, ledger_.watched().size());
    EXPECT_EQ(1u, ledger_.latency_of_watched(0).count()) << "circuit 1 is watched, 0 is not";
    EXPECT_EQ(3u, ledger_.of(0, 1).latency_most);
}

TEST_F(CircuitLedgerTest, TheWorstCircuitComesFirst) {
    take_all(0, 10);
    take_all(1, 9);
    Reading strange = good(2, 0);
    strange.vids = 1;
    take(strange);
    for (std::uint32_t i = 1; i < 10; ++i) {
        take(good(2, i));
    }
    const std::vector<std::uint64_t> sent{10, 12, 10};

    const auto worst = ledger_.worst(sent, 2);

    ASSERT_EQ(2u, worst.size());
    EXPECT_EQ(2u, worst[0].circuit) << "misdelivery is worse than loss";
    EXPECT_EQ(1u, worst[1].circuit);
    EXPECT_EQ(3u, worst[1].fates.lost);
    EXPECT_TRUE(ledger_.worst(sent, 0).empty());
    EXPECT_EQ(3u, ledger_.worst(sent, 100).size());
}

TEST_F(CircuitLedgerTest, ANewTrialStartsWithNothing) {
    take(good(0, 5));
    take(good(1, 7, 1), 9);

    ledger_.clear();

    EXPECT_EQ(0u, ledger_.totals(std::vector<std::uint64_t>{0, 0, 0}).delivered);
    EXPECT_EQ(0u, ledger_.latency().count());
    EXPECT_EQ(0u, ledger_.latency_of_watched(0).count());
    take(good(0, 0));
    EXPECT_TRUE(ledger_.of(0, 1).fates.clean());
}

TEST(LatencyHistogram, SmallValuesAreExact) {
    LatencyHistogram histogram;
    for (std::uint32_t value = 1; value <= 100; ++value) {
        histogram.record(value);
    }

    EXPECT_EQ(50u, histogram.quantile(0.50));
    EXPECT_EQ(99u, histogram.quantile(0.99));
    EXPECT_EQ(100u, histogram.quantile(0.999));
    EXPECT_EQ(100u, histogram.quantile(1.0));
    EXPECT_EQ(1u, histogram.quantile(0.0));
    EXPECT_DOUBLE_EQ(50.5, histogram.mean());
    EXPECT_EQ(1u, histogram.least());
}

TEST(LatencyHistogram, QuantilesOfAnyValuesAreNeverTooLowAndHardlyTooHigh) {
    std::mt19937 random{42};
    LatencyHistogram histogram;
    std::vector<std::uint32_t> values;
    for (int i = 0; i < 20'000; ++i) {
        values.push_back(static_cast<std::uint32_t>(random() >> (random() % 32)));
        histogram.record(values.back());
    }
    std::ranges::sort(values);
    for (const double share : {0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const auto rank = static_cast<std::size_t>(share * 20'000) - 1;
        const double exact = values[rank];
        EXPECT_GE(histogram.quantile(share), exact) << share;
        EXPECT_LE(histogram.quantile(share), exact * 1.008 + 1) << share;
    }
}

TEST(LatencyHistogram, BucketsJoinWithoutGaps) {
    for (std::uint32_t bucket = 0; bucket + 1 < LatencyHistogram::kBuckets; ++bucket) {
        const std::uint32_t last = LatencyHistogram::ceiling_of(bucket);
        ASSERT_EQ(bucket, LatencyHistogram::bucket_of(last));
        ASSERT_EQ(bucket + 1, LatencyHistogram::bucket_of(last + 1));
    }
    EXPECT_EQ(~0u, LatencyHistogram::ceiling_of(LatencyHistogram::kBuckets - 1));
}

TEST(LatencyHistogram, AnEmptyOneSaysNothing) {
    LatencyHistogram histogram;
    EXPECT_EQ(0u, histogram.quantile(0.5));
    EXPECT_EQ(0u, histogram.least());
    histogram.record(7);
    histogram.clear();
    EXPECT_EQ(0u, histogram.count());
    EXPECT_EQ(0u, histogram.most());
}

} // namespace
} // namespace strowger::pktgen
