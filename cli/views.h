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

/// "100000000 (100M)": a number of the API with what people would write. Sizes that need a fraction
/// (1526 bytes) are clearer without. Members without a unit in their name stay as they are.
std::string number_with_units(std::string_view member, const boost::json::value& value);

} // namespace strowger::cli
