// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/exchange.h"
#include "api/json_writer.h"

#include <cstdint>
#include <optional>
#include <variant>

namespace strowger::api {

/// One object of that kind, or the reason it cannot be shown: 404, or 410 with its tombstone.
[[nodiscard]] HttpResponse
read_object(const Services& services, const Exchange& exchange, ObjectKind kind);
/// The record itself, for what is below it.
[[nodiscard]] std::variant<service::RecordPtr, HttpResponse>
find_object(const Services& services, const Exchange& exchange, ObjectKind kind);
/// One page of the objects of that kind.
[[nodiscard]] HttpResponse
list_objects(const Services& services, const Exchange& exchange, ObjectKind kind);
/// Ends a list: "next_cursor", and "count" when it was asked for.
void write_list_end(
    JsonWriter& writer,
    const std::optional<ObjectId>& last,
    std::optional<std::uint64_t> count
);

} // namespace strowger::api
