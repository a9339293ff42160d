// SPDX-License-Identifier: Apache-2.0
#include "service/vlan_index.h"

#include "strowger/base/check.h"

#include <variant>

namespace strowger::service {
namespace {

constexpr std::uint16_t kUntagged = 0;
constexpr std::uint16_t kAll = 1;

template <typename Claims>
void collect(
    const Claims& claims,
    std::uint16_t place,
    const ObjectId& self,
    std::set<ObjectId>& found
) {
    const auto claim = claims.find(place);
    if (claim != claims.end() && claim->second.circuit != self) {
        found.insert(claim->second.circuit);
    }
}

} // namespace

template <typename Visit>
void VlanIndex::for_each_place(const VlanMap& map, Visit visit) {
    if (std::holds_alternative<MapAll>(map)) {
        visit(port_, kAll);
    } else if (std::holds_alternative<MapUntagged>(map)) {
        visit(port_, kUntagged);
    } else if (const auto* s_vlan = std::get_if<MapSVlan>(&map)) {
        visit(first_tag_, s_vlan->s_vlan.value());
    } else if (const auto* c_vlans = std::get_if<MapCVlans>(&map)) {
        c_vlans->vlans.runs().for_each_vid([&](std::uint16_t vid) { visit(first_tag_, vid); });
    } else {
        const auto& both = std::get<MapSCVlans>(map);
        Claims& behind = second_tag_[both.s_vlan.value()];
        both.c_vlans.runs().for_each_vid([&](std::uint16_t vid) { visit(behind, vid); });
        if (behind.empty()) {
            second_tag_.erase(both.s_vlan.value());
        }
    }
}

void VlanIndex::collect_first_tag(
    std::uint16_t vid,
    const ObjectId& self,
    std::set<ObjectId>& found
) const {
    collect(first_tag_, vid, self, found);
    const auto behind = second_tag_.find(vid);
    if (behind == second_tag_.end()) {
        return;
    }
    for (const auto& [c_vid, claim] : behind->second) {
        if (claim.circuit != self) {
            found.insert(claim.circuit);
        }
    }
}

std::set<ObjectId> VlanIndex::conflicts(const VlanMap& map, const ObjectId& self) const {
    std::set<ObjectId> found;
    if (std::holds_alternative<MapAll>(map)) {
        for (const auto& [circuit, maps] : holders_) {
            if (circuit != self) {
                found.insert(circuit);
            }
        }
        return found;
    }
    collect(port_, kAll, self, found);
    if (std::holds_alternative<MapUntagged>(map)) {
        collect(port_, kUntagged, self, found);
    } else if (const auto* s_vlan = std::get_if<MapSVlan>(&map)) {
        collect_first_tag(s_vlan->s_vlan.value(), self, found);
    } else if (const auto* c_vlans = std::get_if<MapCVlans>(&map)) {
        c_vlans->vlans.runs().for_each_vid([&](std::uint16_t vid) {
            collect_first_tag(vid, self, found);
        });
    } else {
        const auto& both = std::get<MapSCVlans>(map);
        collect(first_tag_, both.s_vlan.value(), self, found);
        const auto behind = second_tag_.find(both.s_vlan.value());
        if (behind != second_tag_.end()) {
            both.c_vlans.runs().for_each_vid([&](std::uint16_t vid) {
                collect(behind->second, vid, self, found);
            });
        }
    }
    return found;
}

void VlanIndex::hold(const ObjectId& circuit, const VlanMap& map) {
    for_each_place(map, [&circuit](Claims& claims, std::uint16_t vid) {
        Claim& claim = claims.try_emplace(vid, Claim{circuit}).first->second;
        STROWGER_CHECK(claim.circuit == circuit); // else two tenants' frames could meet
        ++claim.maps;
    });
    ++holders_[circuit];
}

void VlanIndex::release(const ObjectId& circuit, const VlanMap& map) {
    for_each_place(map, [&circuit](Claims& claims, std::uint16_t vid) {
        const auto claim = claims.find(vid);
        STROWGER_CHECK(claim != claims.end() && claim->second.circuit == circuit);
        if (--claim->second.maps == 0) {
            claims.erase(claim);
        }
    });
    const auto holder = holders_.find(circuit);
    STROWGER_CHECK(holder != holders_.end());
    if (--holder->second == 0) {
        holders_.erase(holder);
    }
}

} // namespace strowger::service
