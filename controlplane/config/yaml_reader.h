// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <yaml-cpp/node/node.h>

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strowger::config {

/// A place in the file; both from 0, as yaml-cpp counts.
struct Place {
    int line = 0;
    int column = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
};

/// Collects what is wrong with a file, and remembers where each key was, so that a rule that is
/// checked after decoding can still name the line.
class Problems {
public:
    explicit Problems(std::string file_name) : file_name_(std::move(file_name)) {}

    void remember(const std::string& path, Place place) { places_.insert_or_assign(path, place); }
    /// At a place that was never remembered as a key: an unknown key, a syntax error.
    void add_at(Place place, Problem problem);
    /// At a key that was read, or at its nearest parent that was.
    void add(Problem problem);
    [[nodiscard]] bool empty() const noexcept { return found_.empty(); }
    /// Whether the value of this key was refused, so that no rule is checked on its default.
    [[nodiscard]] bool refused(std::string_view path) const;
    /// All of them in the order of the file, as one error.
    [[nodiscard]] Error to_error() const;

private:
    struct Found {
        Place place;
        Problem problem;
    };
    std::string file_name_;
    std::map<std::string, Place> places_;
    std::vector<Found> found_;
};

/// Both ends are allowed.
struct Range {
    std::uint64_t min = 0;
    std::uint64_t max = 0;
};

/// One mapping of the file. yaml-cpp takes unknown keys, keeps both of two equal keys and converts
/// "0x10", "1e3" and quoted numbers as it can; this reader refuses all of that. What is wrong is
/// collected; what is absent leaves the output as it was.
class Mapping {
public:
    Mapping(
        const YAML::Node& node,
        std::string path,
        std::initializer_list<std::string_view> allowed,
        Problems& problems
    );

    /// Reports each of these that is absent.
    void require(std::initializer_list<std::string_view> keys);
    [[nodiscard]] std::optional<YAML::Node> find(std::string_view key) const;
    [[nodiscard]] std::string path_of(std::string_view key) const;

    void integer(std::string_view key, Range allowed, std::uint32_t& out);
    void boolean(std::string_view key, bool& out);
    void text(std::string_view key, std::string& out);
    void text(std::string_view key, std::optional<std::string>& out);

    template <typename Enum>
    using Choices = std::span<const std::pair<std::string_view, Enum>>;
    template <typename Enum>
    void one_of(std::string_view key, Choices<Enum> choices, Enum& out) {
        const auto word = scalar(key, "one word");
        if (!word) {
            return;
        }
        std::string allowed;
        for (const auto& [name, value] : choices) {
            if (name == *word) {
                out = value;
                return;
            }
            allowed += (allowed.empty() ? "" : ", ") + std::string{name};
        }
        refuse(key, "unknown_value", "'" + *word + "' is not known", "one of " + allowed);
    }

    /// The items of a sequence, each with its path; nothing when absent.
    [[nodiscard]] std::vector<std::pair<YAML::Node, std::string>> items(std::string_view key);

    void refuse(std::string_view key, const char* code, std::string message, std::string hint);

private:
    void read_keys(const YAML::Node& node, std::initializer_list<std::string_view> allowed);
    [[nodiscard]] std::optional<std::string> scalar(std::string_view key, const char* wanted);

    std::string path_;
    Problems& problems_;
    std::map<std::string, YAML::Node, std::less<>> values_;
};

/// The one document of the text, or nothing and a problem (syntax, none, more than one).
std::optional<YAML::Node> load_yaml(const std::string& text, Problems& problems);

} // namespace strowger::config
