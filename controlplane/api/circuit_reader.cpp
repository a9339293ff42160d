// SPDX-License-Identifier: Apache-2.0
#include "api/json_fields.h"
#include "api/spec_reader.h"
#include "strowger/model/limits.h"

#include <array>
#include <limits>
#include <string_view>
#include <utility>

namespace strowger::api {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 2> kColorModes = {"color_blind", "color_aware"};
constexpr std::array<std::string_view, 1> kCircuitTypes = {"eline"};
constexpr std::array<std::string_view, 2> kAdminStates = {"up", "down"};

std::optional<Bytes> bytes_of(std::optional<std::uint64_t> value) {
    return value ? std::optional<Bytes>(Bytes{*value}) : std::nullopt;
}

/// The reference to a UNI: a name or an id. Whether it names anything is not known here.
std::string read_uni_reference(JsonFields& fields, ProblemList& problems) {
    if (fields.require("uni", "The id or the name of one of your UNIs.") == nullptr) {
        return {};
    }
    const std::optional<std::string> text = fields.text("uni");
    if (text && !Name::from(*text) && !ObjectId::from(ObjectKind::Uni, *text)) {
        problems.add(
            fields.pointer_of("uni"),
            "invalid_name",
            '"' + quotable(*text) + "\" is neither a name nor the id of a UNI.",
            "The id or the name of one of your UNIs."
        );
    }
    return text.value_or("");
}

std::optional<EndpointSpec>
read_endpoint(const json::value& value, const std::string& pointer, ProblemList& problems) {
    JsonFields fields(value, pointer, problems);
    if (!fields.is_object()) {
        return std::nullopt;
    }
    std::string uni = read_uni_reference(fields, problems);
    std::optional<BandwidthProfileSpec> bandwidth;
    if (const json::value* own = fields.find("bandwidth")) {
        bandwidth = read_bandwidth(*own, fields.pointer_of("bandwidth"), problems)
                        .value_or(BandwidthProfileSpec{}); // blamed, and yet not missing
    }
    const json::value* map = fields.require(
        "vlan_map", R"({"all":true}, {"untagged":true}, {"c_vlans":[...]} or {"s_vlan":...}.)"
    );
    std::optional<VlanMap> vlan_map;
    if (map != nullptr) {
        vlan_map = read_vlan_map(*map, fields.pointer_of("vlan_map"), problems);
    }
    // An unreadable map is blamed; "untagged" in its place breaks no rule about the whole.
    return EndpointSpec{std::move(uni), vlan_map.value_or(VlanMap{MapUntagged{}}), bandwidth};
}

std::map<Name, EndpointSpec> read_endpoints(JsonFields& fields, ProblemList& problems) {
    std::map<Name, EndpointSpec> endpoints;
    fields.require("endpoints", R"(Two, keyed by names of your choice: {"a":{...},"z":{...}}.)");
    fields.for_each("endpoints", [&](std::string_view key, const json::value& value) {
        const std::string pointer = pointer_to(fields.pointer_of("endpoints"), key);
        std::optional<EndpointSpec> endpoint = read_endpoint(value, pointer, problems);
        Result<Name> name = Name::from(key);
        if (!name) {
            problems.add(
                pointer,
                "invalid_name",
                '"' + quotable(key) + "\" is no name for an endpoint.",
                "1 to 63 of a-z, 0-9 and '-', not '-' first or last."
            );
        } else if (endpoint) {
            endpoints.emplace(*std::move(name), *std::move(endpoint));
        }
    });
    return endpoints;
}

} // namespace

std::string_view to_string(ColorMode mode) noexcept {
    return kColorModes[static_cast<std::size_t>(mode)];
}

std::optional<BandwidthProfileSpec>
read_bandwidth(const json::value& value, const std::string& pointer, ProblemList& problems) {
    constexpr IntegerBounds kRate{0, limits::kRateBpsMax};
    constexpr IntegerBounds kBurst{0, limits::kBurstBytesMax};
    JsonFields fields(value, pointer, problems);
    if (!fields.is_object()) {
        return std::nullopt;
    }
    fields.require("cir_bps", "The committed rate in bits a second, for example 50000000.");
    BandwidthProfileSpec profile;
    profile.cir = BitsPerSecond{fields.integer("cir_bps", kRate).value_or(0)};
    profile.cbs = bytes_of(fields.integer("cbs_bytes", kBurst));
    profile.eir = BitsPerSecond{fields.integer("eir_bps", kRate).value_or(0)};
    profile.ebs = bytes_of(fields.integer("ebs_bytes", kBurst));
    profile.color_mode =
        static_cast<ColorMode>(fields.choice("color_mode", kColorModes).value_or(0));
    profile.coupling_flag = fields.boolean("coupling_flag").value_or(false);
    return profile;
}

CircuitSpec read_circuit_spec(const json::value& value, ProblemList& problems) {
    CommonMembers common = read_common_members(value, problems);
    JsonFields fields(value, "", problems);
    fields.require("type", "\"eline\".");
    static_cast<void>(fields.choice("type", kCircuitTypes)); // the only one there is
    CircuitSpec circuit{
        .name = std::move(common.name),
        .display_name = std::move(common.display_name),
        .tags = std::move(common.tags),
        .type = CircuitType::ELine,
        .admin_state =
            static_cast<AdminState>(fields.choice("admin_state", kAdminStates).value_or(0)),
        .frame_max = bytes_of(
            fields.integer("max_frame_bytes", {limits::kFrameBytesMin, limits::kFrameBytesMax})
        ),
        .bandwidth = std::nullopt,
        .endpoints = {},
    };
    if (const json::value* bandwidth = fields.find("bandwidth")) {
        circuit.bandwidth =
            read_bandwidth(*bandwidth, fields.pointer_of("bandwidth"), problems)
                .value_or(BandwidthProfileSpec{}); // blamed, and yet no endpoint lacks one
    }
    circuit.endpoints = read_endpoints(fields, problems);
    return circuit;
}

} // namespace strowger::api
