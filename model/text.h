// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace strowger::model {

/// Whether the bytes are UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF)
/// without control characters (U+0000 to U+001F, U+007F to U+009F).
[[nodiscard]] bool is_printable_utf8(std::string_view text) noexcept;

/// `pointer` extended by one member name, escaped as RFC 6901 section 4 says.
[[nodiscard]] std::string pointer_to(std::string_view pointer, std::string_view member);

} // namespace strowger::model
