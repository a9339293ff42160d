// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command_table.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::cli {

/// What stands before the cursor, understood.
struct CompletionRequest {
    std::vector<std::string> words; ///< whole words before the current one, without "strowger"
    std::string current;            ///< the word being typed; may be empty
};

/// Splits a command line as bash would, as far as completion needs it: blanks, quotes, backslashes.
CompletionRequest split_command_line(std::string_view line);

/// Live names of objects of one kind that start with a prefix.
using NameSource = std::function<std::vector<std::string>(Completes, const std::string& prefix)>;

/// A candidate that asks the script for file names.
inline constexpr std::string_view kFileCandidate = "<files>";

/// Everything that may stand where the cursor is. Candidates are cut at the last '=' or ':' that
/// bash takes for the start of a word.
std::vector<std::string>
completion_candidates(const CompletionRequest& request, const NameSource& names);

/// To be sourced by bash: calls `strowger __complete LINE` for every Tab.
std::string_view bash_completion_script();

} // namespace strowger::cli
