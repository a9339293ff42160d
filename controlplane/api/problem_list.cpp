// SPDX-License-Identifier: Apache-2.0
#include "api/problem_list.h"

#include "model/text.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace strowger::api {
namespace {

constexpr std::size_t kTokenBytesMax = 80;
constexpr std::size_t kNameBytesMax = 48; // longer ones are nobody's typing error

/// Levenshtein distance with one row; names are short.
std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::array<std::size_t, kNameBytesMax + 1> row{};
    for (std::size_t column = 0; column <= right.size(); ++column) {
        row[column] = column;
    }
    for (std::size_t line = 1; line <= left.size(); ++line) {
        std::size_t diagonal = row[0];
        row[0] = line;
        for (std::size_t column = 1; column <= right.size(); ++column) {
            const std::size_t replaced = diagonal + (left[line - 1] == right[column - 1] ? 0 : 1);
            diagonal = row[column];
            row[column] = std::min({replaced, row[column] + 1, row[column - 1] + 1});
        }
    }
    return row[right.size()];
}

/// Whether one pointer is the other or lies below it.
bool related(std::string_view left, std::string_view right) {
    const std::string_view shorter = left.size() < right.size() ? left : right;
    const std::string_view longer = left.size() < right.size() ? right : left;
    return longer.starts_with(shorter) &&
           (longer.size() == shorter.size() || longer[shorter.size()] == '/');
}

} // namespace

std::string quotable(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) {
        return std::string(text);
    }
    std::size_t end = bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end; // not inside a UTF-8 sequence
    }
    return std::string(text.substr(0, end)) + "...";
}

std::string pointer_to(std::string_view parent, std::string_view token) {
    return model::pointer_to(parent, quotable(token, kTokenBytesMax));
}

std::string pointer_to(std::string_view parent, std::size_t index) {
    return std::string(parent) + '/' + std::to_string(index);
}

std::string_view closest_name(std::string_view wrong, std::span<const std::string_view> known) {
    std::string_view best;
    if (wrong.size() > kNameBytesMax) {
        return best;
    }
    std::size_t best_distance = std::max<std::size_t>(1, wrong.size() / 3) + 1;
    for (const std::string_view name : known) {
        if (name.size() > kNameBytesMax) {
            continue;
        }
        const std::size_t distance = edit_distance(wrong, name);
        // "cbs" for "cbs_bytes": the beginning of a name, whatever the distance.
        const bool abbreviated = wrong.size() >= 3 && name.starts_with(wrong);
        if (distance < best_distance || (abbreviated && best.empty())) {
            best = name;
            best_distance = std::min(distance, best_distance);
        }
    }
    return best;
}

void ProblemList::add(Problem problem) {
    const auto same = [&](const Problem& other) {
        // "" is the place of whatever has no pointer: each query parameter, for one.
        return other.pointer == problem.pointer && other.code == problem.code &&
               (!problem.pointer.empty() || other.message == problem.message);
    };
    if (problems_.size() < kProblemsMax && std::none_of(problems_.begin(), problems_.end(), same)) {
        problems_.push_back(std::move(problem));
    }
}

void ProblemList::add(
    std::string pointer,
    std::string code,
    std::string message,
    std::string hint
) {
    add(Problem{std::move(pointer), std::move(code), std::move(message), std::move(hint), {}});
}

void ProblemList::add_all(const std::vector<Problem>& problems) {
    for (const Problem& problem : problems) {
        add(problem);
    }
}

bool ProblemList::unread(std::string_view pointer) const {
    return std::any_of(problems_.begin(), problems_.end(), [&](const Problem& problem) {
        return problem.code != "unknown_member" && related(problem.pointer, pointer);
    });
}

void ProblemList::add_consequences(const std::vector<Problem>& problems) {
    std::vector<Problem> news;
    std::copy_if(
        problems.begin(),
        problems.end(),
        std::back_inserter(news),
        [&](const Problem& problem) { return !unread(problem.pointer); }
    );
    add_all(news);
}

Error ProblemList::to_error(ErrorCode code) const {
    STROWGER_CHECK(!problems_.empty());
    std::string message = problems_.size() == 1
                              ? problems_.front().message
                              : std::to_string(problems_.size()) + " faults; errors names each.";
    return Error{code, std::move(message), problems_};
}

} // namespace strowger::api
