// SPDX-License-Identifier: Apache-2.0
#include "api/json_fields.h"
#include "api/spec_reader.h"

#include <charconv>
#include <string_view>
#include <utility>

namespace strowger::api {
namespace {

namespace json = boost::json;

/// A VLAN id in the digits of a range such as "200-299".
std::optional<VlanId> vlan_in_digits(std::string_view digits) {
    std::uint64_t raw = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), raw);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
        return std::nullopt;
    }
    const Result<VlanId> vlan = VlanId::from(raw);
    return vlan ? std::optional<VlanId>(*vlan) : std::nullopt;
}

std::optional<VlanSet>
read_vlan_range(std::string_view text, const std::string& pointer, ProblemList& problems) {
    const std::size_t dash = text.find('-');
    const std::string_view last =
        dash == std::string_view::npos ? std::string_view{} : text.substr(dash + 1);
    const std::optional<VlanId> from = vlan_in_digits(text.substr(0, dash));
    const std::optional<VlanId> to = vlan_in_digits(last);
    if (from && to) {
        if (Result<VlanSet> set = VlanSet::range(*from, *to)) {
            return *std::move(set);
        }
    }
    problems.add(
        pointer,
        "out_of_range",
        '"' + quotable(text) + "\" is no range of VLAN ids.",
        "Like \"200-299\", both from 1 to 4094, the lower one first."
    );
    return std::nullopt;
}

std::optional<VlanSet>
read_vlan_item(const json::value& value, const std::string& pointer, ProblemList& problems) {
    if (const json::string* text = value.if_string()) {
        return read_vlan_range({text->data(), text->size()}, pointer, problems);
    }
    const std::optional<VlanId> vlan = read_vlan_id(value, pointer, problems);
    return vlan ? std::optional<VlanSet>(VlanSet::single(*vlan)) : std::nullopt;
}

/// [100, "200-299"]: a set in which nothing is said twice.
std::optional<VlanSet>
read_vlan_set(const json::value& value, const std::string& pointer, ProblemList& problems) {
    const json::array* items = value.if_array();
    if (items == nullptr || items->empty()) {
        problems.add(
            pointer,
            items == nullptr ? "wrong_type" : "out_of_range",
            items == nullptr ? "Must be an array, not " + std::string(kind_in_words(value)) + '.'
                             : "An endpoint maps at least one VLAN.",
            R"(VLAN ids and ranges: [100,"200-299"].)"
        );
        return std::nullopt;
    }
    std::optional<VlanSet> set;
    for (std::size_t index = 0; index < items->size(); ++index) {
        const std::string place = pointer_to(pointer, index);
        const std::optional<VlanSet> item = read_vlan_item((*items)[index], place, problems);
        if (!item) {
            continue;
        }
        if (!set) {
            set = item;
        } else if (set->overlaps(*item)) {
            problems.add(
                place,
                "overlapping_maps",
                "A VLAN is named more than once.",
                "Name each VLAN id once in this list."
            );
        } else {
            set->merge(*item);
        }
    }
    return set;
}

/// "all" and "untagged" say true or are absent.
bool read_flag(JsonFields& fields, std::string_view name, ProblemList& problems) {
    const std::optional<bool> flag = fields.boolean(name);
    if (flag && !*flag) {
        problems.add(
            fields.pointer_of(name),
            "unknown_value",
            '"' + std::string(name) + "\" is true or left out.",
            "Choose one form of map."
        );
    }
    return flag.value_or(false);
}

} // namespace

std::optional<VlanMap>
read_vlan_map(const json::value& value, const std::string& pointer, ProblemList& problems) {
    JsonFields fields(value, pointer, problems);
    if (!fields.is_object()) {
        return std::nullopt;
    }
    const bool tagged = fields.has("s_vlan") || fields.has("c_vlans");
    const int forms =
        (fields.has("all") ? 1 : 0) + (fields.has("untagged") ? 1 : 0) + (tagged ? 1 : 0);
    if (forms != 1) {
        problems.add(
            pointer,
            forms == 0 ? "required" : "overlapping_maps",
            "A VLAN map has exactly one form.",
            R"({"all":true}, {"untagged":true}, {"c_vlans":[...]}, {"s_vlan":...} or {"s_vlan":...,"c_vlans":[...]}.)"
        );
    }
    const bool all = read_flag(fields, "all", problems);
    const bool untagged = read_flag(fields, "untagged", problems);
    std::optional<VlanId> s_vlan;
    if (const json::value* outer = fields.find("s_vlan")) {
        s_vlan = read_vlan_id(*outer, fields.pointer_of("s_vlan"), problems);
    }
    std::optional<VlanSet> c_vlans;
    if (const json::value* inner = fields.find("c_vlans")) {
        c_vlans = read_vlan_set(*inner, fields.pointer_of("c_vlans"), problems);
    }
    if (forms != 1) {
        return std::nullopt;
    }
    if (all) {
        return MapAll{};
    }
    if (untagged) {
        return MapUntagged{};
    }
    if (s_vlan && c_vlans) {
        return MapSCVlans{*s_vlan, *c_vlans};
    }
    if (s_vlan && !fields.has("c_vlans")) {
        return MapSVlan{*s_vlan};
    }
    if (c_vlans && !fields.has("s_vlan")) {
        return MapCVlans{*c_vlans};
    }
    return std::nullopt;
}

} // namespace strowger::api
