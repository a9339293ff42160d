// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/failure.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace strowger::cli {

/// The largest integer a JSON number holds exactly everywhere (API laws: below 2^53).
inline constexpr std::uint64_t kJsonIntegerMax = (1ULL << 53) - 1;

/// "100M", "1G", "64k", "12.5k", "100000000", each with an optional "bps" or "b/s": decimal bits a
/// second. Refuses what is no whole number of bits a second; nothing is rounded.
Outcome<std::uint64_t> parse_rate(std::string_view text);

/// "128k", "1.5M", "12000", "64KiB", each with an optional "B": bytes; k and M are decimal.
Outcome<std::uint64_t> parse_size(std::string_view text);

/// "1s", "500ms", "2m", "3" (seconds).
Outcome<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest text that parse_rate and parse_size read back as the same number: "100M", "12.5k".
std::string format_units(std::uint64_t value);

/// Four significant digits for the eye: "49.87 Mb/s".
std::string format_rate_for_humans(double rate_bps);

} // namespace strowger::cli
