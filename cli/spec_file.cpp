// SPDX-License-Identifier: Apache-2.0
#include "cli/spec_file.h"

#include <boost/json.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <sstream>

namespace strowger::cli {
namespace json = boost::json;
namespace {

constexpr int kDepthMax = 32;

Failure bad_spec(const std::string& name, const std::string& why) {
    return usage_failure(
        fmt::format("cannot read the spec in {}", name),
        why,
        "a spec to start from: add --generate-skeleton to the command"
    );
}

json::value scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    if (node.Tag() == "!") { // quoted
        return json::value(text);
    }
    if (text == "true" || text == "false") {
        return text == "true";
    }
    if (text == "null" || text == "~" || text.empty()) {
        return nullptr;
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) {
        return number;
    }
    return json::value(text);
}

/// Names the first fault by throwing nothing: yaml-cpp's own exceptions end in json_from_yaml.
class Converter {
public:
    explicit Converter(const std::string& name) : name_(name) {}

    json::value convert(const YAML::Node& node, int depth) { // NOLINT(misc-no-recursion)
        if (depth > kDepthMax) {
            refuse(node, fmt::format("nested deeper than {} levels", kDepthMax));
            return nullptr;
        }
        if (node.IsSequence()) {
            json::array items;
            for (const auto& item : node) {
                items.push_back(convert(item, depth + 1));
            }
            return items;
        }
        return node.IsMap()      ? convert_map(node, depth)
               : node.IsScalar() ? scalar(node)
                                 : json::value();
    }

    std::optional<Failure> failure;

private:
    json::value convert_map(const YAML::Node& node, int depth) { // NOLINT(misc-no-recursion)
        json::object members;
        for (const auto& entry : node) {
            const auto key = entry.first.as<std::string>();
            if (members.contains(key)) {
                refuse(entry.first, fmt::format("'{}' stands twice in one map", key));
            }
            members[key] = convert(entry.second, depth + 1);
        }
        return members;
    }

    void refuse(const YAML::Node& node, const std::string& why) {
        if (!failure) {
            failure = bad_spec(name_, fmt::format("line {}: {}", node.Mark().line + 1, why));
        }
    }

    const std::string& name_;
};

Outcome<SpecText> spec_from_json(const std::string& text, const std::string& name) {
    json::error_code error;
    json::stream_parser parser;
    const std::size_t consumed = parser.write_some(text, error);
    if (!error) {
        parser.finish(error);
    }
    const std::size_t rest = text.find_first_not_of(" \t\r\n", consumed);
    if (error || rest != std::string::npos) {
        const std::string before = text.substr(0, error ? consumed : rest);
        const auto line = std::count(before.begin(), before.end(), '\n') + 1;
        return bad_spec(
            name,
            fmt::format(
                "line {}: {}", line, error ? error.message() : "text after the end of the object"
            )
        );
    }
    json::value value = parser.release();
    if (!value.is_object()) {
        return bad_spec(name, "a spec is an object");
    }
    return SpecText{std::move(value), text};
}

} // namespace

Outcome<json::value> json_from_yaml(const std::string& text, const std::string& name) {
    try {
        Converter converter(name);
        json::value value = converter.convert(YAML::Load(text), 0);
        if (converter.failure) {
            return std::move(*converter.failure);
        }
        return value;
    } catch (const YAML::Exception& error) {
        return bad_spec(name, fmt::format("line {}: {}", error.mark.line + 1, error.msg));
    }
}

Outcome<SpecText> read_spec(const std::string& path, std::istream& standard_input) {
    std::ostringstream content;
    const std::string name = path == "-" ? "standard input" : path;
    if (path == "-") {
        content << standard_input.rdbuf();
    } else {
        std::ifstream stream(path);
        if (!stream) {
            return bad_spec(name, "the file cannot be opened");
        }
        content << stream.rdbuf();
    }
    const std::string text = content.str();
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) {
        return bad_spec(name, "it is empty");
    }
    const bool is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    if (path.ends_with(".json") || (!is_yaml && text[first] == '{')) {
        return spec_from_json(text, name);
    }
    auto value = json_from_yaml(text, name);
    if (Failure* failure = failure_of(value)) {
        return std::move(*failure);
    }
    if (!std::get<json::value>(value).is_object()) {
        return bad_spec(name, "a spec is a map of members");
    }
    return SpecText{std::get<json::value>(std::move(value)), ""};
}

} // namespace strowger::cli
