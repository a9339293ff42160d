// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strowger::service {

/// Collects every fault of a request. The answer's kind is the first that applies of forbidden,
/// not found, invalid, conflict (API_LAWS, "Errors"); its faults come first, the others follow.
class Faults {
public:
    Faults() = default;
    /// Begins with what the body has in itself.
    explicit Faults(std::vector<Problem> own) : own_count_(own.size()), invalid_(std::move(own)) {}

    [[nodiscard]] bool body_is_sound() const noexcept { return own_count_ == 0; }
    /// Whether the body holds a default here, or in part, because it could not be read.
    [[nodiscard]] bool unread(std::string_view pointer) const {
        return any_own([&](const Problem& own) {
            // What these two blame could be read.
            return own.code != "unknown_member" && own.code != "immutable" &&
                   related(own.pointer, pointer);
        });
    }
    /// A member that could not be read is not blamed for what its default breaks. Conflicts are
    /// the rule's to leave out: they may be with the part of a list that could be read.
    void add(ErrorCode kind, Problem problem) {
        const bool consequence = (kind == ErrorCode::Invalid || kind == ErrorCode::NotFound) &&
                                 !problem.pointer.empty() &&
                                 (unread(problem.pointer) || told(problem));
        if (!consequence) {
            list_of(kind).push_back(std::move(problem));
        }
    }
    void add(ErrorCode kind, std::vector<Problem> problems) {
        for (Problem& problem : problems) {
            add(kind, std::move(problem));
        }
    }
    [[nodiscard]] bool any() const noexcept {
        return !forbidden_.empty() || !missing_.empty() || !invalid_.empty() || !conflicts_.empty();
    }
    /// Only when any().
    [[nodiscard]] Error take() {
        Error error;
        error.code = !forbidden_.empty() ? ErrorCode::Forbidden
                     : !missing_.empty() ? ErrorCode::NotFound
                     : !invalid_.empty() ? ErrorCode::Invalid
                                         : ErrorCode::Conflict;
        for (std::vector<Problem>* list : {&forbidden_, &missing_, &invalid_, &conflicts_}) {
            for (Problem& problem : *list) {
                error.problems.push_back(std::move(problem));
            }
        }
        const std::size_t count = error.problems.size();
        error.message = count == 1 ? error.problems.front().message
                                   : "The request has " + std::to_string(count) +
                                         " faults; the first: " + error.problems.front().message;
        // A small request must not ask for a large answer.
        error.problems.resize(std::min(count, kNamedMax));
        return error;
    }

private:
    static constexpr std::size_t kNamedMax = 100;

    template <typename Predicate>
    [[nodiscard]] bool any_own(Predicate predicate) const {
        const auto end = invalid_.begin() + static_cast<std::ptrdiff_t>(own_count_);
        return std::any_of(invalid_.begin(), end, predicate);
    }
    /// Whether the body was found to break this rule before.
    [[nodiscard]] bool told(const Problem& problem) const {
        return any_own([&](const Problem& own) {
            return own.code == problem.code && related(own.pointer, problem.pointer);
        });
    }
    /// Whether one pointer is the other or points into what that one points to.
    static bool related(std::string_view left, std::string_view right) {
        const std::string_view shorter = left.size() < right.size() ? left : right;
        const std::string_view longer = left.size() < right.size() ? right : left;
        return longer.starts_with(shorter) &&
               (longer.size() == shorter.size() || longer[shorter.size()] == '/');
    }
    std::vector<Problem>& list_of(ErrorCode kind) {
        switch (kind) {
            case ErrorCode::Forbidden:
                return forbidden_;
            case ErrorCode::NotFound:
                return missing_;
            case ErrorCode::Conflict:
                return conflicts_;
            default:
                return invalid_;
        }
    }
    std::size_t own_count_ = 0; ///< the first of invalid_
    std::vector<Problem> forbidden_;
    std::vector<Problem> missing_;
    std::vector<Problem> invalid_;
    std::vector<Problem> conflicts_;
};

} // namespace strowger::service
