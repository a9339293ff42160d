// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/failure.h"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace strowger::cli {

/// A VLAN map as typed, as the member `vlan_map` of the API:
/// `all`, `untagged`, `c100,200-299`, `s900`, `s900.c10,20-29`.
/// VIDs are checked here so that a typing slip is found before anything is sent.
Outcome<boost::json::object> parse_vlan_map(std::string_view text);

/// The same map as text; unknown forms (a newer API) are shown as JSON.
std::string format_vlan_map(const boost::json::object& map);

/// `100-199` as {"first": 100, "last": 199}.
Outcome<boost::json::object> parse_vlan_range(std::string_view text);

} // namespace strowger::cli
