// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace strowger::cli {

/// A reply as YAML with the same members in the same order. Strings that YAML would read as
/// something else ("0", "yes") are quoted, so that decimal-string counters stay strings.
std::string yaml_from_json(const boost::json::value& value);

} // namespace strowger::cli
