// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/problem_list.h"

#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace strowger::api {

/// The integers a member may hold, and its unit in words for the hint.
struct IntegerBounds {
    std::uint64_t min = 0;
    std::uint64_t max = 0;
};

/// Reads the members of one object by name and type. What is wrong is added to the list with its
/// pointer and nothing is returned; reading goes on. Unknown members are the schema's business.
class JsonFields {
public:
    /// `value` must outlive this. Blames a value that is no object: then every member is absent,
    /// and none of them is blamed for it.
    JsonFields(const boost::json::value& value, std::string pointer, ProblemList& problems);

    [[nodiscard]] bool is_object() const noexcept { return object_ != nullptr; }
    [[nodiscard]] const std::string& pointer() const noexcept { return pointer_; }
    [[nodiscard]] std::string pointer_of(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const;

    /// Nothing when absent; null is not absent.
    [[nodiscard]] const boost::json::value* find(std::string_view name) const;
    /// Blames its absence.
    const boost::json::value* require(std::string_view name, std::string_view hint);

    std::optional<std::string> text(std::string_view name);
    std::optional<bool> boolean(std::string_view name);
    std::optional<std::uint64_t> integer(std::string_view name, const IntegerBounds& bounds);
    /// The position among `allowed` of a text.
    std::optional<std::size_t>
    choice(std::string_view name, std::span<const std::string_view> allowed);
    /// Calls `each` for every member of the object with that name.
    void for_each(
        std::string_view name,
        const std::function<void(std::string_view key, const boost::json::value& value)>& each
    );

private:
    const boost::json::object* object_ = nullptr;
    std::string pointer_;
    ProblemList& problems_;
};

/// One integer, wherever it stands. Fractions, exponents that leave the integers, and what exceeds
/// the bounds are blamed at `pointer`.
std::optional<std::uint64_t> read_integer(
    const boost::json::value& value,
    const std::string& pointer,
    const IntegerBounds& bounds,
    ProblemList& problems
);

/// "a string", "an integer", "null": for messages.
[[nodiscard]] std::string_view kind_in_words(const boost::json::value& value);

} // namespace strowger::api
