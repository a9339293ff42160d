// SPDX-License-Identifier: Apache-2.0
#include "cli/suggestion.h"

#include "cli/command_table.h"
#include "cli/terminal_text.h"

#include <algorithm>
#include <fmt/format.h>

namespace strowger::cli {
namespace {

std::vector<std::string_view> noun_names() {
    std::vector<std::string_view> names;
    for (const Noun& noun : all_nouns()) {
        names.push_back(noun.name);
    }
    return names;
}

std::vector<std::string_view> verbs_of(std::string_view noun) {
    std::vector<std::string_view> verbs;
    for (const Command& command : all_commands()) {
        if (command.noun == noun && !command.verb.empty()) {
            verbs.push_back(command.verb);
        }
    }
    return verbs;
}

std::string join(const std::vector<std::string_view>& words) {
    std::string text;
    for (const std::string_view word : words) {
        text += (text.empty() ? "" : ", ") + std::string(word);
    }
    return text;
}

std::string suggest(std::string_view word, const std::vector<std::string_view>& candidates) {
    if (const auto meant = nearest_word(word, candidates)) {
        return fmt::format("did you mean '{}'?", *meant);
    }
    return "use one of: " + join(candidates);
}

UnknownWord unknown_flag(std::string_view name, const Command* command) {
    std::vector<std::string_view> candidates;
    for (const Flag& flag : global_flags()) {
        candidates.push_back(flag.name);
    }
    if (command != nullptr) {
        for (const Flag& flag : command->flags) {
            candidates.push_back(flag.name);
        }
    }
    const auto meant = nearest_word(name, candidates);
    return {
        fmt::format("unknown flag '--{}'", escape_for_terminal(name)),
        meant ? fmt::format("did you mean '--{}'?", *meant) : "see the flags with --help",
    };
}

/// Walks words the way the parser does, remembering how far the command is known.
class WordWalk {
public:
    std::optional<UnknownWord> take(std::string_view word) {
        if (skip_value_) {
            skip_value_ = false;
            return std::nullopt;
        }
        if (word.starts_with("--")) {
            return take_flag(word.substr(2));
        }
        if (word.starts_with('-') && word.size() == 2) {
            const Flag* flag = find_flag_letter(command_, word[1]);
            skip_value_ = flag != nullptr && !flag->value_name.empty();
            return std::nullopt;
        }
        return command_ == nullptr ? take_command_word(word) : std::nullopt;
    }

private:
    std::optional<UnknownWord> take_flag(std::string_view flag_text) {
        const std::string_view name = flag_text.substr(0, flag_text.find('='));
        const Flag* flag = find_flag(command_, name);
        if (flag == nullptr) {
            return unknown_flag(name, command_);
        }
        const bool has_value = name.size() != flag_text.size();
        skip_value_ = !has_value && !flag->value_name.empty() && flag->value_when_bare.empty();
        return std::nullopt;
    }

    std::optional<UnknownWord> take_command_word(std::string_view word) {
        const std::string shown = escape_for_terminal(word);
        if (noun_.empty()) {
            const auto nouns = noun_names();
            if (std::find(nouns.begin(), nouns.end(), word) == nouns.end()) {
                return UnknownWord{
                    fmt::format("unknown command '{}'", shown), suggest(word, nouns)};
            }
            noun_ = word;
            command_ = find_command(noun_, "");
            return std::nullopt;
        }
        command_ = find_command(noun_, word);
        if (command_ == nullptr) {
            return UnknownWord{
                fmt::format("'{}' is nothing to do with a {}", shown, noun_),
                suggest(word, verbs_of(noun_)),
            };
        }
        return std::nullopt;
    }

    std::string_view noun_;
    const Command* command_ = nullptr;
    bool skip_value_ = false;
};

} // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
    const std::size_t columns = right.size() + 1;
    std::vector<std::size_t> table((left.size() + 1) * columns);
    const auto cell = [&](std::size_t i, std::size_t j) -> std::size_t& {
        return table[i * columns + j];
    };
    for (std::size_t i = 0; i <= left.size(); ++i) {
        for (std::size_t j = 0; j <= right.size(); ++j) {
            if (i == 0 || j == 0) {
                cell(i, j) = i + j;
                continue;
            }
            const std::size_t differs = left[i - 1] == right[j - 1] ? 0 : 1;
            cell(i, j) =
                std::min({cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + differs});
            const bool swapped =
                i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if (swapped) {
                cell(i, j) = std::min(cell(i, j), cell(i - 2, j - 2) + 1);
            }
        }
    }
    return cell(left.size(), right.size());
}

std::optional<std::string_view>
nearest_word(std::string_view word, const std::vector<std::string_view>& candidates) {
    // A third of the letters may be wrong: "ls" is no slip for "get". Bounded, since words are
    // input.
    constexpr std::size_t kWordMax = 64;
    if (word.empty() || word.size() > kWordMax) {
        return std::nullopt;
    }
    const std::size_t allowed = std::max<std::size_t>(1, word.size() / 3);
    std::optional<std::string_view> best;
    std::size_t best_distance = allowed + 1;
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance && distance < candidate.size()) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

std::optional<UnknownWord> find_unknown_word(const std::vector<std::string>& words) {
    WordWalk walk;
    for (const std::string& word : words) {
        if (word == "--") {
            break;
        }
        if (auto unknown = walk.take(word)) {
            return unknown;
        }
    }
    return std::nullopt;
}

} // namespace strowger::cli
