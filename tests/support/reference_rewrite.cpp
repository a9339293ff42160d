// SPDX-License-Identifier: Apache-2.0
#include "tests/support/reference_rewrite.h"

#include <algorithm>

namespace strowger::reference {
namespace {

constexpr std::size_t kAddressesSize = 12;
constexpr std::size_t kTagSize = 4;
constexpr std::size_t kTypeSize = 2;
constexpr std::size_t kTagsRead = 2;
constexpr std::size_t kFrameSizeMin = 60;
constexpr std::uint16_t kCTpid = 0x8100;

std::uint16_t read16(const FrameBytes& bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes.at(at) << 8U | bytes.at(at + 1));
}

bool is_tpid(std::uint16_t ether_type) {
    return ether_type == 0x8100 || ether_type == 0x88A8 || ether_type == 0x9100;
}

std::uint16_t tpid_of(const EndpointProgram& endpoint) {
    return tpid_ethertype(endpoint.tpid);
}

bool is_bundle_or_untagged(const VlanMap& map) {
    if (const auto* c_vlans = std::get_if<MapCVlans>(&map)) {
        return c_vlans->vlans.size() > 1;
    }
    if (const auto* both = std::get_if<MapSCVlans>(&map)) {
        return both->c_vlans.size() > 1;
    }
    return std::holds_alternative<MapUntagged>(map);
}

/// The tags that belong to the circuit at one endpoint, outermost first.
enum class Role { S, C };
struct CircuitTag {
    Role role;
    std::uint16_t vid;
};
std::vector<CircuitTag> circuit_tags(const VlanMap& map) {
    std::vector<CircuitTag> tags;
    if (const auto* c_vlans = std::get_if<MapCVlans>(&map)) {
        if (c_vlans->vlans.size() == 1) {
            tags.push_back({Role::C, c_vlans->vlans.first().value()});
        }
    } else if (const auto* s_vlan = std::get_if<MapSVlan>(&map)) {
        tags.push_back({Role::S, s_vlan->s_vlan.value()});
    } else if (const auto* both = std::get_if<MapSCVlans>(&map)) {
        tags.push_back({Role::S, both->s_vlan.value()});
        if (both->c_vlans.size() == 1) {
            tags.push_back({Role::C, both->c_vlans.first().value()});
        }
    }
    return tags;
}

/// PCP and DEI of a pushed tag: the removed one's of its role, else the frame's first tag's, else
/// 0.
std::uint16_t
priority_for(Role role, const std::vector<CircuitTag>& removed, const std::vector<Tag>& arrived) {
    for (std::size_t i = 0; i < removed.size(); ++i) {
        if (removed[i].role == role) {
            return arrived.at(i).pcp_dei();
        }
    }
    return arrived.empty() ? std::uint16_t{0} : arrived.front().pcp_dei();
}

void put16(FrameBytes& bytes, std::uint16_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8U));
    bytes.push_back(static_cast<std::uint8_t>(value & 0xFFU));
}

} // namespace

std::optional<std::vector<Tag>> parse_tags(const FrameBytes& bytes) {
    std::vector<Tag> tags;
    std::size_t at = kAddressesSize;
    if (bytes.size() < at + kTypeSize) {
        return std::nullopt;
    }
    while (tags.size() < kTagsRead && is_tpid(read16(bytes, at))) {
        if (bytes.size() < at + kTagSize + kTypeSize) {
            return std::nullopt;
        }
        tags.push_back({read16(bytes, at), read16(bytes, at + kTypeSize)});
        at += kTagSize;
    }
    return tags;
}

bool belongs(const std::vector<Tag>& tags, const EndpointProgram& endpoint) {
    if (std::holds_alternative<MapAll>(endpoint.map)) {
        return true;
    }
    const bool first_is_unis = !tags.empty() && tags[0].tpid == tpid_of(endpoint);
    if (std::holds_alternative<MapUntagged>(endpoint.map)) {
        return tags.empty() || (first_is_unis && tags[0].vid() == 0);
    }
    if (!first_is_unis) {
        return false;
    }
    if (const auto* c_vlans = std::get_if<MapCVlans>(&endpoint.map)) {
        return c_vlans->vlans.contains(tags[0].vid());
    }
    if (const auto* s_vlan = std::get_if<MapSVlan>(&endpoint.map)) {
        return s_vlan->s_vlan.value() == tags[0].vid();
    }
    const auto& both = std::get<MapSCVlans>(endpoint.map);
    return both.s_vlan.value() == tags[0].vid() && tags.size() > 1 && tags[1].tpid == kCTpid &&
           both.c_vlans.contains(tags[1].vid());
}

FrameBytes
rewrite(const FrameBytes& bytes, const EndpointProgram& from, const EndpointProgram& to) {
    const std::vector<Tag> arrived = parse_tags(bytes).value();
    const std::vector<CircuitTag> removed = circuit_tags(from.map);
    const std::vector<CircuitTag> pushed = circuit_tags(to.map);

    std::size_t removed_count = removed.size();
    if (std::holds_alternative<MapUntagged>(from.map) && !arrived.empty() && !pushed.empty()) {
        removed_count = 1; // a priority tag gives way to the circuit's
    }

    FrameBytes leaving(bytes.begin(), bytes.begin() + kAddressesSize);
    for (std::size_t i = 0; i < pushed.size(); ++i) {
        put16(leaving, i == 0 ? tpid_of(to) : kCTpid);
        put16(
            leaving,
            static_cast<std::uint16_t>(
                priority_for(pushed[i].role, removed, arrived) | pushed[i].vid
            )
        );
    }

    const std::size_t rest_at = kAddressesSize + removed_count * kTagSize;
    const std::uint16_t rest_type = read16(bytes, rest_at);
    const bool renamed =
        is_tpid(rest_type) && (is_bundle_or_untagged(from.map) || is_bundle_or_untagged(to.map));
    if (renamed) {
        put16(leaving, pushed.empty() ? tpid_of(to) : kCTpid);
    } else {
        put16(leaving, rest_type);
    }
    const auto rest = bytes.begin() + static_cast<std::ptrdiff_t>(rest_at + kTypeSize);
    leaving.insert(leaving.end(), rest, bytes.end());
    leaving.resize(std::max(leaving.size(), kFrameSizeMin));
    return leaving;
}

} // namespace strowger::reference
