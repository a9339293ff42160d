// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include "cli/help.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace strowger::cli {
namespace {

/// Names come from tenants and end up on a command line: nothing a shell could obey.
bool is_safe_word(std::string_view word) {
    constexpr std::string_view kSafe =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    return !word.empty() && word.find_first_not_of(kSafe) == std::string_view::npos;
}

class Candidates {
public:
    Candidates(std::string prefix, std::string typed)
        : prefix_(std::move(prefix)), typed_(std::move(typed)) {}

    /// `prefix_` stands before the part that is completed: "a=" of "a=new".
    void offer(std::string_view word) {
        if (word.starts_with(typed_)) {
            found.push_back(prefix_ + std::string(word));
        }
    }
    void offer_names(Completes kind, const NameSource& names, std::string_view suffix = "") {
        for (const std::string& name : names(kind, typed_)) {
            if (is_safe_word(name) && name.starts_with(typed_)) {
                found.push_back(prefix_ + name + std::string(suffix));
            }
        }
    }

    std::vector<std::string> found;

private:
    std::string prefix_;
    std::string typed_;
};

void offer_values(Candidates& out, Completes kind, const NameSource& names) {
    switch (kind) {
        case Completes::Nothing:
        case Completes::Endpoint:
            break;
        case Completes::File:
            out.found.emplace_back(kFileCandidate);
            break;
        case Completes::Output:
            for (const auto* word : {"table", "json", "yaml"}) {
                out.offer(word);
            }
            break;
        case Completes::AdminState:
            out.offer("up");
            out.offer("down");
            break;
        case Completes::ColorMode:
            out.offer("color_blind");
            out.offer("color_aware");
            break;
        case Completes::Shell:
            out.offer("bash");
            break;
        default:
            out.offer_names(kind, names);
            break;
    }
}

/// "a=new-york:c100": the endpoint's name is free, then UNIs are offered, then forms of VLAN maps.
std::vector<std::string> endpoint_candidates(const std::string& typed, const NameSource& names) {
    const std::size_t equals = typed.find('=');
    if (equals == std::string::npos) {
        Candidates out("", typed);
        out.offer("a=");
        out.offer("z=");
        return out.found;
    }
    const std::size_t colon = typed.find(':', equals);
    if (colon == std::string::npos) {
        Candidates out(typed.substr(0, equals + 1), typed.substr(equals + 1));
        out.offer_names(Completes::Uni, names, ":");
        return out.found;
    }
    Candidates out(typed.substr(0, colon + 1), typed.substr(colon + 1));
    out.offer("all");
    out.offer("untagged");
    return out.found;
}

/// How far the words before the cursor determine what comes.
struct Place {
    std::string_view noun;
    const Command* command = nullptr;
    const Flag* awaiting = nullptr; ///< the previous word is this flag, its value is being typed
    std::size_t word_count = 0;     ///< positional words so far
};

Place find_place(const std::vector<std::string>& words) {
    Place place;
    for (const std::string& word : words) {
        if (place.awaiting != nullptr) {
            place.awaiting = nullptr;
            continue;
        }
        if (word.starts_with('-')) {
            const bool is_long = word.starts_with("--");
            const Flag* flag = is_long            ? find_flag(place.command, word.substr(2))
                               : word.size() == 2 ? find_flag_letter(place.command, word[1])
                                                  : nullptr;
            const bool takes_value =
                flag != nullptr && !flag->value_name.empty() && flag->value_when_bare.empty();
            place.awaiting = takes_value ? flag : nullptr;
        } else if (place.noun.empty()) {
            place.noun = word;
            place.command = find_command(place.noun, "");
        } else if (place.command == nullptr) {
            place.command = find_command(place.noun, word);
        } else {
            ++place.word_count;
        }
    }
    return place;
}

std::vector<std::string> flag_candidates(const Place& place, const std::string& typed) {
    Candidates out("", typed);
    if (place.command != nullptr) {
        for (const Flag& flag : place.command->flags) {
            out.offer(fmt::format("--{}", flag.name));
        }
    }
    for (const Flag& flag : global_flags()) {
        out.offer(fmt::format("--{}", flag.name));
    }
    out.offer("--help");
    return out.found;
}

std::vector<std::string> value_candidates(
    const Flag& flag,
    const std::string& prefix,
    const std::string& typed,
    const NameSource& names
) {
    if (flag.completes == Completes::Endpoint) {
        auto found = endpoint_candidates(typed, names);
        for (std::string& candidate : found) {
            candidate.insert(0, prefix);
        }
        return found;
    }
    Candidates out(prefix, typed);
    offer_values(out, flag.completes, names);
    return out.found;
}

std::vector<std::string>
word_candidates(const Place& place, const std::string& typed, const NameSource& names) {
    Candidates out("", typed);
    if (place.noun.empty()) {
        for (const Noun& noun : all_nouns()) {
            out.offer(noun.name);
        }
    } else if (place.command == nullptr) {
        for (const Command& command : all_commands()) {
            if (command.noun == place.noun) {
                out.offer(command.verb);
            }
        }
    } else if (place.noun == "help" && place.word_count == 0) {
        for (const Noun& noun : all_nouns()) {
            out.offer(noun.name);
        }
        for (const std::string_view topic : help_topics()) {
            out.offer(topic);
        }
    } else if (place.word_count == 0 && !place.command->word.empty()) {
        offer_values(out, place.command->word_completes, names);
    }
    return out.found;
}

std::vector<std::string>
whole_candidates(const CompletionRequest& request, const NameSource& names) {
    const Place place = find_place(request.words);
    if (place.awaiting != nullptr) {
        return value_candidates(*place.awaiting, "", request.current, names);
    }
    if (!request.current.starts_with('-')) {
        return word_candidates(place, request.current, names);
    }
    const std::size_t equals = request.current.find('=');
    if (equals == std::string::npos) {
        return flag_candidates(place, request.current);
    }
    const Flag* flag =
        find_flag(place.command, std::string_view(request.current).substr(0, equals).substr(2));
    return flag == nullptr ? std::vector<std::string>{}
                           : value_candidates(
                                 *flag,
                                 request.current.substr(0, equals + 1),
                                 request.current.substr(equals + 1),
                                 names
                             );
}

} // namespace

