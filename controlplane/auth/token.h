// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/digest.h"

#include <string>
#include <string_view>

namespace strowger::auth {

/// A new token: what its owner sees once, and what is kept of it.
struct TokenSecret {
    std::string text; ///< "stw_" + 43 base62 digits (256 random bits) + 6 base62 digits (CRC-32)
    Digest digest;    ///< SHA-256 of text
};

[[nodiscard]] TokenSecret generate_token();

/// Whether the text has a token's shape and its checksum holds. A typing error ends here, before
/// anything is looked up; this says nothing about validity.
[[nodiscard]] bool token_is_well_formed(std::string_view text);

} // namespace strowger::auth
