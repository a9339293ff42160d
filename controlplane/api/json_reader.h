// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/problem_list.h"
#include "strowger/base/result.h"

#include <boost/json/value.hpp>

#include <cstddef>
#include <string_view>

namespace strowger::api {

/// JSON as a client sent it, and what is wrong with it as a text.
struct JsonDocument {
    boost::json::value value;
    ProblemList
        problems; ///< duplicate members: legal to the grammar, refused with the other faults
};

inline constexpr std::size_t kJsonDepthMax = 16;
inline constexpr std::size_t kJsonValuesMax = 10'000;

/// Reads one whole JSON text (RFC 8259, UTF-8), nothing after it. Fails with Malformed
/// ("malformed_json", with line and column) when it is not JSON or exceeds a bound.
///
/// Boost.JSON 1.81 alone keeps the last of two members of one name in silence, reads 1e400 as
/// Infinity and integers above 2^64 as doubles. The first is caught here; numbers are judged where
/// they are used, by JsonFields, which takes nothing but integers.
Result<JsonDocument> read_json(std::string_view text);
/// The same for a part of a text; line and column are those in the whole.
Result<JsonDocument> read_json_at(std::string_view text, std::size_t begin, std::size_t size);
/// "malformed_json" at a place of a text, with line and column.
[[nodiscard]] Error
malformed_json(std::string_view text, std::size_t offset, const std::string& why);

} // namespace strowger::api
