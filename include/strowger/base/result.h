// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "strowger/base/check.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace strowger {

/// What kind of refusal this is. The API maps each to one HTTP status, in one table.
enum class ErrorCode : unsigned char {
    Malformed,    ///< 400: not even readable
    Forbidden,    ///< 403: known who you are, not allowed
    NotFound,     ///< 404: absent, or another tenant's, which must look the same
    Gone,         ///< 410: existed, was deleted
    Precondition, ///< 412: If-Match or If-None-Match does not hold
    Invalid,      ///< 422: readable, but breaks a rule
    Conflict,     ///< 409: right in itself, but against the present inventory
    RateLimited,  ///< 429: the tenant asks for more than its share
    Unavailable,  ///< 503: try again later
};

/// One fault in one place of a request, in the reader's words.
struct Problem {
    std::string pointer; ///< JSON pointer (RFC 6901) into the body, "" for the whole
    std::string code;    ///< stable, snake_case: "vlan_in_use", "out_of_range"
    std::string message; ///< what is wrong
    std::string hint;    ///< what would be right; may be empty
    std::string rule;    ///< the source of the rule ("MEF 10.3 R76"); may be empty
};

/// Why something was refused: one kind, and every fault found, never only the first.
struct Error {
    ErrorCode code = ErrorCode::Invalid;
    std::string message;           ///< one sentence that sums up
    std::vector<Problem> problems; ///< each fault; may be empty when the message says it all
};

/// A value or an error; holds exactly one of them. Names follow std::expected (not in g++ 12's
/// C++20 mode), so that it can be replaced by it.
template <typename T>
class [[nodiscard]] Result {
public:
    // Implicit, so that a function returns its value or its error as it is.
    // NOLINTBEGIN(google-explicit-constructor)
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}
    // NOLINTEND(google-explicit-constructor)

    [[nodiscard]] bool has_value() const noexcept { return content_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    [[nodiscard]] T& value() & {
        STROWGER_CHECK(has_value());
        return *std::get_if<0>(&content_);
    }
    [[nodiscard]] const T& value() const& {
        STROWGER_CHECK(has_value());
        return *std::get_if<0>(&content_);
    }
    [[nodiscard]] T&& value() && {
        STROWGER_CHECK(has_value());
        return std::move(*std::get_if<0>(&content_));
    }
    [[nodiscard]] const Error& error() const& {
        STROWGER_CHECK(!has_value());
        return *std::get_if<1>(&content_);
    }
    [[nodiscard]] Error&& error() && {
        STROWGER_CHECK(!has_value());
        return std::move(*std::get_if<1>(&content_));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

private:
    std::variant<T, Error> content_;
};

/// Success without a value, or an error.
template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    // NOLINTNEXTLINE(google-explicit-constructor)
    Result(Error error) : error_(std::move(error)), failed_(true) {}

    [[nodiscard]] bool has_value() const noexcept { return !failed_; }
    explicit operator bool() const noexcept { return !failed_; }
    [[nodiscard]] const Error& error() const& {
        STROWGER_CHECK(failed_);
        return error_;
    }

private:
    Error error_;
    bool failed_ = false;
};

} // namespace strowger
