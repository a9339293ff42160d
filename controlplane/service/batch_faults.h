// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace strowger::service {

/// Collects why members of a batch are refused: names every member, and faults up to a bound. The
/// answer's kind is the first that applies of forbidden, not found, invalid, conflict.
class BatchFaults {
public:
    /// `error` is about the member at `pointer`; its problems' pointers are relative to it.
    void add(const std::string& pointer, Error error) {
        std::vector<Problem>& list = lists_[place_of(error.code)];
        if (error.problems.empty()) {
            error.problems.push_back({"", word_of(error.code), error.message, "", ""});
        }
        for (Problem& problem : error.problems) {
            if (list.size() == kNamedMax) {
                break;
            }
            problem.pointer.insert(0, pointer);
            list.push_back(std::move(problem));
        }
        if (refused_.empty() || refused_.back() != pointer) {
            refused_.push_back(pointer);
        }
    }
    [[nodiscard]] bool any() const noexcept { return !refused_.empty(); }
    /// Where the members that are refused stand. Given away once.
    [[nodiscard]] std::vector<std::string> take_refused() { return std::move(refused_); }
    /// Only when any(); before take_refused().
    [[nodiscard]] Error take(std::size_t batch_size) {
        Error error;
        bool first = true;
        for (std::size_t place = 0; place < lists_.size(); ++place) {
            if (first && !lists_[place].empty()) {
                error.code = kCodes[place];
                first = false;
            }
            for (Problem& problem : lists_[place]) {
                if (error.problems.size() < kNamedMax) {
                    error.problems.push_back(std::move(problem));
                }
            }
        }
        error.message =
            std::to_string(refused_.size()) + " of the batch's " + std::to_string(batch_size) +
            " changes are refused, so none was made; the first: " + error.problems.front().message;
        return error;
    }

private:
    static constexpr std::size_t kNamedMax = 1'000;
    static constexpr std::array kCodes = {
        ErrorCode::Forbidden,
        ErrorCode::NotFound,
        ErrorCode::Invalid,
        ErrorCode::Conflict};

    static std::size_t place_of(ErrorCode code) {
        if (code == ErrorCode::Gone) {
            code = ErrorCode::NotFound;
        }
        const auto found = std::find(kCodes.begin(), kCodes.end(), code);
        return found == kCodes.end() ? 2U : static_cast<std::size_t>(found - kCodes.begin());
    }
    static std::string word_of(ErrorCode code) {
        return code == ErrorCode::NotFound ? "not_found"
               : code == ErrorCode::Gone   ? "gone"
                                           : "invalid";
    }

    std::array<std::vector<Problem>, kCodes.size()> lists_;
    std::vector<std::string> refused_;
};

} // namespace strowger::service
