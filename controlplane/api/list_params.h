// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/target.h"
#include "service/inventory.h"
#include "strowger/base/result.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace strowger::api {

/// The query of a list: which page, and which objects of it.
struct ListParams {
    std::size_t limit = 100;
    std::optional<ObjectId> after;
    bool count = false;
    std::string name_prefix;
    Tags tags;
    std::optional<std::string> uni;
    std::optional<service::OperState> state;
    std::optional<ObjectId> object;
};

/// Reads the parameters of a list of that kind; only those named in `allowed` exist ("tag" stands
/// for "tag.<key>"). All faults at once, as Malformed; problems name the parameter.
Result<ListParams>
parse_list_params(const Target& target, ObjectKind kind, std::span<const std::string_view> allowed);

/// The cursor that goes on behind `last`. Opaque, so that it may change.
[[nodiscard]] std::string cursor_after(const ObjectId& last);

} // namespace strowger::api
