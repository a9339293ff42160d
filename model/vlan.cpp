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
    VidRuns outer;                  ///< VIDs of the first tag
    const VidRuns* inner = nullptr; ///< C-VIDs behind it; null: whatever follows
};

Claim claim_of(const VlanMap& map) {
    Claim claim;
    if (std::holds_alternative<MapUntagged>(map)) {
        claim.untagged = true;
    } else if (const auto* c_vlans = std::get_if<MapCVlans>(&map)) {
        claim.outer = c_vlans->vlans.runs();
    } else if (const auto* s_vlan = std::get_if<MapSVlan>(&map)) {
        claim.outer = VidRuns::of(s_vlan->s_vlan.value());
    } else if (const auto* both = std::get_if<MapSCVlans>(&map)) {
        claim.outer = VidRuns::of(both->s_vlan.value());
        claim.inner = &both->c_vlans.runs();
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
    return VlanSet(VidRuns::of(VidRun{first.value(), last.value()}));
}

VlanId VlanSet::first() const {
    return VlanId::from(runs_.run(0).first).value();
}

std::string VlanSet::to_string() const {
    std::string text;
    runs_.for_each_run([&text](VidRun run) {
        text += text.empty() ? "" : ",";
        text += std::to_string(run.first);
        if (run.last > run.first) {
            text += "-" + std::to_string(run.last);
        }
    });
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
    const bool inner = a.inner == nullptr || b.inner == nullptr || a.inner->overlaps(*b.inner);
    return a.outer.overlaps(b.outer) && inner;
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
