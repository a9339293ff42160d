// SPDX-License-Identifier: Apache-2.0
#include "cli/vlan_text.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <charconv>
#include <cstdint>
#include <fmt/format.h>
#include <optional>

namespace strowger::cli {
namespace json = boost::json;
namespace {

constexpr std::uint64_t kVidMin = 1;
constexpr std::uint64_t kVidMax = 4094; // 802.1Q 9.6: 0 is priority tagging, 4095 is reserved

std::optional<std::uint64_t> parse_vid(std::string_view text) {
    std::uint64_t vid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), vid);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && vid >= kVidMin && vid <= kVidMax ? std::optional(vid) : std::nullopt;
}

struct VidRange {
    std::uint64_t first;
    std::uint64_t last;
};

std::optional<VidRange> parse_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    const auto first = parse_vid(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_vid(text.substr(dash + 1));
    if (!first || !last || *first > *last) {
        return std::nullopt;
    }
    return VidRange{*first, *last};
}

Failure refuse(std::string_view text, std::string why) {
    return usage_failure(
        fmt::format("'{}' is not a VLAN map", text),
        std::move(why),
        "write all, untagged, c100, c100,200-299, s900 or s900.c10,20-29"
    );
}

std::string bad_vid(std::string_view text) {
    return fmt::format("'{}' is no VLAN id or ascending range between 1 and 4094", text);
}

Outcome<json::array> parse_vid_list(std::string_view whole, std::string_view list) {
    json::array vlans;
    while (true) {
        const std::size_t comma = list.find(',');
        const std::string_view item = list.substr(0, comma);
        const auto range = parse_range(item);
        if (!range) {
            return refuse(whole, bad_vid(item));
        }
        if (item.find('-') == std::string_view::npos) {
            vlans.emplace_back(range->first);
        } else {
            vlans.emplace_back(fmt::format("{}-{}", range->first, range->last));
        }
        if (comma == std::string_view::npos) {
            return vlans;
        }
        list.remove_prefix(comma + 1);
    }
}

std::string format_vid_list(const json::array& vlans) {
    std::string text;
    for (const json::value& vlan : vlans) {
        text += text.empty() ? "" : ",";
        text += vlan.is_string() ? std::string(vlan.get_string()) : json::serialize(vlan);
    }
    return text;
}

} // namespace

Outcome<json::object> parse_vlan_map(std::string_view text) {
    if (text == "all" || text == "untagged") {
        return json::object{{text, true}};
    }
    json::object map;
    std::string_view rest = text;
    if (rest.starts_with('s')) {
        const std::size_t dot = rest.find('.');
        const std::string_view s_text =
            rest.substr(1, dot == std::string_view::npos ? dot : dot - 1);
        const auto s_vlan = parse_vid(s_text);
        if (!s_vlan) {
            return refuse(text, fmt::format("'{}' is no VLAN id between 1 and 4094", s_text));
        }
        map["s_vlan"] = *s_vlan;
        if (dot == std::string_view::npos) {
            return map;
        }
        rest.remove_prefix(dot + 1);
    }
    if (!rest.starts_with('c')) {
        return refuse(text, "VLAN ids start with c (customer) or s (service)");
    }
    auto vlans = parse_vid_list(text, rest.substr(1));
    if (Failure* failure = failure_of(vlans)) {
        return std::move(*failure);
    }
    map["c_vlans"] = std::get<json::array>(std::move(vlans));
    return map;
}

std::string format_vlan_map(const json::object& map) {
    const json::value* s_vlan = map.if_contains("s_vlan");
    const json::value* c_vlans = map.if_contains("c_vlans");
    const bool c_known = c_vlans == nullptr || c_vlans->is_array();
    if (map.size() == 1 && (map.contains("all") || map.contains("untagged"))) {
        return std::string(map.begin()->key());
    }
    const std::size_t known = (s_vlan != nullptr ? 1U : 0U) + (c_vlans != nullptr ? 1U : 0U);
    if (known == 0 || known != map.size() || !c_known) {
        return json::serialize(map);
    }
    std::string text = s_vlan != nullptr ? "s" + json::serialize(*s_vlan) : "";
    if (c_vlans != nullptr) {
        text += (text.empty() ? "c" : ".c") + format_vid_list(c_vlans->get_array());
    }
    return text;
}

Outcome<json::object> parse_vlan_range(std::string_view text) {
    const auto range = parse_range(text);
    if (!range) {
        return usage_failure(
            fmt::format("'{}' is not a range of S-VLANs", text), bad_vid(text), "write 100-199"
        );
    }
    return json::object{{"first", range->first}, {"last", range->last}};
}

} // namespace strowger::cli
