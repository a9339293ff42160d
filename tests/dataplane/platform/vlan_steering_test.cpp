// SPDX-License-Identifier: Apache-2.0
// What is asked of a device. No driver without a NIC takes VLAN rules or hashes VLANs, so this
// program has these functions of ethdev for itself: they stand in front of libdpdk's.
#include "platform/vlan_steering.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace strowger::dataplane {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

/// A device with room for a few rules.
struct Nic {
    std::size_t room = 100;
    std::vector<std::uint16_t> hashed_to; ///< by entry of its table: the queue
    std::map<rte_flow*, std::pair<std::uint16_t, std::uint16_t>> flows; ///< VID and queue

    [[nodiscard]] std::vector<std::pair<std::uint16_t, std::uint16_t>> rules() const {
        std::vector<std::pair<std::uint16_t, std::uint16_t>> all;
        for (const auto& [flow, rule] : flows) {
            all.push_back(rule);
        }
        std::sort(all.begin(), all.end());
        return all;
    }
};

Nic nic;
constexpr std::uint16_t kDevice = 7;

/// VID and queue of a rule that is as a driver wants it; fails the test when it is not.
std::pair<std::uint16_t, std::uint16_t> read_rule(
    std::uint16_t device,
    const rte_flow_attr& attributes,
    const rte_flow_item* pattern,
    const rte_flow_action* actions
) {
    EXPECT_EQ(kDevice, device);
    EXPECT_EQ(1U, attributes.ingress);
    EXPECT_EQ(0U, attributes.egress);
    EXPECT_EQ(RTE_FLOW_ITEM_TYPE_ETH, pattern[0].type);
    EXPECT_EQ(nullptr, pattern[0].spec) << "any address, any type";
    EXPECT_EQ(RTE_FLOW_ITEM_TYPE_VLAN, pattern[1].type);
    EXPECT_EQ(RTE_FLOW_ITEM_TYPE_END, pattern[2].type);
    const auto& mask = *static_cast<const rte_flow_item_vlan*>(pattern[1].mask);
    EXPECT_EQ(rte_cpu_to_be_16(0x0FFF), mask.tci) << "any priority";
    EXPECT_EQ(0U, mask.inner_type);
    EXPECT_EQ(RTE_FLOW_ACTION_TYPE_QUEUE, actions[0].type);
    EXPECT_EQ(RTE_FLOW_ACTION_TYPE_END, actions[1].type);
    return {
        rte_be_to_cpu_16(static_cast<const rte_flow_item_vlan*>(pattern[1].spec)->tci),
        static_cast<const rte_flow_action_queue*>(actions[0].conf)->index};
}

class VlanRulesTest : public testing::Test {
protected:
    void SetUp() override { nic = Nic{}; }
    std::unique_ptr<VlanRules> rules_ = std::make_unique<VlanRules>(kDevice);
};

TEST_F(VlanRulesTest, BringEachVidToItsQueue) {
    const std::vector<SteeringRule> wanted{{VidRuns::of(VidRun{100, 102}), 2}, {VidRuns::of(7), 3}};
    ASSERT_TRUE(rules_->replace(wanted));

    EXPECT_THAT(nic.rules(), ElementsAre(Pair(7, 3), Pair(100, 2), Pair(101, 2), Pair(102, 2)));
}

TEST_F(VlanRulesTest, ReplaceThoseBefore) {
    ASSERT_TRUE(rules_->replace(std::vector<SteeringRule>{{VidRuns::of(7), 3}}));
    ASSERT_TRUE(rules_->replace(std::vector<SteeringRule>{{VidRuns::of(8), 2}}));
    EXPECT_THAT(nic.rules(), ElementsAre(Pair(8, 2)));

    ASSERT_TRUE(rules_->replace({}));
    EXPECT_THAT(nic.rules(), IsEmpty());
}

TEST_F(VlanRulesTest, AreNoneWhenTheDeviceDoesNotTakeAllOfThem) {
    nic.room = 5;
    const auto answer = rules_->replace(std::vector<SteeringRule>{{VidRuns::of(VidRun{1, 6}), 1}});

    ASSERT_FALSE(answer);
    EXPECT_EQ(ErrorCode::Unavailable, answer.error().code);
    EXPECT_THAT(answer.error().message, HasSubstr("took 5 rules"));
    EXPECT_THAT(answer.error().message, HasSubstr("table full"));
    EXPECT_THAT(nic.rules(), IsEmpty());
}

