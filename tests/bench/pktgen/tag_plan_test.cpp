// SPDX-License-Identifier: Apache-2.0
#include "pktgen/tag_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace strowger::pktgen {
namespace {

using testing::HasSubstr;

TEST(TagPlan, GivesEveryCircuitOfAnSVlanTheNextCVid) {
    const auto plan = TagPlan::from({.circuits = 1'000'000});
    ASSERT_TRUE(plan);

    EXPECT_EQ((Vids{.s = 2, .c = 2}), plan->sent(0));
    EXPECT_EQ((Vids{.s = 2, .c = 4'001}), plan->sent(3'999));
    EXPECT_EQ((Vids{.s = 3, .c = 2}), plan->sent(4'000));
    EXPECT_EQ((Vids{.s = 251, .c = 4'001}), plan->sent(999'999));
}

TEST(TagPlan, ExpectsBothTagsTranslatedByTheOffsets) {
    const auto plan = TagPlan::from({.circuits = 100'000, .s_offset = 100, .c_offset = 10});
    ASSERT_TRUE(plan);

    EXPECT_EQ((Vids{.s = 102, .c = 12}), plan->received(0));
    EXPECT_EQ((Vids{.s = 126, .c = 4'011}), plan->received(99'999));
}

TEST(TagPlan, ExpectsOnlyTheCTagWhenTheSTagIsPopped) {
    const auto plan = TagPlan::from({.circuits = 4'000, .received = {.count = 1}, .c_offset = 10});
    ASSERT_TRUE(plan);

    EXPECT_EQ((Vids{.s = 0, .c = 12}), plan->received(0));
    EXPECT_EQ((Vids{.s = 0, .c = 4'011}), plan->received(3'999));
}

TEST(TagPlan, ExpectsAPushedSTagOfOneVid) {
    const auto plan = TagPlan::from({.circuits = 10, .sent = {.count = 1}, .s_offset = 98});
    ASSERT_TRUE(plan);

    EXPECT_EQ((Vids{.s = 0, .c = 11}), plan->sent(9));
    EXPECT_EQ((Vids{.s = 100, .c = 11}), plan->received(9));
}

TEST(TagPlan, RefusesCircuitsThatComeBackWithTheSameTags) {
    const auto popped = TagPlan::from({.circuits = 4'001, .received = {.count = 1}});

    ASSERT_FALSE(popped);
    ASSERT_EQ(1u, popped.error().problems.size());
    EXPECT_EQ("--circuits", popped.error().problems[0].pointer);
    EXPECT_THAT(popped.error().problems[0].hint, HasSubstr("at most 4000"));
    EXPECT_FALSE(TagPlan::from({.circuits = 2, .received = {.count = 0}}));
    EXPECT_TRUE(TagPlan::from({.circuits = 1, .received = {.count = 0}}));
}

TEST(TagPlan, RefusesMoreCircuitsThanOneTagHolds) {
    EXPECT_TRUE(TagPlan::from({.circuits = 4'000, .sent = {.count = 1}, .received = {.count = 1}}));
    EXPECT_FALSE(TagPlan::from({.circuits = 4'001, .sent = {.count = 1}, .received = {.count = 1}})
    );
}

TEST(TagPlan, RefusesMoreCircuitsThanItCanCount) {
    EXPECT_FALSE(TagPlan::from({.circuits = 1'000'001}));
    EXPECT_FALSE(TagPlan::from({.circuits = 0}));
}

TEST(TagPlan, RefusesVidsThatDoNotExistAndNamesEveryRange) {
    const auto plan = TagPlan::from({.circuits = 4'000, .s_offset = -2, .c_offset = 94});

    ASSERT_FALSE(plan);
    ASSERT_EQ(2u, plan.error().problems.size()) << "C-VIDs to 4095, S-VIDs from 0";
    EXPECT_THAT(plan.error().problems[0].message, HasSubstr("96 to 4095"));
    EXPECT_THAT(plan.error().problems[1].message, HasSubstr("0 to 0"));
    EXPECT_TRUE(TagPlan::from({.circuits = 4'000, .s_offset = -1, .c_offset = 93}));
}

TEST(TagPlan, NoTwoCircuitsShareTheirTags) {
    const auto plan = TagPlan::from({.circuits = 1'000, .c_vids_per_s = 7, .c_offset = 3});
    ASSERT_TRUE(plan);

    std::set<std::uint32_t> keys;
    for (std::uint32_t circuit = 0; circuit < 1'000; ++circuit) {
        keys.insert(key_of(plan->received(circuit)));
    }

    EXPECT_EQ(1'000u, keys.size());
}

} // namespace
} // namespace strowger::pktgen
