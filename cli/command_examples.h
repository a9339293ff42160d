// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace strowger::cli {

struct CommandExamples {
    std::string_view noun;
    std::string_view verb;
    std::vector<std::string_view> lines; ///< as typed; each is run by a test
};

/// What help and docs show of each command.
const std::vector<CommandExamples>& command_examples();

} // namespace strowger::cli
