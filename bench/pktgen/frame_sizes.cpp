// SPDX-License-Identifier: Apache-2.0
#include "pktgen/frame_sizes.h"

#include "pktgen/frame.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <numeric>
#include <optional>

namespace strowger::pktgen {

namespace {

/// 7 : 4 : 1 of 64, 594 and 1518 bytes, the "simple IMIX", spread so that no size comes in a row
/// longer than it must.
const std::vector<std::uint16_t> kImix = {64, 594, 64, 64, 594, 64, 1'518, 64, 594, 64, 594, 64};

std::optional<std::uint32_t> parse_number(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional{number} : std::nullopt;
}

std::optional<SizeProfile> parse_one(std::string_view text, std::uint32_t least) {
    if (text == "imix") {
        return SizeProfile{.name = "imix", .pattern = kImix};
    }
    const auto bytes = parse_number(text);
    if (!bytes || *bytes < least || *bytes > kFrameBytesMax) {
        return std::nullopt;
    }
    return SizeProfile{.name = std::string{text}, .pattern = {static_cast<std::uint16_t>(*bytes)}};
}

} // namespace

std::uint16_t SizeProfile::largest() const {
    return *std::ranges::max_element(pattern);
}

double SizeProfile::mean() const {
    return std::accumulate(pattern.begin(), pattern.end(), 0.0) /
           static_cast<double>(pattern.size());
}

Result<std::vector<SizeProfile>> parse_sizes(std::string_view text, std::uint8_t tags) {
    const std::uint32_t least = frame_bytes_min(tags);
    std::vector<SizeProfile> profiles;
    std::vector<Problem> problems;
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view element = text.substr(0, comma);
        if (auto profile = parse_one(element, least)) {
            profiles.push_back(std::move(*profile));
        } else {
            problems.push_back(
                {.pointer = "--size",
                 .code = "out_of_range",
                 .message = fmt::format("'{}' is not a frame size", element),
                 .hint = fmt::format(
                     "{} to {} bytes with FCS (headers, {} tag(s) and 10 bytes of signature must "
                     "fit), or imix",
                     least,
                     kFrameBytesMax,
                     tags
                 ),
                 .rule = {}}
            );
        }
        if (comma == std::string_view::npos) {
            break;
        }
        text.remove_prefix(comma + 1);
    }
    if (!problems.empty()) {
        return Error{
            .code = ErrorCode::Invalid,
            .message = "the frame sizes cannot be used",
            .problems = std::move(problems)};
    }
    return profiles;
}

SizeWalk::SizeWalk(std::size_t pattern, std::uint32_t circuits) noexcept
    : pattern_(static_cast<std::uint32_t>(pattern)),
      // circuits + slip = 1 modulo the pattern: a circuit meets its successor size next turn
      slip_((pattern_ + 1 - circuits % pattern_) % pattern_) {}

} // namespace strowger::pktgen
