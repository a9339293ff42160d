// SPDX-License-Identifier: Apache-2.0
#include "control/inner_vids.h"
#include "control/line_ledger.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace strowger::dataplane {
namespace {

TEST(LineLedger, GivesEachLineOnceAndJoinsThemAgain) {
    constexpr std::uint32_t kLines = 1'024;
    LineLedger ledger(kLines + 100); // what is left over is too little for a direct block
    ASSERT_EQ(kLines, ledger.free_lines());
    std::mt19937 random{5};
    std::map<std::uint32_t, unsigned> taken; // order by first line
    std::vector<bool> used(kLines, false);
    const auto mark = [&](std::uint32_t line, unsigned order, bool use) {
        for (std::uint32_t i = line; i < line + (1U << order); ++i) {
            ASSERT_NE(use, used.at(i));
            used.at(i) = use;
        }
    };
    for (unsigned round = 0; round < 20'000; ++round) {
        if (random() % 2 == 0 && !taken.empty()) {
            const auto any = std::next(taken.begin(), random() % taken.size());
            mark(any->first, any->second, false);
            ledger.give_back(any->first, any->second);
            taken.erase(any);
            continue;
        }
        const auto order = static_cast<unsigned>(random() % (LineLedger::kOrderMax + 1));
        if (const auto line = ledger.take(order)) {
            EXPECT_EQ(0U, *line % (1U << order));
            mark(*line, order, true);
            taken.emplace(*line, order);
        }
    }
    for (const auto& [line, order] : taken) {
        ledger.give_back(line, order);
    }
    for (std::uint32_t i = 0; i < kLines >> LineLedger::kOrderMax; ++i) {
        EXPECT_TRUE(ledger.take(LineLedger::kOrderMax)) << "not joined again";
    }
    EXPECT_FALSE(ledger.take(0));
}

TEST(InnerVids, TakesOneLineForEight) {
    InnerVids vids;
    vids.add(VidRuns::of(VidRun{100, 107}));
    EXPECT_EQ(0, vids.smallest_shape().log2_lines);
    vids.add(VidRuns::of(4'000));
    EXPECT_FALSE(vids.fit({.log2_lines = 0, .shift = 0}));
    EXPECT_EQ(1, vids.smallest_shape().log2_lines);
}

TEST(InnerVids, CountsUses) {
    InnerVids vids;
    for (unsigned use = 0; use < 2; ++use) {
        vids.add(VidRuns::of(VidRun{1, 9}));
    }
    vids.remove(VidRuns::of(VidRun{1, 9}));
    EXPECT_FALSE(vids.fit({.log2_lines = 0, .shift = 0})) << "still used once";
    vids.remove(VidRuns::of(VidRun{9, 9}));
    EXPECT_TRUE(vids.fit({.log2_lines = 0, .shift = 0}));
}

TEST(InnerVids, NeedsFewBytesAVlanHoweverTheyAreSpread) {
    std::mt19937 random{11};
    for (std::uint32_t count = 1; count <= 4'094; count += 1 + count / 7) {
        for (const bool sequential : {true, false}) {
            std::vector<std::uint16_t> all(4'094);
            for (std::uint16_t i = 0; i < all.size(); ++i) {
                all[i] = static_cast<std::uint16_t>(i + 1);
            }
            if (!sequential) {
                std::shuffle(all.begin(), all.end(), random);
            }
            InnerVids vids;
            for (std::uint32_t i = 0; i < count; ++i) {
                vids.add(VidRuns::of(all[i]));
            }
            const BlockShape shape = vids.smallest_shape();
            EXPECT_TRUE(vids.fit(shape));
            EXPECT_LE(shape.lines() * 64, std::max(64U, 40 * count))
                << count << (sequential ? " in a row" : " anywhere");
        }
    }
}

} // namespace
} // namespace strowger::dataplane
