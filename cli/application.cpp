// SPDX-License-Identifier: Apache-2.0
#include "cli/application.h"

#include "cli/help.h"
#include "cli/problem_text.h"
#include "cli/terminal_text.h"

#include <algorithm>
#include <utility>

namespace strowger::cli {
namespace {

bool asks_for_help(const std::vector<std::string>& words) {
    const auto end = std::find(words.begin(), words.end(), "--");
    return words.empty() || std::any_of(words.begin(), end, [](const std::string& word) {
               return word == "--help" || word == "-h";
           });
}

/// Whether errors are wanted as JSON, told from raw words: the parse itself may be what failed.
bool wants_json(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool follows = i > 0 && (words[i - 1] == "-o" || words[i - 1] == "--output");
        if ((follows && words[i] == "json") || words[i] == "--output=json" ||
            words[i] == "-ojson") {
            return true;
        }
    }
    return false;
}

int report(const Failure& failure, const std::vector<std::string>& words, Console& console) {
    console.out << std::flush;
    if (wants_json(words)) {
        const std::string text = failure_as_json(failure);
        console.err << (console.err_is_terminal ? escape_document(text) : text) << '\n';
    } else {
        print_failure(console.err, failure, console.color && console.err_is_terminal);
    }
    return static_cast<int>(failure.exit);
}

/// Commands that work on a broken context file or without any connection.
bool needs_no_session(const Command& command) {
    return command.noun == "help" || command.noun == "completion" || command.noun == "__complete";
}

} // namespace

int run_application(
    const std::vector<std::string>& words,
    Console& console,
    const Environment& environment,
    Session::Connector connect,
    Session::KeySource new_key
) {
    if (asks_for_help(words)) {
        const std::string text = help_for(words_before_help(words));
        console.out << (text.empty() ? help_for({}) : text) << std::flush;
        return static_cast<int>(ExitCode::Ok);
    }
    if (words.front() == "--version") {
        console.out << "strowger " STROWGER_VERSION "\n" << std::flush;
        return static_cast<int>(ExitCode::Ok);
    }
    auto parsed = parse_arguments(words);
    if (const Failure* failure = failure_of(parsed)) {
        return report(*failure, words, console);
    }
    const auto& arguments = std::get<Arguments>(parsed);
    Session session(console, environment, std::move(connect), std::move(new_key));
    if (!needs_no_session(*arguments.command)) {
        auto opened = session.open(arguments);
        if (const Failure* failure = failure_of(opened)) {
            return report(*failure, words, console);
        }
    }
    auto outcome = arguments.command->run(session, arguments);
    if (const Failure* failure = failure_of(outcome)) {
        return report(*failure, words, console);
    }
    console.out << std::flush;
    return static_cast<int>(std::get<ExitCode>(outcome));
}

} // namespace strowger::cli
