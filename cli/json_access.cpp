// SPDX-License-Identifier: Apache-2.0
#include "cli/json_access.h"

#include <boost/json/serialize.hpp>

#include <fmt/format.h>

namespace strowger::cli {
namespace json = boost::json;
namespace {

std::string scalar_text(const json::value& value) {
    if (value.is_string()) {
        return std::string(value.get_string());
    }
    return value.is_structured() || value.is_null() ? "" : json::serialize(value);
}

} // namespace

const json::value* find_value(const json::value& root, const JsonPath& path) {
    const json::value* value = &root;
    for (const std::string_view member : path) {
        const json::object* object = value->if_object();
        value = object == nullptr ? nullptr : object->if_contains(member);
        if (value == nullptr) {
            return nullptr;
        }
    }
    return value;
}

std::string text_at(const json::object& object, std::string_view member) {
    const json::value* value = object.if_contains(member);
    return value == nullptr ? "" : scalar_text(*value);
}

std::string text_at(const json::value& root, const JsonPath& path) {
    const json::value* value = find_value(root, path);
    return value == nullptr ? "" : scalar_text(*value);
}

void merge_patch(json::value& target, const json::value& patch) { // NOLINT(misc-no-recursion)
    if (!patch.is_object()) {
        target = patch;
        return;
    }
    if (!target.is_object()) {
        target = json::object{};
    }
    for (const auto& member : patch.get_object()) {
        if (member.value().is_null()) {
            target.get_object().erase(member.key());
        } else {
            merge_patch(target.get_object()[member.key()], member.value());
        }
    }
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kUnreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string encoded;
    for (const char c : text) {
        if (kUnreserved.find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return encoded;
}

} // namespace strowger::cli
