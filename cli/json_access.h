// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/failure.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace strowger::cli {

/// Members from the outside in: {"spec", "bandwidth", "cir_bps"}.
using JsonPath = std::vector<std::string_view>;

/// The value at a path of members; null when a step is absent or no object. Replies may lack or
/// gain members at any time (evolution law), so nothing here fails.
const boost::json::value* find_value(const boost::json::value& root, const JsonPath& path);

/// The member as text: strings as they are, numbers and booleans as JSON, anything else "".
std::string text_at(const boost::json::object& object, std::string_view member);
std::string text_at(const boost::json::value& root, const JsonPath& path);

/// RFC 7396: members of the patch replace, objects merge, null removes.
void merge_patch(boost::json::value& target, const boost::json::value& patch);

/// Percent-encodes everything but the unreserved characters of RFC 3986.
std::string percent_encode(std::string_view text);

} // namespace strowger::cli
