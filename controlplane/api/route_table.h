// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/exchange.h"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::api {

enum class Access : std::uint8_t {
    Open,     ///< no token
    Tenant,   ///< any token
    Operator, ///< an operator's
};

enum class BodyKind : std::uint8_t {
    None,
    Spec,
    Patch, ///< also application/merge-patch+json
    Batch, ///< with a bound of its own
};

/// One method of one resource.
struct Operation {
    std::string_view method;
    ReadHandler read = nullptr;
    WriteHandler write = nullptr;
    Access access = Access::Tenant;
    BodyKind body = BodyKind::None;
    /// An operator must say for whom.
    bool needs_tenant = false;
    /// Parameters of the query; a list when there are any.
    std::span<const std::string_view> query = {};
};

/// What is at one path. "{tenant}" and "{id}" stand for one segment.
struct Route {
    std::string_view path;
    ObjectKind kind; ///< of what it is about; decides which cursors are taken
    std::span<const Operation> operations;
    std::vector<std::string_view> segments;
};

/// Every path that exists.
[[nodiscard]] std::span<const Route> routes();

struct RouteMatch {
    const Route* route = nullptr;
    std::string tenant; ///< of "{tenant}"
    std::string id;     ///< of "{id}"
};
[[nodiscard]] std::optional<RouteMatch> find_route(const std::vector<std::string>& segments);

} // namespace strowger::api