CompletionRequest split_command_line(std::string_view line) {
    CompletionRequest request;
    std::string word;
    char quote = '\0';
    bool first = true;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote != '\0') {
            quote = c == quote ? '\0' : quote;
            word += quote == '\0' ? "" : std::string(1, c);
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '\\' && i + 1 < line.size()) {
            word += line[++i];
        } else if (c != ' ' && c != '\t') {
            word += c;
        } else if (i > 0 && line[i - 1] != ' ' && line[i - 1] != '\t') {
            if (!first) {
                request.words.push_back(word);
            }
            first = false;
            word.clear();
        }
    }
    request.current = first ? "" : word;
    return request;
}

std::vector<std::string>
completion_candidates(const CompletionRequest& request, const NameSource& names) {
    std::vector<std::string> found = whole_candidates(request, names);
    // bash starts a new word after '=' and ':' and replaces only what follows.
    const std::size_t cut = request.current.find_last_of("=:");
    for (std::string& candidate : found) {
        if (cut != std::string::npos && candidate != kFileCandidate) {
            candidate.erase(0, cut + 1);
        }
    }
    return found;
}

std::string_view bash_completion_script() {
    return R"(# Completion of strowger for bash. Load it with:  source <(strowger completion bash)
_strowger() {
    local candidates
    mapfile -t candidates < <(strowger __complete -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    if [[ ${candidates[0]-} == "<files>" ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]#=}")
        return
    fi
    COMPREPLY=("${candidates[@]}")
    if [[ ${COMPREPLY[0]-} == *[=:] ]]; then
        compopt -o nospace
    fi
}
complete -F _strowger strowger
)";
}

} // namespace strowger::cli
