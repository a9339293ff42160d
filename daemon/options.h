// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <span>
#include <string>

namespace strowger::daemon {

/// What the command line asks for.
struct Options {
    enum class Action { Run, Check, ShowVersion, ShowHelp };
    Action action = Action::Run;
    std::string config = "/etc/strowger/site.yaml";
};

extern const char* const kUsage;

/// Fails with Malformed and a sentence.
Result<Options> parse_options(std::span<char*> arguments);

} // namespace strowger::daemon
