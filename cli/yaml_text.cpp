// SPDX-License-Identifier: Apache-2.0
#include "cli/yaml_text.h"

#include "cli/terminal_text.h"

#include <boost/json.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>

namespace strowger::cli {
namespace json = boost::json;
namespace {

bool is_plain_letter(char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    return letter || digit || c == '_' || c == '-' || c == '.' || c == '/';
}

/// Words and identifiers only; everything else is quoted rather than reasoned about.
bool is_plain(std::string_view text) {
    constexpr std::array<std::string_view, 11> kReserved = {
        "true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"};
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const bool reserved = std::find(kReserved.begin(), kReserved.end(), lower) != kReserved.end();
    const bool starts_well = !text.empty() && lower.front() >= 'a' && lower.front() <= 'z';
    return starts_well && !reserved && std::all_of(text.begin(), text.end(), is_plain_letter);
}

void emit_string(YAML::Emitter& out, std::string_view text) {
    if (!is_plain(text)) {
        out << YAML::DoubleQuoted;
    }
    out << std::string(text);
}

void emit(YAML::Emitter& out, const json::value& value) { // NOLINT(misc-no-recursion)
    switch (value.kind()) {
        case json::kind::object:
            out << (value.get_object().empty() ? YAML::Flow : YAML::Block) << YAML::BeginMap;
            for (const auto& member : value.get_object()) {
                out << YAML::Key;
                emit_string(out, member.key());
                out << YAML::Value;
                emit(out, member.value());
            }
            out << YAML::EndMap;
            break;
        case json::kind::array:
            out << (value.get_array().empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
            for (const json::value& item : value.get_array()) {
                emit(out, item);
            }
            out << YAML::EndSeq;
            break;
        case json::kind::string:
            emit_string(out, value.get_string());
            break;
        case json::kind::null:
            out << YAML::Null;
            break;
        default:
            out << json::serialize(value); // numbers, true and false are the same words in YAML
            break;
    }
}

} // namespace

std::string yaml_from_json(const json::value& value) {
    YAML::Emitter out;
    out.SetNullFormat(YAML::LowerNull);
    emit(out, value);
    // What could steer a terminal stands in double quotes here, where "\u202e" is YAML's own
    // escape.
    return escape_document(std::string(out.c_str()) + "\n");
}

} // namespace strowger::cli
