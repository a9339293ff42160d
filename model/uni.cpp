// SPDX-License-Identifier: Apache-2.0
#include "strowger/model/uni.h"

namespace strowger {
namespace {

std::string text_of(const SVlanRange& range) {
    return std::to_string(range.first.value()) + " to " + std::to_string(range.last.value());
}

/// The S-VID of a map that has one by form; nothing for the others.
std::optional<VlanId> s_vlan_of(const VlanMap& map) {
    if (const auto* s_vlan = std::get_if<MapSVlan>(&map)) {
        return s_vlan->s_vlan;
    }
    if (const auto* both = std::get_if<MapSCVlans>(&map)) {
        return both->s_vlan;
    }
    return std::nullopt;
}

} // namespace

std::vector<Problem> check_uni(const UniSpec& uni) {
    std::vector<Problem> problems;
    check_display_name(uni.display_name, "/display_name", problems);
    check_tags(uni.tags, "/tags", problems);
    if (uni.s_vlans.has_value() && uni.s_vlans->first > uni.s_vlans->last) {
        problems.push_back(
            {"/s_vlans/last",
             "out_of_range",
             "The S-VLAN range " + text_of(*uni.s_vlans) + " is empty.",
             "last is not below first.",
             ""}
        );
    }
    return problems;
}

std::vector<Problem>
check_map_on_uni(const VlanMap& map, const UniSpec& uni, std::string_view pointer) {
    if (!uni.s_vlans.has_value()) {
        return {};
    }
    const std::optional<VlanId> s_vlan = s_vlan_of(map);
    if (!s_vlan.has_value()) {
        return {
            {std::string(pointer),
             "map_not_on_uni",
             "This UNI has only S-VLANs " + text_of(*uni.s_vlans) + " of its port.",
             "Use a map with s_vlan.",
             ""}};
    }
    if (*s_vlan < uni.s_vlans->first || *s_vlan > uni.s_vlans->last) {
        return {
            {std::string(pointer) + "/s_vlan",
             "map_not_on_uni",
             "S-VLAN " + std::to_string(s_vlan->value()) + " is not of this UNI.",
             "One of " + text_of(*uni.s_vlans) + ".",
             ""}};
    }
    return {};
}

bool unis_collide(const UniSpec& left, const UniSpec& right) {
    if (left.port != right.port) {
        return false;
    }
    // A whole port takes every frame, of any TPID, by the map "all".
    if (!left.s_vlans.has_value() || !right.s_vlans.has_value()) {
        return true;
    }
    return left.tpid == right.tpid && left.s_vlans->first <= right.s_vlans->last &&
           right.s_vlans->first <= left.s_vlans->last;
}

} // namespace strowger
