// SPDX-License-Identifier: Apache-2.0
#include "api/list_params.h"

#include "api/problem_list.h"
#include "strowger/model/limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

namespace strowger::api {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kTagPrefix = "tag.";

std::optional<std::string> from_hex(std::string_view hex) {
    std::string text;
    for (std::size_t place = 0; place + 1 < hex.size(); place += 2) {
        const std::size_t high = kHexDigits.find(hex[place]);
        const std::size_t low = kHexDigits.find(hex[place + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) {
            return std::nullopt;
        }
        text += static_cast<char>(high * 16 + low);
    }
    return hex.size() % 2 == 0 ? std::optional<std::string>(std::move(text)) : std::nullopt;
}

/// Takes the parameters one after the other.
class ListReader {
public:
    explicit ListReader(ObjectKind kind) : kind_(kind) {}

    void take(const std::string& name, const std::string& value) {
        if (name.starts_with(kTagPrefix)) {
            params_.tags.emplace(name.substr(kTagPrefix.size()), value);
        } else if (name == "limit") {
            take_limit(value);
        } else if (name == "cursor") {
            take_cursor(value);
        } else if (name == "count") {
            check(value == "true" || value == "false", name, "\"true\" or \"false\".");
            params_.count = value == "true";
        } else if (name == "name_prefix") {
            params_.name_prefix = value;
        } else if (name == "uni") {
            params_.uni = value;
        } else if (name == "state") {
            take_state(value);
        } else if (name == "object") {
            take_object(value);
        }
    }
    void blame(std::string_view name, std::string_view what, std::string_view hint) {
        problems_.add(
            "",
            "malformed_request",
            "The query parameter \"" + quotable(name) + "\" " + std::string(what),
            std::string(hint)
        );
    }
    Result<ListParams> finish() {
        if (!problems_.empty()) {
            return problems_.to_error(ErrorCode::Malformed);
        }
        return std::move(params_);
    }

private:
    void check(bool holds, std::string_view name, std::string_view hint) {
        if (!holds) {
            blame(name, "has a value it cannot have.", hint);
        }
    }
    void take_limit(const std::string& value) {
        const auto [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), params_.limit);
        check(
            error == std::errc{} && end == value.data() + value.size() && params_.limit >= 1 &&
                params_.limit <= limits::kPageItemsMax,
            "limit",
            "1 to " + std::to_string(limits::kPageItemsMax) + '.'
        );
    }
    void take_cursor(const std::string& value) {
        const std::optional<std::string> text = from_hex(value);
        const Result<ObjectId> id =
            ObjectId::from(kind_, text ? std::string_view(*text) : std::string_view{});
        check(id.has_value(), "cursor", "The next_cursor of the page before.");
        if (id) {
            params_.after = *id;
        }
    }
    void take_state(const std::string& value) {
        constexpr std::array<std::string_view, 3> kStates = {"up", "degraded", "down"};
        for (std::size_t state = 0; state < kStates.size(); ++state) {
            if (kStates[state] == value) {
                params_.state = static_cast<service::OperState>(state);
            }
        }
        check(params_.state.has_value(), "state", "\"up\", \"degraded\" or \"down\".");
    }
    void take_object(const std::string& value) {
        for (const auto kind :
             {ObjectKind::Tenant,
              ObjectKind::Token,
              ObjectKind::Uni,
              ObjectKind::Circuit,
              ObjectKind::Slice}) {
            if (const Result<ObjectId> id = ObjectId::from(kind, value)) {
                params_.object = *id;
            }
        }
        check(params_.object.has_value(), "object", "The id of an object.");
    }

    ObjectKind kind_;
    ListParams params_;
    ProblemList problems_;
};

} // namespace

std::string cursor_after(const ObjectId& last) {
    std::string hex;
    for (const char character : last.text()) {
        hex += kHexDigits[static_cast<unsigned char>(character) >> 4U];
        hex += kHexDigits[static_cast<unsigned char>(character) & 0xFU];
    }
    return hex;
}

Result<ListParams> parse_list_params(
    const Target& target,
    ObjectKind kind,
    std::span<const std::string_view> allowed
) {
    ListReader reader(kind);
    std::set<std::string_view> seen;
    for (const auto& [name, value] : target.query) {
        const std::string_view known =
            name.starts_with(kTagPrefix) ? "tag" : std::string_view(name);
        if (name == "tag" || std::find(allowed.begin(), allowed.end(), known) == allowed.end()) {
            const std::string_view meant = closest_name(name, allowed);
            reader.blame(
                name,
                "does not exist here.",
                meant.empty() ? "" : "Did you mean \"" + std::string(meant) + "\"?"
            );
        } else if (!seen.insert(name).second) {
            reader.blame(name, "appears more than once.", "Keep one of them.");
        } else {
            reader.take(name, value);
        }
    }
    return reader.finish();
}

} // namespace strowger::api
