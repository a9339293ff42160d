// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace strowger::dataplane {

/// Rounded up: 1 byte is "1 MiB".
[[nodiscard]] constexpr std::uint64_t mebibytes_of(std::uint64_t bytes) {
    return (bytes + 1'048'575) / 1'048'576;
}
[[nodiscard]] inline std::string mebibytes(std::uint64_t bytes) {
    return std::to_string(mebibytes_of(bytes)) + " MiB";
}

} // namespace strowger::dataplane
