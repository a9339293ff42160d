// SPDX-License-Identifier: Apache-2.0
#include "api/route_table.h"

#include "api/handlers.h"

#include <algorithm>

namespace strowger::api {
namespace {

using Query = std::string_view;

constexpr std::array<Query, 4> kPortQuery = {"limit", "cursor", "count", "name_prefix"};
constexpr std::array<Query, 4> kTokenQuery = {"limit", "cursor", "count", "name_prefix"};
constexpr std::array<Query, 5> kObjectQuery = {"limit", "cursor", "count", "name_prefix", "tag"};
constexpr std::array<Query, 7> kCircuitQuery =
    {"limit", "cursor", "count", "name_prefix", "tag", "uni", "state"};
constexpr std::array<Query, 4> kOrderQuery = {"limit", "cursor", "count", "object"};

constexpr Operation get(ReadHandler handler, Access access = Access::Tenant) {
    return Operation{.method = "GET", .read = handler, .access = access};
}
constexpr Operation
list(ReadHandler handler, std::span<const Query> query, Access access = Access::Tenant) {
    return Operation{.method = "GET", .read = handler, .access = access, .query = query};
}
constexpr Operation post(WriteHandler handler, Access access, bool needs_tenant) {
    return Operation{
        .method = "POST",
        .write = handler,
        .access = access,
        .body = BodyKind::Spec,
        .needs_tenant = needs_tenant};
}
constexpr Operation batch(WriteHandler handler) {
    return Operation{
        .method = "POST", .write = handler, .body = BodyKind::Batch, .needs_tenant = true};
}
constexpr Operation put(WriteHandler handler) {
    return Operation{
        .method = "PUT", .write = handler, .body = BodyKind::Spec, .needs_tenant = true};
}
constexpr Operation patch(WriteHandler handler, Access access = Access::Tenant) {
    return Operation{
        .method = "PATCH", .write = handler, .access = access, .body = BodyKind::Patch};
}
constexpr Operation remove(WriteHandler handler, Access access = Access::Tenant) {
    return Operation{.method = "DELETE", .write = handler, .access = access};
}

constexpr std::array kTenants = {
    list(list_tenants, kObjectQuery, Access::Operator),
    post(create_tenant, Access::Operator, false),
};
constexpr std::array kTenant = {
    get(get_tenant),
    patch(patch_tenant, Access::Operator),
    remove(delete_tenant, Access::Operator),
};
constexpr std::array kTokens = {
    list(list_tokens, kTokenQuery),
    post(create_token, Access::Tenant, true),
};
constexpr std::array kToken = {get(get_token), remove(delete_token)};
constexpr std::array kPorts = {list(list_ports, kPortQuery, Access::Operator)};
constexpr std::array kPort = {get(get_port, Access::Operator)};
constexpr std::array kUnis = {
    list(list_unis, kObjectQuery),
    post(create_uni, Access::Operator, true),
};
constexpr std::array kUni = {
    get(get_uni),
    patch(patch_uni, Access::Operator),
    remove(delete_uni, Access::Operator),
};
constexpr std::array kCircuits = {
    list(list_circuits, kCircuitQuery),
    post(create_circuit, Access::Tenant, true),
};
constexpr std::array kCircuit = {
    get(get_circuit),
    put(put_circuit),
    patch(patch_circuit),
    remove(delete_circuit),
};
constexpr std::array kCircuitBatch = {batch(batch_circuits)};
constexpr std::array kCounters = {get(get_circuit_counters)};
constexpr std::array kSlices = {
    list(list_slices, kObjectQuery, Access::Operator),
    post(create_slice, Access::Operator, false),
};
constexpr std::array kSlice = {
    get(get_slice, Access::Operator),
    patch(patch_slice, Access::Operator),
    remove(delete_slice, Access::Operator),
};
constexpr std::array kWorkers = {get(list_workers, Access::Operator)};
constexpr std::array kOrders = {list(list_orders, kOrderQuery)};
constexpr std::array kOrder = {get(get_order)};
constexpr std::array kLivez = {get(get_livez, Access::Open)};
constexpr std::array kReadyz = {get(get_readyz, Access::Open)};
constexpr std::array kVersion = {get(get_version)};

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::size_t end = std::min(path.find('/'), path.size());
        segments.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return segments;
}

std::vector<Route> make_routes() {
    std::vector<Route> table = {
        {"/v1/livez", ObjectKind::Order, kLivez, {}},
        {"/v1/readyz", ObjectKind::Order, kReadyz, {}},
        {"/v1/version", ObjectKind::Order, kVersion, {}},
        {"/v1/tenants", ObjectKind::Tenant, kTenants, {}},
        {"/v1/tenants/{id}", ObjectKind::Tenant, kTenant, {}},
        {"/v1/tenants/{tenant}/tokens", ObjectKind::Token, kTokens, {}},
        {"/v1/tenants/{tenant}/tokens/{id}", ObjectKind::Token, kToken, {}},
        {"/v1/ports", ObjectKind::Port, kPorts, {}},
        {"/v1/ports/{id}", ObjectKind::Port, kPort, {}},
        {"/v1/unis", ObjectKind::Uni, kUnis, {}},
        {"/v1/unis/{id}", ObjectKind::Uni, kUni, {}},
        {"/v1/circuits", ObjectKind::Circuit, kCircuits, {}},
        {"/v1/circuits:batch", ObjectKind::Circuit, kCircuitBatch, {}},
        {"/v1/circuits/{id}", ObjectKind::Circuit, kCircuit, {}},
        {"/v1/circuits/{id}/counters", ObjectKind::Circuit, kCounters, {}},
        {"/v1/slices", ObjectKind::Slice, kSlices, {}},
        {"/v1/slices/{id}", ObjectKind::Slice, kSlice, {}},
        {"/v1/workers", ObjectKind::Slice, kWorkers, {}},
        {"/v1/orders", ObjectKind::Order, kOrders, {}},
        {"/v1/orders/{id}", ObjectKind::Order, kOrder, {}},
        // The same below a tenant, for an operator who acts for it.
        {"/v1/tenants/{tenant}/unis", ObjectKind::Uni, kUnis, {}},
        {"/v1/tenants/{tenant}/unis/{id}", ObjectKind::Uni, kUni, {}},
        {"/v1/tenants/{tenant}/circuits", ObjectKind::Circuit, kCircuits, {}},
        {"/v1/tenants/{tenant}/circuits:batch", ObjectKind::Circuit, kCircuitBatch, {}},
        {"/v1/tenants/{tenant}/circuits/{id}", ObjectKind::Circuit, kCircuit, {}},
        {"/v1/tenants/{tenant}/circuits/{id}/counters", ObjectKind::Circuit, kCounters, {}},
        {"/v1/tenants/{tenant}/orders", ObjectKind::Order, kOrders, {}},
        {"/v1/tenants/{tenant}/orders/{id}", ObjectKind::Order, kOrder, {}},
    };
    for (Route& route : table) {
        route.segments = segments_of(route.path);
    }
    return table;
}

bool matches(const Route& route, const std::vector<std::string>& segments) {
    if (route.segments.size() != segments.size()) {
        return false;
    }
    for (std::size_t index = 0; index < segments.size(); ++index) {
        const bool variable = route.segments[index].starts_with('{');
        if (variable ? segments[index].empty() : route.segments[index] != segments[index]) {
            return false;
        }
    }
    return true;
}

} // namespace

std::span<const Route> routes() {
    static const std::vector<Route> kRoutes = make_routes();
    return kRoutes;
}

std::optional<RouteMatch> find_route(const std::vector<std::string>& segments) {
    for (const Route& route : routes()) {
        if (!matches(route, segments)) {
            continue;
        }
        RouteMatch match{&route, {}, {}};
        for (std::size_t index = 0; index < segments.size(); ++index) {
            if (route.segments[index] == "{tenant}") {
                match.tenant = segments[index];
            } else if (route.segments[index] == "{id}") {
                match.id = segments[index];
            }
        }
        return match;
    }
    return std::nullopt;
}

} // namespace strowger::api
