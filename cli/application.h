// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/session.h"

#include <string>
#include <vector>

namespace strowger::cli {

/// One run: parses the words after the program's name, does what they say, prints why not. Returns
/// the exit status of the process (exit_code.h).
int run_application(
    const std::vector<std::string>& words,
    Console& console,
    const Environment& environment,
    Session::Connector connect,
    Session::KeySource new_key
);

} // namespace strowger::cli
