// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

namespace strowger::auth {

/// A SHA-256 value.
struct Digest {
    std::array<std::uint8_t, 32> bytes{};
    friend auto operator<=>(const Digest&, const Digest&) = default;
};

[[nodiscard]] Digest sha256(std::string_view data);

/// Whether two digests are equal, in a time that does not depend on where they differ.
[[nodiscard]] bool equal_in_constant_time(const Digest& left, const Digest& right);

/// Fills from the system's cryptographic source; ends the process when there is none, since no
/// identity could be trusted then. Fits ObjectIdSource::RandomBytes.
void random_bytes(std::uint8_t* out, std::size_t count);

} // namespace strowger::auth