TEST_F(VlanRulesTest, GoWithTheirOwner) {
    ASSERT_TRUE(rules_->replace(std::vector<SteeringRule>{{VidRuns::of(7), 3}}));
    rules_.reset();
    EXPECT_THAT(nic.rules(), IsEmpty());
}

TEST_F(VlanRulesTest, ProbingChangesNothing) {
    EXPECT_EQ("", rules_->refusal(1));
    EXPECT_THAT(nic.rules(), IsEmpty());
    nic.room = 0;
    EXPECT_EQ("table full", rules_->refusal(1));
}

TEST(VlanHash, IsOfTheOuterTagWhereTheDeviceTellsThemApart) {
    EXPECT_EQ(
        RTE_ETH_RSS_S_VLAN, vlan_hash(RTE_ETH_RSS_S_VLAN | RTE_ETH_RSS_C_VLAN | RTE_ETH_RSS_IP)
    );
    EXPECT_EQ(RTE_ETH_RSS_C_VLAN, vlan_hash(RTE_ETH_RSS_C_VLAN | RTE_ETH_RSS_ETH));
    EXPECT_EQ(0U, vlan_hash(RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP));
}

TEST(VlanHash, ReachesTheFirstQueuesOnly) {
    nic = Nic{};
    nic.hashed_to.assign(72, 99); // a table that does not end with a group

    ASSERT_EQ(0, spread_hash_over(kDevice, 3));

    for (std::size_t entry = 0; entry < nic.hashed_to.size(); ++entry) {
        EXPECT_EQ(entry % 3, nic.hashed_to[entry]) << "entry " << entry;
    }
}

} // namespace
} // namespace strowger::dataplane

using strowger::dataplane::nic;
using strowger::dataplane::read_rule;

extern "C" int rte_flow_validate(
    std::uint16_t device,
    const rte_flow_attr* attributes,
    const rte_flow_item pattern[],
    const rte_flow_action actions[],
    rte_flow_error* error
) {
    (void)read_rule(device, *attributes, pattern, actions);
    if (nic.flows.size() < nic.room) {
        return 0;
    }
    error->message = "table full";
    return -ENOSPC;
}

extern "C" rte_flow* rte_flow_create(
    std::uint16_t device,
    const rte_flow_attr* attributes,
    const rte_flow_item pattern[],
    const rte_flow_action actions[],
    rte_flow_error* error
) {
    if (nic.flows.size() >= nic.room) {
        error->message = "table full";
        rte_errno = ENOSPC;
        return nullptr;
    }
    static std::uintptr_t next = 0;
    // A handle is the driver's own business.
    auto* const flow = reinterpret_cast<rte_flow*>(++next); // NOLINT(performance-no-int-to-ptr)
    nic.flows[flow] = read_rule(device, *attributes, pattern, actions);
    return flow;
}

extern "C" int rte_flow_destroy(std::uint16_t device, rte_flow* flow, rte_flow_error* error) {
    EXPECT_EQ(strowger::dataplane::kDevice, device);
    EXPECT_EQ(1U, nic.flows.erase(flow));
    error->message = nullptr;
    return 0;
}

extern "C" int rte_eth_dev_info_get(std::uint16_t device, rte_eth_dev_info* info) {
    EXPECT_EQ(strowger::dataplane::kDevice, device);
    *info = {};
    info->reta_size = static_cast<std::uint16_t>(nic.hashed_to.size());
    return 0;
}

extern "C" int rte_eth_dev_rss_reta_update(
    std::uint16_t device,
    rte_eth_rss_reta_entry64* table,
    std::uint16_t size
) {
    EXPECT_EQ(strowger::dataplane::kDevice, device);
    EXPECT_EQ(nic.hashed_to.size(), size);
    for (std::uint16_t entry = 0; entry < size; ++entry) {
        const rte_eth_rss_reta_entry64& group = table[entry / RTE_ETH_RETA_GROUP_SIZE];
        EXPECT_NE(0U, group.mask >> entry % RTE_ETH_RETA_GROUP_SIZE & 1U);
        nic.hashed_to[entry] = group.reta[entry % RTE_ETH_RETA_GROUP_SIZE];
    }
    return 0;
}
