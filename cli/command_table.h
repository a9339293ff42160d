// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/failure.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::cli {

class Session;
struct Arguments;

/// What a shell may offer as the value of a flag or as the word after a verb.
enum class Completes {
    Nothing,
    File,
    Output,
    AdminState,
    ColorMode,
    Shell,
    Tenant,
    Port,
    Uni,
    Circuit,
    Order,
    Slice,
    Context,
    Endpoint,
};

/// A flag. One row serves the parser, the help, the completion and the suggestions.
struct Flag {
    std::string_view name;       ///< without dashes
    std::string_view value_name; ///< "RATE"; empty for a switch
    std::string_view help;
    Completes completes = Completes::Nothing;
    bool repeatable = false;
    char letter = '\0'; ///< 'o' for -o
    std::string_view value_when_bare =
        {}; ///< what `--watch` alone means; empty: a value is required
};

using Handler = Outcome<ExitCode> (*)(Session&, const Arguments&);

/// One command: a noun with a verb, or a noun alone (`status`).
struct Command {
    std::string_view noun;
    std::string_view verb;
    std::string_view summary;
    std::string_view word; ///< the positional word, "NAME"; in brackets when it may be absent
    Completes word_completes = Completes::Nothing;
    std::vector<Flag> flags = {};
    Handler run = nullptr;
    std::vector<std::string_view> examples = {};
    bool hidden = false;
};

struct Noun {
    std::string_view name;
    std::string_view summary;
};

/// Every command, nouns together, in the order of the help.
std::span<const Command> all_commands();
std::span<const Noun> all_nouns();
/// Flags that every command takes, before or after the verb.
std::span<const Flag> global_flags();

/// Nothing when there is no such command; a noun without verbs has verb "".
const Command* find_command(std::string_view noun, std::string_view verb);
/// By long name, among the command's flags and the global ones; the command may be null.
const Flag* find_flag(const Command* command, std::string_view name);
/// The same by letter.
const Flag* find_flag_letter(const Command* command, char letter);

} // namespace strowger::cli
