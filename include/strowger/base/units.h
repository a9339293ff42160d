// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

namespace strowger {

/// Decimal bits a second of service frames: destination MAC to FCS, tags included, no preamble and
/// no inter-frame gap (MEF 10.4 section 12.2).
struct BitsPerSecond {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(const BitsPerSecond&, const BitsPerSecond&) = default;
};

/// A size in octets. Sizes of frames include the FCS.
struct Bytes {
    std::uint64_t value = 0;
    friend constexpr auto operator<=>(const Bytes&, const Bytes&) = default;
};

} // namespace strowger
