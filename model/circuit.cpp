// SPDX-License-Identifier: Apache-2.0
#include "strowger/model/circuit.h"

#include "model/text.h"
#include "strowger/model/limits.h"

#include <algorithm>

namespace strowger {
namespace {

using model::pointer_to;

std::string pointer_of(const Name& endpoint, std::string_view member) {
    return pointer_to(pointer_to("/endpoints", endpoint.text()), member);
}

/// The frame size to judge the rest by: the default when the one asked for is out of range, so that
/// one fault does not show up as three.
Bytes check_frame_max(const CircuitSpec& spec, std::vector<Problem>& problems) {
    const Bytes fallback{limits::kFrameBytesDefault};
    const Bytes frame_max = spec.frame_max.value_or(fallback);
    if (frame_max.value >= limits::kFrameBytesMin && frame_max.value <= limits::kFrameBytesMax) {
        return frame_max;
    }
    problems.push_back(
        {"/max_frame_bytes",
         "out_of_range",
         std::to_string(frame_max.value) + " bytes is no size a circuit can promise.",
         std::to_string(limits::kFrameBytesMin) + " to " + std::to_string(limits::kFrameBytesMax) +
             ", with FCS and tags.",
         "MEF 10.3 R56"}
    );
    return fallback;
}

/// The profile of one `bandwidth` member; its problems get the member's place in front.
std::optional<BandwidthProfile> resolve_profile(
    const BandwidthProfileSpec& spec,
    Bytes frame_max,
    const std::string& pointer,
    std::vector<Problem>& problems
) {
    Result<BandwidthProfile> profile = BandwidthProfile::resolve(spec, frame_max);
    if (profile) {
        return *profile;
    }
    for (Problem problem : profile.error().problems) {
        problem.pointer = pointer + problem.pointer;
        problems.push_back(std::move(problem));
    }
    return std::nullopt;
}

void resolve_bandwidth(
    const CircuitSpec& spec,
    EffectiveCircuit& effective,
    std::vector<Problem>& problems
) {
    std::optional<BandwidthProfile> common;
    if (spec.bandwidth.has_value()) {
        common = resolve_profile(*spec.bandwidth, effective.frame_max, "/bandwidth", problems);
    }
    for (const auto& [name, endpoint] : spec.endpoints) {
        const std::string pointer = pointer_of(name, "bandwidth");
        std::optional<BandwidthProfile> own;
        if (endpoint.bandwidth.has_value()) {
            own = resolve_profile(*endpoint.bandwidth, effective.frame_max, pointer, problems);
        } else if (spec.bandwidth.has_value()) {
            own = common;
        } else {
            problems.push_back(
                {pointer,
                 "required",
                 "This endpoint has no bandwidth and the circuit has none either.",
                 "Give bandwidth on the circuit, or on every endpoint.",
                 ""}
            );
        }
        if (own.has_value()) {
            effective.bandwidth.emplace(name, *own);
        }
    }
}

void check_endpoints(const CircuitSpec& spec, std::vector<Problem>& problems) {
    if (spec.endpoints.size() != 2) {
        problems.push_back(
            {"/endpoints",
             "out_of_range",
             "An eline has exactly two endpoints, not " + std::to_string(spec.endpoints.size()) +
                 ".",
             "Name two, for example \"a\" and \"z\".",
             "MEF 6.2 R25, R33"}
        );
    }
    for (auto later = spec.endpoints.begin(); later != spec.endpoints.end(); ++later) {
        const auto same = std::find_if(spec.endpoints.begin(), later, [later](const auto& earlier) {
            return earlier.second.uni == later->second.uni;
        });
        if (same != later) {
            problems.push_back(
                {pointer_of(later->first, "uni"),
                 "same_uni",
                 "The endpoints " + same->first.text() + " and " + later->first.text() +
                     " are on one UNI.",
                 "Endpoints of a circuit are on different UNIs.",
                 ""}
            );
        }
    }
}

/// The C-VIDs that an endpoint bundles, and so preserves; nothing when it bundles none.
const VlanSet* bundle_of(const VlanMap& map) {
    const VlanSet* vlans = nullptr;
    if (const auto* c_vlans = std::get_if<MapCVlans>(&map)) {
        vlans = &c_vlans->vlans;
    } else if (const auto* both = std::get_if<MapSCVlans>(&map)) {
        vlans = &both->c_vlans;
    }
    return vlans != nullptr && vlans->size() > 1 ? vlans : nullptr;
}

/// A C-VID that is preserved arrives as it left: one that the far bundle lacks could never pass.
void check_bundles(const CircuitSpec& spec, std::vector<Problem>& problems) {
    const VlanSet* first = nullptr;
    for (const auto& [name, endpoint] : spec.endpoints) {
        const VlanSet* bundle = bundle_of(endpoint.vlan_map);
        if (bundle == nullptr) {
            continue;
        }
        if (first == nullptr) {
            first = bundle;
        } else if (*bundle != *first) {
            problems.push_back(
                {pointer_to(pointer_of(name, "vlan_map"), "c_vlans"),
                 "bundle_mismatch",
                 "The endpoints bundle different C-VLANs: " + first->to_string() + " and " +
                     bundle->to_string() + ".",
                 "Bundled C-VLANs are preserved, so every endpoint has the same ones.",
                 "MEF 10.3 R81"}
            );
        }
    }
}

} // namespace

Result<EffectiveCircuit> resolve_circuit(const CircuitSpec& spec) {
    std::vector<Problem> problems;
    EffectiveCircuit effective;
    check_display_name(spec.display_name, "/display_name", problems);
    check_tags(spec.tags, "/tags", problems);
    effective.frame_max = check_frame_max(spec, problems);
    resolve_bandwidth(spec, effective, problems);
    check_endpoints(spec, problems);
    check_bundles(spec, problems);
    if (!problems.empty()) {
        return Error{
            ErrorCode::Invalid,
            "The circuit breaks " + std::to_string(problems.size()) +
                (problems.size() == 1 ? " rule." : " rules."),
            std::move(problems)};
    }
    return effective;
}

std::string_view mef_service(const CircuitSpec& spec) {
    const bool port_based =
        std::all_of(spec.endpoints.begin(), spec.endpoints.end(), [](const auto& endpoint) {
            return std::holds_alternative<MapAll>(endpoint.second.vlan_map);
        });
    return port_based ? "EPL" : "EVPL";
}

} // namespace strowger
