// SPDX-License-Identifier: Apache-2.0
#include "cli/circuit_input.h"

#include "cli/json_access.h"
#include "cli/units.h"
#include "cli/vlan_text.h"

#include <boost/json.hpp>

#include <array>
#include <fmt/format.h>

namespace strowger::cli {
namespace json = boost::json;
namespace {

using Parser = Outcome<std::uint64_t> (*)(std::string_view);
struct NumberFlag {
    std::string_view flag;
    std::string_view member;
    Parser parse;
};
constexpr std::array<NumberFlag, 4> kProfileFlags = {{
    {"cir", "cir_bps", parse_rate},
    {"cbs", "cbs_bytes", parse_size},
    {"eir", "eir_bps", parse_rate},
    {"ebs", "ebs_bytes", parse_size},
}};

Failure at_flag(std::string_view flag, Failure failure) {
    failure.what = fmt::format("--{}: {}", flag, failure.what);
    return failure;
}

Outcome<Done> add_number(const Arguments& arguments, const NumberFlag& row, json::object& members) {
    if (const auto text = arguments.value(row.flag)) {
        auto number = row.parse(*text);
        if (Failure* failure = failure_of(number)) {
            return at_flag(row.flag, std::move(*failure));
        }
        members[row.member] = std::get<std::uint64_t>(number);
    }
    return Done{};
}

Outcome<Done> add_profile(const Arguments& arguments, json::object& spec) {
    json::object profile;
    for (const NumberFlag& row : kProfileFlags) {
        auto added = add_number(arguments, row, profile);
        if (Failure* failure = failure_of(added)) {
            return std::move(*failure);
        }
    }
    if (const auto mode = arguments.value("color-mode")) {
        profile["color_mode"] = *mode;
    }
    if (const auto coupling = arguments.value("coupling-flag")) {
        if (*coupling != "true" && *coupling != "false") {
            return usage_failure(
                fmt::format("--coupling-flag: '{}' is no truth value", *coupling),
                "the coupling flag is set or not (MEF 10.4 section 12)",
                "write --coupling-flag=true or --coupling-flag=false"
            );
        }
        profile["coupling_flag"] = *coupling == "true";
    }
    if (!profile.empty()) {
        spec["bandwidth"] = std::move(profile);
    }
    return Done{};
}

Outcome<Done> add_frame_size(const Arguments& arguments, json::object& spec) {
    return add_number(arguments, {"max-frame", "max_frame_bytes", parse_size}, spec);
}

/// "a=UNI:c100" or, in an update, "a=c100". UNI names and ids hold no colon.
struct EndpointText {
    std::string name;
    std::string uni; ///< empty when only the map is given
    std::string map;
};

Outcome<EndpointText> split_endpoint(const std::string& text, bool uni_required) {
    const std::size_t equals = text.find('=');
    const std::size_t colon = text.find(':', equals == std::string::npos ? 0 : equals);
    const bool has_uni = colon != std::string::npos;
    const bool sound = equals != std::string::npos && equals > 0 && equals + 1 < text.size() &&
                       (has_uni || !uni_required) && colon != equals + 1;
    if (!sound) {
        return usage_failure(
            fmt::format("--endpoint: '{}' is no endpoint", text),
            "an endpoint is a name of your choice, the UNI it runs over and the frames that belong "
            "to it",
            uni_required
                ? "write --endpoint a=UNI:c100 (or :all, :untagged, :s900, :s900.c10,20-29)"
                : "write --endpoint a=c200 to change the VLAN map of endpoint a"
        );
    }
    EndpointText parts{text.substr(0, equals), "", text.substr(equals + 1)};
    if (has_uni) {
        parts.uni = text.substr(equals + 1, colon - equals - 1);
        parts.map = text.substr(colon + 1);
    }
    return parts;
}

/// Null for every member a map of another form could have left behind.
void complete_map_patch(json::object& map) {
    for (const std::string_view member : {"all", "untagged", "s_vlan", "c_vlans"}) {
        if (!map.contains(member)) {
            map[member] = nullptr;
        }
    }
}

Outcome<Done> add_endpoints(const Arguments& arguments, json::object& spec, bool as_patch) {
    json::object endpoints;
    for (const std::string& text : arguments.values("endpoint")) {
        auto parts = split_endpoint(text, !as_patch);
        if (Failure* failure = failure_of(parts)) {
            return std::move(*failure);
        }
        const auto& endpoint = std::get<EndpointText>(parts);
        auto map = parse_vlan_map(endpoint.map);
        if (Failure* failure = failure_of(map)) {
            return at_flag("endpoint " + endpoint.name, std::move(*failure));
        }
        if (endpoints.contains(endpoint.name)) {
            return usage_failure(
                fmt::format("--endpoint: '{}' is given twice", endpoint.name),
                "an endpoint's name is its identity",
                "give each endpoint another name, usually a and z"
            );
        }
        json::object members;
        if (!endpoint.uni.empty()) {
            members["uni"] = endpoint.uni;
        }
        auto& vlan_map = std::get<json::object>(map);
        if (as_patch) {
            complete_map_patch(vlan_map);
        }
        members["vlan_map"] = std::move(vlan_map);
        endpoints[endpoint.name] = std::move(members);
    }
    if (!endpoints.empty()) {
        spec["endpoints"] = std::move(endpoints);
    }
    return Done{};
}

Outcome<json::object> circuit_from_flags(const Arguments& arguments, bool as_patch) {
    json::object spec;
    if (const auto state = arguments.value("admin-state")) {
        spec["admin_state"] = *state;
    }
    auto labels = add_labels(arguments, spec, as_patch);
    if (Failure* failure = failure_of(labels)) {
        return std::move(*failure);
    }
    for (auto* add : {add_frame_size, add_profile}) {
        auto added = add(arguments, spec);
        if (Failure* failure = failure_of(added)) {
            return std::move(*failure);
        }
    }
    auto endpoints = add_endpoints(arguments, spec, as_patch);
    if (Failure* failure = failure_of(endpoints)) {
        return std::move(*failure);
    }
    return spec;
}

} // namespace

Outcome<Done> add_labels(const Arguments& arguments, json::object& spec, bool as_patch) {
    if (const auto display_name = arguments.value("display-name")) {
        if (as_patch && display_name->empty()) {
            spec["display_name"] = nullptr;
        } else {
            spec["display_name"] = *display_name;
        }
    }
    json::object tags;
    for (const std::string& text : arguments.values("tag")) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
            return usage_failure(
                fmt::format("--tag: '{}' is no tag", text),
                "a tag is a key and a value",
                "write --tag site=london"
            );
        }
        tags[text.substr(0, equals)] = text.substr(equals + 1);
    }
    for (const std::string& key : arguments.values("untag")) {
        tags[key] = nullptr;
    }
    if (!tags.empty()) {
        spec["tags"] = std::move(tags);
    }
    return Done{};
}

