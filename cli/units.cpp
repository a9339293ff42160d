// SPDX-License-Identifier: Apache-2.0
#include "cli/units.h"

#include <array>
#include <fmt/format.h>
#include <optional>

namespace strowger::cli {
namespace {

struct Scale {
    std::string_view suffix;
    std::uint64_t factor;
};
constexpr std::array<Scale, 7> kDecimalScales = {{
    {"", 1},
    {"k", 1'000},
    {"K", 1'000},
    {"M", 1'000'000},
    {"G", 1'000'000'000},
    {"T", 1'000'000'000'000},
    {"g", 1'000'000'000},
}};
constexpr std::array<Scale, 3> kBinaryScales = {{
    {"Ki", 1ULL << 10},
    {"Mi", 1ULL << 20},
    {"Gi", 1ULL << 30},
}};

void drop_suffix(std::string_view& text, std::string_view suffix) {
    if (text.ends_with(suffix)) {
        text.remove_suffix(suffix.size());
    }
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// "12.5" times 1000 without a rounding step; nothing when it is not whole or not below 2^53.
std::optional<std::uint64_t> scale_exactly(std::string_view number, std::uint64_t factor) {
    __extension__ using Wide = unsigned __int128;
    Wide digits = 0;
    Wide divisor = 1;
    bool seen_point = false;
    std::size_t digit_count = 0;
    for (const char c : number) {
        if (c == '.' && !seen_point) {
            seen_point = true;
            continue;
        }
        if (!is_digit(c) || ++digit_count > 19) {
            return std::nullopt;
        }
        digits = digits * 10 + static_cast<Wide>(c - '0');
        divisor *= seen_point ? 10 : 1;
    }
    const bool has_shape = digit_count > 0 && is_digit(number.front()) && is_digit(number.back());
    if (!has_shape || (digits * factor) % divisor != 0) {
        return std::nullopt;
    }
    const Wide value = digits * factor / divisor;
    return value <= kJsonIntegerMax ? std::optional(static_cast<std::uint64_t>(value))
                                    : std::nullopt;
}

template <std::size_t N>
std::optional<std::uint64_t>
parse_scaled(std::string_view text, const std::array<Scale, N>& scales) {
    const std::size_t number_length = std::min(text.find_first_not_of("0123456789."), text.size());
    std::string_view suffix = text.substr(number_length);
    suffix.remove_prefix(suffix.starts_with(' ') ? 1 : 0); // "100 Mb/s"
    for (const Scale& scale : scales) {
        if (scale.suffix == suffix) {
            return scale_exactly(text.substr(0, number_length), scale.factor);
        }
    }
    return std::nullopt;
}

} // namespace

Outcome<std::uint64_t> parse_rate(std::string_view text) {
    std::string_view number = text;
    for (const std::string_view unit : {"bps", "b/s", "bit/s"}) {
        drop_suffix(number, unit);
    }
    if (const auto rate_bps = parse_scaled(number, kDecimalScales)) {
        return *rate_bps;
    }
    return usage_failure(
        fmt::format("'{}' is not a rate", text),
        "a rate is a whole number of bits a second, decimal, below 2^53",
        "write 64k, 12.5M, 100M, 1G or 100000000"
    );
}

Outcome<std::uint64_t> parse_size(std::string_view text) {
    std::string_view number = text;
    drop_suffix(number, "B");
    if (const auto decimal = parse_scaled(number, kDecimalScales)) {
        return *decimal;
    }
    if (const auto binary = parse_scaled(number, kBinaryScales)) {
        return *binary;
    }
    return usage_failure(
        fmt::format("'{}' is not a size", text),
        "a size is a whole number of bytes, below 2^53; k and M are decimal, KiB and MiB binary",
        "write 12000, 128k, 1.5M or 64KiB"
    );
}

Outcome<std::chrono::milliseconds> parse_duration(std::string_view text) {
    constexpr std::array<Scale, 4> kDurations = {
        {{"ms", 1}, {"", 1'000}, {"s", 1'000}, {"m", 60'000}}};
    constexpr std::uint64_t kDayMs = 86'400'000;
    const auto duration_ms = parse_scaled(text, kDurations);
    if (duration_ms && *duration_ms > 0 && *duration_ms <= kDayMs) {
        return std::chrono::milliseconds(*duration_ms);
    }
    return usage_failure(
        fmt::format("'{}' is not a time", text),
        "a time is a number of s, ms or m, above zero and at most one day",
        "write 1s, 500ms or 2m"
    );
}

std::string format_units(std::uint64_t value) {
    constexpr std::array<Scale, 4> kScales = {
        {{"T", 1'000'000'000'000}, {"G", 1'000'000'000}, {"M", 1'000'000}, {"k", 1'000}}};
    for (const Scale& scale : kScales) {
        // Three decimals keep it short; a number that needs more is clearer under the next scale.
        if (value >= scale.factor && value % (scale.factor / 1'000) == 0) {
            std::string text = fmt::format("{}", value / scale.factor);
            std::string fraction =
                fmt::format("{:03}", value % scale.factor / (scale.factor / 1'000));
            fraction.erase(fraction.find_last_not_of('0') + 1);
            return fmt::format(
                "{}{}{}{}", text, fraction.empty() ? "" : ".", fraction, scale.suffix
            );
        }
    }
    return fmt::format("{}", value);
}

std::string format_rate_for_humans(double rate_bps) {
    constexpr std::array<std::string_view, 5> kUnits = {"b/s", "kb/s", "Mb/s", "Gb/s", "Tb/s"};
    std::size_t unit = 0;
    while (rate_bps >= 999.95 && unit + 1 < kUnits.size()) {
        rate_bps /= 1000;
        ++unit;
    }
    return fmt::format("{:.{}f} {}", rate_bps, unit == 0 ? 0 : 2, kUnits[unit]);
}

} // namespace strowger::cli
