// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <string>

namespace strowger::bench {

/// What a benchmark exits with when the machine lacks what it needs (meson's word for "skipped").
inline constexpr int kNotMeasured = 77;

/// Says why, for people and for scripts/bench, which reads the line of JSON.
inline int not_measured(const std::string& why) {
    std::string quoted;
    for (const char c : why) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
        }
        quoted += c == '\n' ? ' ' : c;
    }
    fmt::print("{{\"not_measured\":\"{}\"}}\n", quoted);
    fmt::print(stderr, "not measured: {}\n", why);
    return kNotMeasured;
}

} // namespace strowger::bench
