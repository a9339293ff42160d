// SPDX-License-Identifier: Apache-2.0
// The procedures of RFC 2544 against devices whose loss is known.
#include "pktgen/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace strowger::pktgen {
namespace {

/// Runs a search against a device, and counts its trials.
std::vector<ThroughputSearch::Answer> run(
    const std::function<double(double)>& loss_at,
    double most,
    std::vector<SearchTarget> targets,
    int* trials = nullptr
) {
    ThroughputSearch search{std::move(targets), most, 0.001};
    int count = 0;
    while (const auto rate = search.next()) {
        EXPECT_GT(*rate, 0.0);
        EXPECT_LE(*rate, most);
        search.note(*rate, loss_at(*rate));
        if (++count > 200) {
            ADD_FAILURE() << "the search does not end";
            break;
        }
    }
    if (trials != nullptr) {
        *trials = count;
    }
    return search.answers();
}

/// Forwards `capacity` and loses the rest.
std::function<double(double)> limited_to(double capacity) {
    return [capacity](double rate) { return std::max(0.0, 1.0 - capacity / rate); };
}

TEST(ThroughputSearch, FindsTheRateWhereLossBegins) {
    const auto answers = run(limited_to(3.7e6), 10e6, {{.name = "NDR", .loss_ratio = 0.0}});

    ASSERT_EQ(1u, answers.size());
    EXPECT_LE(answers[0].pps, 3.7e6);
    EXPECT_NEAR(3.7e6, answers[0].pps, 10e6 * 0.001);
    EXPECT_GT(answers[0].above, 3.7e6);
}

TEST(ThroughputSearch, FindsNdrAndPdrInOneSearch) {
    int trials = 0;
    const auto answers =
        run(limited_to(5e6),
            10e6,
            {{.name = "NDR", .loss_ratio = 0.0}, {.name = "PDR", .loss_ratio = 0.1}},
            &trials);

    EXPECT_NEAR(5e6, answers[0].pps, 1e4);
    EXPECT_NEAR(5e6 / 0.9, answers[1].pps, 1e4);
    EXPECT_LE(trials, 22) << "the second search starts from what the first learned";
}

TEST(ThroughputSearch, OneTrialIsEnoughForADeviceThatLosesNothing) {
    int trials = 0;
    const auto answers =
        run([](double) { return 0.0; },
            8e6,
            {{.name = "NDR", .loss_ratio = 0.0}, {.name = "PDR", .loss_ratio = 0.01}},
            &trials);

    EXPECT_EQ(1, trials);
    EXPECT_EQ(8e6, answers[0].pps);
    EXPECT_EQ(0.0, answers[0].above);
    EXPECT_EQ(8e6, answers[1].pps);
}

TEST(ThroughputSearch, AnswersNothingForADeviceThatAlwaysLoses) {
    const auto answers = run([](double) { return 0.5; }, 8e6, {{.name = "NDR", .loss_ratio = 0.0}});

    EXPECT_EQ(0.0, answers[0].pps);
}

TEST(ThroughputSearch, ALossAtTheRatioItselfIsAllowed) {
    const auto answers =
        run([](double) { return 0.005; }, 8e6, {{.name = "PDR", .loss_ratio = 0.005}});

    EXPECT_EQ(8e6, answers[0].pps);
}

TEST(ThroughputSearch, EndsOnADeviceThatContradictsItself) {
    bool lossy = false;
    (void)run(
        [&](double) {
            lossy = !lossy;
            return lossy ? 0.3 : 0.0;
        },
        8e6,
        {{.name = "NDR", .loss_ratio = 0.0}, {.name = "PDR", .loss_ratio = 0.01}}
    );
}

TEST(ThroughputSearch, BelievesALossBelowARateThatHeld) {
    ThroughputSearch search{{{.name = "NDR", .loss_ratio = 0.0}}, 10e6, 0.001};
    search.note(10e6, 0.5);
    search.note(5e6, 0.0);
    search.note(4e6, 0.1);

    EXPECT_EQ(0.0, search.answers()[0].pps);
    EXPECT_EQ(4e6, search.answers()[0].above);
}

TEST(LossCurve, GoesDownByTenthsUntilTwoRatesLostNothing) {
    LossCurve curve{10e6};
    std::vector<double> rates;
    while (const auto rate = curve.next()) {
        rates.push_back(*rate);
        curve.note(*rate > 7.5e6 ? 0.1 : 0.0);
    }

    EXPECT_EQ((std::vector<double>{10e6, 9e6, 8e6, 7e6, 6e6}), rates);
}

TEST(LossCurve, EndsAtATenthWhenEverythingIsLossy) {
    LossCurve curve{10e6};
    int rates = 0;
    while (curve.next()) {
        curve.note(0.5);
        ++rates;
    }
    EXPECT_EQ(10, rates);
}

TEST(LongestBurst, IsFoundToOnePartInAHundred) {
    for (const std::uint64_t holds : {1u, 2u, 77u, 1'024u, 999'999u}) {
        const auto found =
            longest_burst(1'000'000, [&](std::uint64_t frames) { return frames <= holds; });
        EXPECT_LE(found, holds);
        EXPECT_GE(static_cast<double>(found), static_cast<double>(holds) * 0.98 - 1) << holds;
    }
}

TEST(LongestBurst, IsAllOrNothingAtTheEnds) {
    EXPECT_EQ(500u, longest_burst(500, [](std::uint64_t) { return true; }));
    EXPECT_EQ(0u, longest_burst(500, [](std::uint64_t) { return false; }));
}

} // namespace
} // namespace strowger::pktgen
