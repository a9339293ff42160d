// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace strowger::service {

/// Collects every fault of a request. The answer's kind is the first that applies of forbidden,
/// not found, invalid, conflict (API_LAWS, "Errors"); its faults come first, the others follow.
class Faults {
public:
    void add(ErrorCode kind, Problem problem) { list_of(kind).push_back(std::move(problem)); }
    void add(ErrorCode kind, std::vector<Problem> problems) {
        for (Problem& problem : problems) {
            add(kind, std::move(problem));
        }
    }
    void merge(Faults other) {
        add(ErrorCode::Forbidden, std::move(other.forbidden_));
        add(ErrorCode::NotFound, std::move(other.missing_));
        add(ErrorCode::Invalid, std::move(other.invalid_));
        add(ErrorCode::Conflict, std::move(other.conflicts_));
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
        error.message = error.problems.size() == 1
                            ? error.problems.front().message
                            : "The request has " + std::to_string(error.problems.size()) +
                                  " faults; the first: " + error.problems.front().message;
        return error;
    }

private:
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
    std::vector<Problem> forbidden_;
    std::vector<Problem> missing_;
    std::vector<Problem> invalid_;
    std::vector<Problem> conflicts_;
};

} // namespace strowger::service
