// SPDX-License-Identifier: Apache-2.0
#include "platform/vlan_steering.h"

#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <array>
#include <optional>

namespace strowger::dataplane {

namespace {

constexpr std::uint16_t kVidMask = 0x0FFF;

/// One rule as rte_flow wants it. Points into itself.
class VidToQueue {
public:
    VidToQueue(std::uint16_t vid, std::uint16_t queue) {
        vlan_.tci = rte_cpu_to_be_16(vid);
        vlan_mask_.tci = rte_cpu_to_be_16(kVidMask);
        queue_.index = queue;
        pattern_[0].type = RTE_FLOW_ITEM_TYPE_ETH;
        pattern_[1].type = RTE_FLOW_ITEM_TYPE_VLAN;
        pattern_[1].spec = &vlan_;
        pattern_[1].mask = &vlan_mask_;
        pattern_[2].type = RTE_FLOW_ITEM_TYPE_END;
        actions_[0].type = RTE_FLOW_ACTION_TYPE_QUEUE;
        actions_[0].conf = &queue_;
        actions_[1].type = RTE_FLOW_ACTION_TYPE_END;
        attributes_.ingress = 1;
    }
    VidToQueue(const VidToQueue&) = delete;
    VidToQueue& operator=(const VidToQueue&) = delete;
    VidToQueue(VidToQueue&&) = delete;
    VidToQueue& operator=(VidToQueue&&) = delete;
    ~VidToQueue() = default;

    [[nodiscard]] int validate(std::uint16_t device, rte_flow_error& error) const {
        return rte_flow_validate(device, &attributes_, pattern_.data(), actions_.data(), &error);
    }
    [[nodiscard]] rte_flow* create(std::uint16_t device, rte_flow_error& error) const {
        return rte_flow_create(device, &attributes_, pattern_.data(), actions_.data(), &error);
    }

private:
    rte_flow_item_vlan vlan_{};
    rte_flow_item_vlan vlan_mask_{};
    rte_flow_action_queue queue_{};
    rte_flow_attr attributes_{};
    std::array<rte_flow_item, 3> pattern_{};
    std::array<rte_flow_action, 2> actions_{};
};

std::string text_of(const rte_flow_error& error, int code) {
    return error.message != nullptr ? error.message : rte_strerror(code < 0 ? -code : code);
}

} // namespace

std::uint64_t vlan_hash(std::uint64_t offered) {
    if ((offered & RTE_ETH_RSS_S_VLAN) != 0) {
        return RTE_ETH_RSS_S_VLAN;
    }
    return offered & RTE_ETH_RSS_C_VLAN;
}

int spread_hash_over(std::uint16_t device, std::uint16_t queues) {
    rte_eth_dev_info info{};
    if (const int code = rte_eth_dev_info_get(device, &info); code != 0) {
        return code;
    }
    const std::size_t groups =
        (info.reta_size + RTE_ETH_RETA_GROUP_SIZE - std::size_t{1}) / RTE_ETH_RETA_GROUP_SIZE;
    std::vector<rte_eth_rss_reta_entry64> table(groups);
    for (std::uint16_t i = 0; i < info.reta_size; ++i) {
        rte_eth_rss_reta_entry64& group = table[i / RTE_ETH_RETA_GROUP_SIZE];
        group.mask |= std::uint64_t{1} << i % RTE_ETH_RETA_GROUP_SIZE;
        group.reta[i % RTE_ETH_RETA_GROUP_SIZE] = static_cast<std::uint16_t>(i % queues);
    }
    return rte_eth_dev_rss_reta_update(device, table.data(), info.reta_size);
}

std::string VlanRules::refusal(std::uint16_t queue) const {
    rte_flow_error error{};
    const int code = VidToQueue{1, queue}.validate(device_, error);
    return code == 0 ? "" : text_of(error, code);
}

Result<void> VlanRules::replace(std::span<const SteeringRule> rules) {
    clear();
    rte_flow_error error{};
    for (const SteeringRule& rule : rules) {
        bool taken = true;
        rule.first_vids.for_each_vid([&](std::uint16_t vid) {
            rte_flow* const flow =
                taken ? VidToQueue{vid, rule.queue}.create(device_, error) : nullptr;
            taken = flow != nullptr;
            if (taken) {
                flows_.push_back(flow);
            }
        });
        if (!taken) {
            const std::string count = std::to_string(flows_.size());
            clear();
            return Error{
                .code = ErrorCode::Unavailable,
                .message = "the device took " + count +
                           " rules and not the next one: " + text_of(error, rte_errno),
                .problems = {}};
        }
    }
    return {};
}

void VlanRules::clear() {
    for (rte_flow* const flow : flows_) {
        rte_flow_error error{};
        (void)rte_flow_destroy(device_, flow, &error);
    }
    flows_.clear();
}

} // namespace strowger::dataplane
