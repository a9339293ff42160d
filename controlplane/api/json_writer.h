// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace strowger::api {

/// Writes JSON text in the order of the calls, without a tree in between: replies embed stored
/// specs as they are. The caller balances begin and end.
class JsonWriter {
public:
    JsonWriter() { out_.reserve(1'024); }

    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);

    JsonWriter& text(std::string_view value);
    JsonWriter& integer(std::uint64_t value);
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    /// A count that may exceed 2^53: a string of digits.
    JsonWriter& decimal(std::uint64_t value);
    /// An instant: RFC 3339, UTC, microseconds.
    JsonWriter& instant(std::int64_t unix_us);
    /// JSON that is already text.
    JsonWriter& raw(std::string_view json);

    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    void separate();
    std::string out_;
};

/// "2026-11-22T18:45:31.000042Z"
[[nodiscard]] std::string rfc3339(std::int64_t unix_us);

} // namespace strowger::api
