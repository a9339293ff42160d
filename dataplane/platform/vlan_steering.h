// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "control/port_steering.h"
#include "strowger/base/result.h"

#include <rte_flow.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// What a device does to bring a VLAN's frames to one rx queue: a hash of the VLAN alone, or rules.
namespace strowger::dataplane {

/// Of the hash functions that a device offers those that take the VLAN and nothing else: the outer
/// tag's when it tells them apart, so that what is inside an S-VLAN stays together. 0: none.
[[nodiscard]] std::uint64_t vlan_hash(std::uint64_t offered);

/// Lets the first `queues` rx queues of a started device share what is hashed, and no others.
/// Returns 0, or a negative errno.
[[nodiscard]] int spread_hash_over(std::uint16_t device, std::uint16_t queues);

/// Rules of one started device that take a VID to an rx queue (rte_flow: eth / vlan / queue), one
/// for each VID. They go with this. Control thread only.
class VlanRules {
public:
    explicit VlanRules(std::uint16_t device) : device_(device) {}
    VlanRules(const VlanRules&) = delete;
    VlanRules& operator=(const VlanRules&) = delete;
    VlanRules(VlanRules&&) = delete;
    VlanRules& operator=(VlanRules&&) = delete;
    ~VlanRules() { clear(); }

    /// Nothing when the device would take a rule to this queue, else what it says.
    [[nodiscard]] std::string refusal(std::uint16_t queue) const;
    /// As PortSteering::steer.
    Result<void> replace(std::span<const SteeringRule> rules);
    [[nodiscard]] std::size_t size() const noexcept { return flows_.size(); }

private:
    void clear();
    std::uint16_t device_;
    std::vector<rte_flow*> flows_;
};

} // namespace strowger::dataplane
