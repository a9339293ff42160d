// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/result.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::api {

/// `parent` with one more reference token, escaped (RFC 6901). Tokens that a client made absurdly
/// long are cut: a pointer must help a reader, not send a request back to its sender.
[[nodiscard]] std::string pointer_to(std::string_view parent, std::string_view token);
[[nodiscard]] std::string pointer_to(std::string_view parent, std::size_t index);

/// At most `bytes` of a text from outside, cut between characters, for quoting it back.
[[nodiscard]] std::string quotable(std::string_view text, std::size_t bytes = 64);

/// The name among `known` that was probably meant, or "" when none is close.
[[nodiscard]] std::string_view
closest_name(std::string_view wrong, std::span<const std::string_view> known);

/// Every fault of one request, in the order found. Bounded, so that a small request cannot ask for
/// a large answer; one place is blamed for one thing once.
class ProblemList {
public:
    static constexpr std::size_t kProblemsMax = 100;

    void add(Problem problem);
    void add(std::string pointer, std::string code, std::string message, std::string hint = {});
    void add_all(const std::vector<Problem>& problems);
    /// Whether something here, around it or in it could not be read. An unknown member could.
    [[nodiscard]] bool unread(std::string_view pointer) const;
    /// Adds those that say something new: a rule about the whole spec often fails only because a
    /// part of it could not be read, and that part is already blamed.
    void add_consequences(const std::vector<Problem>& problems);

    [[nodiscard]] bool empty() const noexcept { return problems_.empty(); }
    [[nodiscard]] const std::vector<Problem>& all() const noexcept { return problems_; }
    /// The refusal that carries them. Only when not empty.
    [[nodiscard]] Error to_error(ErrorCode code = ErrorCode::Invalid) const;

private:
    std::vector<Problem> problems_;
};

} // namespace strowger::api
