// SPDX-License-Identifier: Apache-2.0
#include "api/json_fields.h"

#include <cmath>
#include <utility>

namespace strowger::api {
namespace {

namespace json = boost::json;

constexpr double kTwoTo53 = 9'007'199'254'740'992.0;

std::string range_hint(const IntegerBounds& bounds, std::string_view suffix = ".") {
    return "An integer from " + std::to_string(bounds.min) + " to " + std::to_string(bounds.max) +
           std::string(suffix);
}

std::string list_of(std::span<const std::string_view> names) {
    std::string list;
    for (const std::string_view name : names) {
        list += (list.empty() ? "\"" : ", \"") + std::string(name) + '"';
    }
    return list;
}

} // namespace

std::string_view kind_in_words(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null:
            return "null";
        case json::kind::bool_:
            return "a boolean";
        case json::kind::int64:
        case json::kind::uint64:
            return "an integer";
        case json::kind::double_:
            return "a number that is no integer";
        case json::kind::string:
            return "a string";
        case json::kind::array:
            return "an array";
        case json::kind::object:
            return "an object";
    }
    return "something else";
}

std::optional<std::uint64_t> read_integer(
    const json::value& value,
    const std::string& pointer,
    const IntegerBounds& bounds,
    ProblemList& problems
) {
    if (const double* number = value.if_double()) {
        // 1e400 arrives as Infinity and 2^64 as 1.8446744073709552e19: too large, not fractional.
        if (std::isfinite(*number) && std::abs(*number) < kTwoTo53) {
            problems.add(
                pointer,
                "wrong_type",
                "Must be an integer, written without fraction or exponent.",
                range_hint(bounds)
            );
        } else {
            problems.add(
                pointer, "out_of_range", "This number is out of range.", range_hint(bounds)
            );
        }
        return std::nullopt;
    }
    std::optional<std::uint64_t> number;
    if (const std::int64_t* positive = value.if_int64(); positive != nullptr) {
        if (*positive >= 0) {
            number = static_cast<std::uint64_t>(*positive);
        }
    } else if (const std::uint64_t* large = value.if_uint64(); large != nullptr) {
        number = *large;
    } else {
        problems.add(
            pointer,
            "wrong_type",
            "Must be an integer, not " + std::string(kind_in_words(value)) + '.',
            range_hint(bounds, value.is_string() ? ", without quotes or unit." : ".")
        );
        return std::nullopt;
    }
    if (!number || *number < bounds.min || *number > bounds.max) {
        problems.add(pointer, "out_of_range", "This number is out of range.", range_hint(bounds));
        return std::nullopt;
    }
    return number;
}

JsonFields::JsonFields(const json::value& value, std::string pointer, ProblemList& problems)
    : object_(value.if_object()), pointer_(std::move(pointer)), problems_(problems) {
    if (object_ == nullptr) {
        problems_.add(
            pointer_,
            "wrong_type",
            "Must be an object, not " + std::string(kind_in_words(value)) + '.'
        );
    }
}

std::string JsonFields::pointer_of(std::string_view name) const {
    return pointer_to(pointer_, name);
}

bool JsonFields::has(std::string_view name) const {
    return find(name) != nullptr;
}

const json::value* JsonFields::find(std::string_view name) const {
    return object_ == nullptr ? nullptr : object_->if_contains(name);
}

const json::value* JsonFields::require(std::string_view name, std::string_view hint) {
    const json::value* value = find(name);
    if (value == nullptr && object_ != nullptr) {
        problems_.add(
            pointer_of(name),
            "required",
            "\"" + std::string(name) + "\" is required.",
            std::string(hint)
        );
    }
    return value;
}

std::optional<std::string> JsonFields::text(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    const json::string* text = value->if_string();
    if (text == nullptr) {
        problems_.add(
            pointer_of(name),
            "wrong_type",
            "Must be a string, not " + std::string(kind_in_words(*value)) + '.',
            value->is_null() ? "Leave the member out." : ""
        );
        return std::nullopt;
    }
    return std::string(text->data(), text->size());
}

std::optional<bool> JsonFields::boolean(std::string_view name) {
    const json::value* value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    const bool* boolean = value->if_bool();
    if (boolean == nullptr) {
        problems_.add(
            pointer_of(name),
            "wrong_type",
            "Must be true or false, not " + std::string(kind_in_words(*value)) + '.'
        );
        return std::nullopt;
    }
    return *boolean;
}

std::optional<std::uint64_t>
JsonFields::integer(std::string_view name, const IntegerBounds& bounds) {
    const json::value* value = find(name);
    if (value == nullptr) {
        return std::nullopt;
    }
    return read_integer(*value, pointer_of(name), bounds, problems_);
}

std::optional<std::size_t>
JsonFields::choice(std::string_view name, std::span<const std::string_view> allowed) {
    const std::optional<std::string> chosen = text(name);
    if (!chosen) {
        return std::nullopt;
    }
    for (std::size_t index = 0; index < allowed.size(); ++index) {
        if (allowed[index] == *chosen) {
            return index;
        }
    }
    problems_.add(
        pointer_of(name),
        "unknown_value",
        "\"" + quotable(*chosen) + "\" is not known here.",
        "One of " + list_of(allowed) + '.'
    );
    return std::nullopt;
}

void JsonFields::for_each(
    std::string_view name,
    const std::function<void(std::string_view key, const json::value& value)>& each
) {
    const json::value* value = find(name);
    if (value == nullptr) {
        return;
    }
    const JsonFields inner(*value, pointer_of(name), problems_);
    if (inner.object_ == nullptr) {
        return;
    }
    for (const auto& [key, member] : *inner.object_) {
        each(std::string_view(key.data(), key.size()), member);
    }
}

} // namespace strowger::api
