// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command_table.h"
#include "cli/failure.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::cli {

/// A parsed command line: values are still text, each command reads its own.
struct Arguments {
    const Command* command = nullptr;
    std::vector<std::string> words; ///< positional
    std::map<std::string, std::vector<std::string>, std::less<>> flags;

    [[nodiscard]] bool has(std::string_view flag) const { return flags.contains(flag); }
    [[nodiscard]] std::optional<std::string> value(std::string_view flag) const;
    /// All values of a flag that may be repeated; empty when it was not given.
    [[nodiscard]] std::vector<std::string> values(std::string_view flag) const;
    [[nodiscard]] const std::string& word() const { return words.front(); }
};

/// Fails with exit code 2, a reason and, for slips of the fingers, the nearest right word.
Outcome<Arguments> parse_arguments(const std::vector<std::string>& words);

} // namespace strowger::cli
