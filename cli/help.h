// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strowger::cli {

/// Help for nothing (everything at a glance), a noun, a command or a topic, from the command table.
/// Empty when the words name none of these.
std::string help_for(const std::vector<std::string>& words);

/// "connection", "exit-codes", "units", "vlan-maps".
std::vector<std::string_view> help_topics();

/// The words of a command line that asks for help (`circuit create --help`), flags left out.
std::vector<std::string> words_before_help(const std::vector<std::string>& words);

} // namespace strowger::cli