Outcome<json::object> circuit_spec_from_flags(const Arguments& arguments) {
    auto spec = circuit_from_flags(arguments, false);
    if (auto* members = std::get_if<json::object>(&spec)) {
        json::object ordered;
        if (!arguments.words.empty()) {
            ordered["name"] = arguments.word();
        }
        // The only type so far; with a file the file says it.
        if (!arguments.has("file")) {
            ordered["type"] = "eline";
        }
        for (auto& member : *members) {
            ordered[member.key()] = std::move(member.value());
        }
        return ordered;
    }
    return spec;
}

Outcome<json::object> circuit_patch_from_flags(const Arguments& arguments) {
    return circuit_from_flags(arguments, true);
}

json::object circuit_skeleton() {
    return {
        {"name", "ny-dc"},
        {"type", "eline"},
        {"admin_state", "up"},
        {"display_name", "New York to data centre"},
        {"tags", {{"site", "new-york"}}},
        {"bandwidth", {{"cir_bps", 100'000'000}, {"cbs_bytes", 625'000}, {"eir_bps", 0}}},
        {"endpoints",
         {{"a", {{"uni", "new-york"}, {"vlan_map", {{"c_vlans", json::array{100}}}}}},
          {"z",
           {{"uni", "data-centre"},
            {"vlan_map", {{"s_vlan", 900}, {"c_vlans", json::array{100}}}}}}}},
    };
}

} // namespace strowger::cli
