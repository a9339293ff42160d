// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/arguments.h"
#include "cli/failure.h"

#include <boost/json/value.hpp>

#include <istream>
#include <string>

namespace strowger::cli {

/// A body for the API as the user gave it.
struct SpecText {
    boost::json::value value; ///< an object
    std::string as_written;   ///< the JSON text itself when the file was JSON: sent unchanged
};

/// Reads --file: JSON or YAML by the name's ending, and by the first character for `-` (stdin).
/// Fails with exit code 2, line and column. Members are not judged here: the API does.
Outcome<SpecText> read_spec(const std::string& path, std::istream& standard_input);

/// YAML text as JSON: plain scalars become integers, booleans and null (YAML 1.2 core schema),
/// quoted ones stay text. Refuses duplicate keys, which YAML libraries drop in silence.
Outcome<boost::json::value> json_from_yaml(const std::string& text, const std::string& name);

} // namespace strowger::cli
