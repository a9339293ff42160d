// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/arguments.h"
#include "cli/failure.h"

#include <boost/json/object.hpp>

namespace strowger::cli {

/// What --core and --tenant say: each the whole list. `--tenant ''` alone is nobody.
Outcome<Done> add_reservation(const Arguments& arguments, boost::json::object& spec);

boost::json::object slice_skeleton();

} // namespace strowger::cli
