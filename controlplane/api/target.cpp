// SPDX-License-Identifier: Apache-2.0
#include "api/target.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace strowger::api {
namespace {

int hex_digit(char character) noexcept {
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    if (character >= 'a' && character <= 'f') {
        return character - 'a' + 10;
    }
    if (character >= 'A' && character <= 'F') {
        return character - 'A' + 10;
    }
    return -1;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t place = 0; place < text.size(); ++place) {
        if (text[place] == '+' && plus_is_space) {
            decoded += ' ';
        } else if (text[place] != '%') {
            decoded += text[place];
        } else {
            if (place + 2 >= text.size()) {
                return std::nullopt;
            }
            const int high = hex_digit(text[place + 1]);
            const int low = hex_digit(text[place + 2]);
            if (high < 0 || low < 0) {
                return std::nullopt;
            }
            decoded += static_cast<char>(high * 16 + low);
            place += 2;
        }
    }
    return decoded;
}

Error malformed(std::string message) {
    return Error{ErrorCode::Malformed, std::move(message), {}};
}

/// Calls `each` for every part between separators; false as soon as it returns false.
template <typename Each>
bool split(std::string_view text, char separator, const Each& each) {
    while (true) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (!each(text.substr(0, end))) {
            return false;
        }
        if (end == text.size()) {
            return true;
        }
        text.remove_prefix(end + 1);
    }
}

} // namespace

Result<Target> parse_target(std::string_view target) {
    Target parsed;
    if (!target.starts_with('/') || target.find('#') != std::string_view::npos) {
        return malformed("The target is not a path.");
    }
    const std::size_t mark = target.find('?');
    const bool path_is_sound = split(
        target.substr(1, mark == std::string_view::npos ? mark : mark - 1),
        '/',
        [&](std::string_view segment) {
            std::optional<std::string> decoded = decode(segment, false);
            if (!decoded) {
                return false;
            }
            parsed.segments.push_back(*std::move(decoded));
            return true;
        }
    );
    if (!path_is_sound) {
        return malformed("The path is not percent-encoded correctly.");
    }
    if (mark == std::string_view::npos || mark + 1 == target.size()) {
        return parsed;
    }
    const bool query_is_sound = split(target.substr(mark + 1), '&', [&](std::string_view pair) {
        const std::size_t equals = std::min(pair.find('='), pair.size());
        std::optional<std::string> name = decode(pair.substr(0, equals), true);
        std::optional<std::string> value =
            decode(equals < pair.size() ? pair.substr(equals + 1) : std::string_view{}, true);
        if (!name || !value || parsed.query.size() == kQueryParametersMax) {
            return false;
        }
        parsed.query.emplace_back(*std::move(name), *std::move(value));
        return true;
    });
    if (!query_is_sound) {
        return malformed(
            "The query is not percent-encoded correctly, or has more than " +
            std::to_string(kQueryParametersMax) + " parameters."
        );
    }
    return parsed;
}

} // namespace strowger::api
