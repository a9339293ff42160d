// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/table.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <ostream>
#include <string>
#include <string_view>

namespace strowger::cli {

/// The list of one noun as a table.
Table list_view(std::string_view noun, const boost::json::array& objects);

/// One object as lines of "member  value": identity, spec, status. VLAN maps are shown as they are
/// typed, rates and sizes with their unit beside the integer.
void print_object(
    std::ostream& out,
    std::string_view noun,
    const boost::json::value& object,
    bool color
);

/// "a hq:c100 <-> z dc:s900": where a circuit runs.
std::string endpoints_text(const boost::json::value& circuit_spec);

} // namespace strowger::cli
