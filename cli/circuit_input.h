// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/arguments.h"
#include "cli/failure.h"

#include <boost/json/object.hpp>

namespace strowger::cli {

/// The flags of `circuit create` as a spec: only what was given, so that defaults stay the API's.
Outcome<boost::json::object> circuit_spec_from_flags(const Arguments& arguments);

/// The flags of `circuit update` as a merge patch. A VLAN map is replaced whole: the members of the
/// other forms are set to null, or RFC 7396 would merge "c100" and "s900" into "s900.c100".
Outcome<boost::json::object> circuit_patch_from_flags(const Arguments& arguments);

/// A complete spec to edit.
boost::json::object circuit_skeleton();

/// --display-name, --tag and --untag, which every object has. An empty display name removes it.
Outcome<Done> add_labels(const Arguments& arguments, boost::json::object& spec, bool as_patch);

} // namespace strowger::cli
