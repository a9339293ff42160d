// SPDX-License-Identifier: Apache-2.0
#include "strowger/model/vlan.h"

#include <array>

namespace strowger {
namespace {

constexpr std::array<std::string_view, kTpidCount> kTpidTexts = {"0x8100", "0x88a8", "0x9100"};

Error invalid(std::string message, std::string_view code, std::string hint, std::string rule) {
    Problem problem{"", std::string(code), message, std::move(hint), std::move(rule)};
    return Error{ErrorCode::Invalid, std::move(message), {std::move(problem)}};
}

/// The frames that a map takes, for every form but MapAll, which takes them all.
struct Claim {
    bool untagged = false;
    std::bitset<4096> outer;                  ///< VIDs of the first tag
    const std::bitset<4096>* inner = nullptr; ///< C-VIDs behind it; null: whatever follows
};

Claim claim_of(const VlanMap& map) {
    Claim claim;
    if (std::holds_alternative<MapUntagged>(map)) {
        claim.untagged = true;
    } else if (const auto* c_vlans = std::get_if<MapCVlans>(&map)) {
        claim.outer = c_vlans->vlans.bits();
    } else if (const auto* s_vlan = std::get_if<MapSVlan>(&map)) {
        claim.outer.set(s_vlan->s_vlan.value());
    } else if (const auto* both = std::get_if<MapSCVlans>(&map)) {
        claim.outer.set(both->s_vlan.value());
        claim.inner = &both->c_vlans.bits();
    }
    return claim;
}

} // namespace

Result<VlanId> VlanId::from(std::uint64_t raw) {
    if (raw < kMin || raw > kMax) {
        return invalid(
            "A VLAN id cannot be " + std::to_string(raw) + ".",
            "out_of_range",
            "1 to 4094.",
            "802.1Q 9.6"
        );
    }
    return VlanId(static_cast<std::uint16_t>(raw));
}

std::string_view to_string(Tpid tpid) noexcept {
    return kTpidTexts[static_cast<std::size_t>(tpid)];
}

Result<Tpid> tpid_from(std::string_view text) {
    for (std::size_t i = 0; i < kTpidTexts.size(); ++i) {
        if (text == kTpidTexts[i]) {
            return static_cast<Tpid>(i);
        }
    }
    return invalid(
        "This TPID is not supported.", "unknown_value", "One of 0x8100, 0x88a8, 0x9100.", ""
    );
}

Result<VlanSet> VlanSet::range(VlanId first, VlanId last) {
    if (first > last) {
        return invalid(
            "The range " + std::to_string(first.value()) + "-" + std::to_string(last.value()) +
                " ends below its beginning.",
            "out_of_range",
            "The lower VLAN id comes first.",
            ""
        );
    }
    VlanSet set;
    for (std::size_t vlan = first.value(); vlan <= last.value(); ++vlan) {
        set.bits_.set(vlan);
    }
    return set;
}

VlanSet VlanSet::single(VlanId vlan) {
    VlanSet set;
    set.insert(vlan);
    return set;
}

VlanId VlanSet::first() const {
    std::uint16_t vlan = VlanId::kMin;
    while (!contains(vlan)) {
        STROWGER_CHECK(vlan < VlanId::kMax);
        ++vlan;
    }
    return VlanId::from(vlan).value();
}

std::string VlanSet::to_string() const {
    std::string text;
    for (std::uint16_t first = VlanId::kMin; first <= VlanId::kMax; ++first) {
        if (!contains(first)) {
            continue;
        }
        std::uint16_t last = first;
        while (contains(static_cast<std::uint16_t>(last + 1U))) {
            ++last;
        }
        text += text.empty() ? "" : ",";
        text += std::to_string(first);
        if (last > first) {
            text += "-" + std::to_string(last);
        }
        first = last;
    }
    return text;
}

bool overlaps(const VlanMap& left, const VlanMap& right) {
    if (std::holds_alternative<MapAll>(left) || std::holds_alternative<MapAll>(right)) {
        return true;
    }
    const Claim a = claim_of(left);
    const Claim b = claim_of(right);
    if (a.untagged && b.untagged) {
        return true;
    }
    const bool inner = a.inner == nullptr || b.inner == nullptr || (*a.inner & *b.inner).any();
    return (a.outer & b.outer).any() && inner;
}

unsigned circuit_tag_count(const VlanMap& map) {
    if (const auto* c_vlans = std::get_if<MapCVlans>(&map)) {
        return c_vlans->vlans.size() == 1 ? 1 : 0;
    }
    if (const auto* both = std::get_if<MapSCVlans>(&map)) {
        return both->c_vlans.size() == 1 ? 2 : 1;
    }
    return std::holds_alternative<MapSVlan>(map) ? 1 : 0;
}

} // namespace strowger
