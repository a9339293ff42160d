// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"
#include "cli/suggestion.h"
#include "cli/terminal_text.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <fmt/format.h>

// The only file that includes CLI11. Help is made elsewhere, from the same table.
namespace strowger::cli {
namespace {

using Flags = std::map<std::string, std::vector<std::string>, std::less<>>;

void add_flag(CLI::App& app, const Flag& flag, Flags& flags) {
    std::string names = flag.letter == '\0' ? "" : fmt::format("-{},", flag.letter);
    names += fmt::format("--{}", flag.name);
    // A callback and not a bound vector: CLI11 gives "{}" and "%%" in vectors a meaning of their
    // own.
    const CLI::callback_t store = [&flags,
                                   name = std::string(flag.name)](const CLI::results_t& values) {
        flags[name].assign(values.begin(), values.end());
        return true;
    };
    if (flag.value_name.empty()) {
        app.add_flag_callback(names, [&flags, name = std::string(flag.name)] { flags[name]; });
        return;
    }
    // One value each time it is given, and all of them kept: repeats are judged by find_repeated.
    app.add_option(names, store)
        ->type_size(1)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_words(CLI::App& app, const Command& command, std::vector<std::string>& words) {
    if (command.word.empty()) {
        return;
    }
    const CLI::callback_t store = [&words](const CLI::results_t& values) {
        words.assign(values.begin(), values.end());
        return true;
    };
    auto* option = app.add_option("words", store)->type_size(1);
    constexpr int kWordsMax = 4;
    const bool several = command.word.ends_with("...]");
    option->expected(1, several ? kWordsMax : 1)->allow_extra_args(several);
    option->required(!command.word.starts_with('['));
}

/// Global flags may stand anywhere, so every level below hands what it does not know upwards. The
/// levels take exactly one subcommand: a circuit may well be called "status".
void add_command(CLI::App& root, const Command& command, Arguments& arguments) {
    const std::string noun_name(command.noun);
    const auto is_noun = [](const CLI::App*) { return true; };
    CLI::App* noun = nullptr;
    for (CLI::App* known : root.get_subcommands(is_noun)) {
        noun = known->get_name() == noun_name ? known : noun;
    }
    if (noun == nullptr) {
        noun = root.add_subcommand(noun_name);
        noun->set_help_flag();
        noun->fallthrough();
    }
    CLI::App* app = noun;
    if (!command.verb.empty()) {
        noun->require_subcommand(1);
        app = noun->add_subcommand(std::string(command.verb));
        app->set_help_flag();
        app->fallthrough();
    }
    for (const Flag& flag : command.flags) {
        add_flag(*app, flag, arguments.flags);
    }
    add_words(*app, command, arguments.words);
    app->callback([&arguments, &command] { arguments.command = &command; });
}

/// The value a flag has when it is given without one; empty for flags that need theirs.
std::string_view bare_value(const std::string& word) {
    for (const Command& command : all_commands()) {
        for (const Flag& flag : command.flags) {
            if (!flag.value_when_bare.empty() && word == fmt::format("--{}", flag.name)) {
                return flag.value_when_bare;
            }
        }
    }
    return "";
}

/// Two spellings of which CLI11 would take the next word for the value: `--watch` alone, which
/// means
/// `--watch=1s`, and `--display-name=`, which means an empty one.
std::vector<std::string> spell_out_values(const std::vector<std::string>& words) {
    std::vector<std::string> spelt;
    bool only_words = false;
    for (const std::string& word : words) {
        only_words = only_words || word == "--";
        const std::string_view bare = only_words ? "" : bare_value(word);
        if (!bare.empty()) {
            spelt.push_back(fmt::format("{}={}", word, bare));
        } else if (!only_words && word.starts_with("--") && word.find('=') == word.size() - 1) {
            spelt.push_back(word.substr(0, word.size() - 1));
            spelt.emplace_back();
        } else {
            spelt.push_back(word);
        }
    }
    return spelt;
}

Failure refuse(const std::vector<std::string>& words, const std::string& parser_said) {
    if (const auto unknown = find_unknown_word(words)) {
        return usage_failure(unknown->what, "the command line knows no such word", unknown->fix);
    }
    std::string line = "strowger";
    for (std::size_t i = 0; i < std::min<std::size_t>(words.size(), 2); ++i) {
        line += words[i].starts_with('-') ? "" : " " + words[i];
    }
    return usage_failure(
        "the command line is not complete or not right", parser_said, line + " --help"
    );
}

std::optional<Failure> find_repeated(const Arguments& arguments) {
    for (const auto& [name, values] : arguments.flags) {
        const Flag* flag = find_flag(arguments.command, name);
        if (values.size() > 1 && flag != nullptr && !flag->repeatable) {
            return usage_failure(
                fmt::format("--{} is given {} times", name, values.size()),
                "it has one value",
                "leave one of them"
            );
        }
    }
    return std::nullopt;
}

/// CLI11 speaks of its own words for positionals.
std::string in_our_words(std::string text, const Arguments& arguments) {
    const std::size_t at = text.find("words");
    if (at != std::string::npos && arguments.command == nullptr) {
        text.replace(at, 5, "a name");
    }
    return escape_for_terminal(text);
}

} // namespace

std::optional<std::string> Arguments::value(std::string_view flag) const {
    const auto found = flags.find(flag);
    return found == flags.end() || found->second.empty() ? std::nullopt
                                                         : std::optional(found->second.back());
}

std::vector<std::string> Arguments::values(std::string_view flag) const {
    const auto found = flags.find(flag);
    return found == flags.end() ? std::vector<std::string>{} : found->second;
}

Outcome<Arguments> parse_arguments(const std::vector<std::string>& words) {
    Arguments arguments;
    CLI::App root("strowger");
    root.set_help_flag();
    root.require_subcommand(1);
    for (const Flag& flag : global_flags()) {
        add_flag(root, flag, arguments.flags);
    }
    for (const Command& command : all_commands()) {
        add_command(root, command, arguments);
    }
    std::vector<std::string> reversed = spell_out_values(words); // CLI11 takes words from the back
    std::reverse(reversed.begin(), reversed.end());
    try {
        root.parse(std::move(reversed));
    } catch (const CLI::ParseError& error) {
        return refuse(words, in_our_words(error.what(), arguments));
    }
    if (auto repeated = find_repeated(arguments)) {
        return std::move(*repeated);
    }
    return arguments;
}

} // namespace strowger::cli
