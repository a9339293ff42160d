// SPDX-License-Identifier: Apache-2.0
#include "api/router.h"

#include "api/problem_response.h"
#include "api/route_table.h"
#include "auth/digest.h"
#include "strowger/model/batch_limits.h"
#include "strowger/model/limits.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <utility>

namespace strowger::api {
namespace {

constexpr std::string_view kNoSuchObject = "There is no such object.";

Error malformed(std::string message) {
    return Error{ErrorCode::Malformed, std::move(message), {}};
}

/// Fields that decide who asks or what happens: said once, or it is a guess what was meant.
std::optional<Error> check_fields(const HttpRequest& request) {
    for (const std::string_view name :
         {"authorization",
          "content-type",
          "strowger-tenant",
          "idempotency-key",
          "if-match",
          "if-none-match"}) {
        if (request.count(name) > 1) {
            return malformed("The header " + std::string(name) + " appears more than once.");
        }
    }
    if (const std::string* key = request.find("idempotency-key")) {
        const bool visible = std::all_of(key->begin(), key->end(), [](char character) {
            return character > ' ' && character <= '~';
        });
        if (key->empty() || key->size() > limits::kIdempotencyKeyBytesMax || !visible) {
            return malformed(
                "An Idempotency-Key has 1 to " + std::to_string(limits::kIdempotencyKeyBytesMax) +
                " visible ASCII characters."
            );
        }
    }
    const std::string* none_match = request.find("if-none-match");
    if (none_match != nullptr && *none_match != "*" && request.method != "GET") {
        return malformed("If-None-Match is understood as \"*\" only.");
    }
    return std::nullopt;
}

/// The media type without its parameters.
std::string_view media_type(const HttpRequest& request) {
    const std::string* type = request.find("content-type");
    if (type == nullptr) {
        return {};
    }
    std::string_view name = std::string_view(*type).substr(0, type->find(';'));
    while (name.ends_with(' ')) {
        name.remove_suffix(1);
    }
    return name;
}

/// Everything about a request that can be judged without knowing who sent it: fills in the body and
/// the list, or says why not.
std::optional<HttpResponse> read_request(
    const Operation& operation,
    ObjectKind kind,
    const Target& target,
    Exchange& exchange
) {
    Result<ListParams> list = parse_list_params(target, kind, operation.query);
    if (!list) {
        return problem_response(list.error());
    }
    exchange.list = *std::move(list);
    if (operation.body == BodyKind::None) {
        if (!exchange.http.body.empty()) {
            return problem_response("malformed_request", "This method takes no body.");
        }
        return std::nullopt;
    }
    const std::string_view type = media_type(exchange.http);
    const bool is_patch = operation.body == BodyKind::Patch;
    if (type != "application/json" && !(is_patch && type == "application/merge-patch+json")) {
        return problem_response(
            "unsupported_media_type",
            is_patch ? "Send application/merge-patch+json or application/json."
                     : "Send application/json."
        );
    }
    if (operation.body == BodyKind::Batch) {
        Result<BatchDocument> batch =
            BatchDocument::read(std::exchange(exchange.http.body, std::string()));
        if (!batch && batch.error().code == ErrorCode::Malformed) {
            return problem_response(batch.error());
        }
        if (!batch) {
            exchange.batch_fault = batch.error(); // told to those who may ask only
            return std::nullopt;
        }
        exchange.batch = std::make_shared<BatchDocument>(*std::move(batch));
        return std::nullopt;
    }
    Result<JsonDocument> document = read_json(exchange.http.body);
    if (!document) {
        return problem_response(document.error());
    }
    exchange.body = std::make_shared<JsonDocument>(*std::move(document));
    return std::nullopt;
}

/// Who asks: the token decides when there is one, else the local socket does.
std::optional<auth::RequestIdentity>
identify(service::Provisioner& provisioner, const HttpRequest& request) {
    if (const std::string* authorization = request.find("authorization")) {
        constexpr std::string_view kScheme = "bearer ";
        const auto same_letter = [](char lower, char any_case) {
            return lower == any_case || (lower != ' ' && lower == (any_case | 0x20));
        };
        const bool is_bearer =
            authorization->size() > kScheme.size() &&
            std::equal(kScheme.begin(), kScheme.end(), authorization->begin(), same_letter);
        return is_bearer ? provisioner.authenticate(
                               std::string_view(*authorization).substr(kScheme.size())
                           )
                         : std::nullopt;
    }
    if (request.local_operator_uid) {
        return auth::RequestIdentity{
            {auth::ActorKind::Socket, "uid:" + std::to_string(*request.local_operator_uid)},
            std::nullopt};
    }
    return std::nullopt;
}

/// The tenant that a path or a header names, as far as the caller may know it.
Result<ObjectId> find_tenant(
    const service::Provisioner& provisioner,
    const auth::RequestIdentity& identity,
    const std::string& reference
) {
    const Result<service::RecordPtr> tenant =
        provisioner.inventory().find(ObjectKind::Tenant, std::nullopt, reference);
    // Another tenant looks like none.
    if (!tenant || (identity.tenant && (*tenant)->id != *identity.tenant)) {
        return Error{ErrorCode::NotFound, std::string(kNoSuchObject), {}};
    }
    return (*tenant)->id;
}

/// For whom the request is: the path, the header and the token may say it, and agree.
Result<std::optional<ObjectId>> acting_for(
    const service::Provisioner& provisioner,
    const Exchange& exchange,
    const RouteMatch& match
) {
    std::optional<ObjectId> tenant = exchange.identity.tenant;
    const std::string* header = exchange.http.find("strowger-tenant");
    for (const std::string* name : {match.tenant.empty() ? nullptr : &match.tenant, header}) {
        if (name == nullptr) {
            continue;
        }
        Result<ObjectId> named = find_tenant(provisioner, exchange.identity, *name);
        if (!named) {
            return named.error();
        }
        if (tenant && *tenant != *named) {
            return malformed("The path and the header Strowger-Tenant name different tenants.");
        }
        tenant = *named;
    }
    return tenant;
}

const Operation* find_operation(const Route& route, std::string_view method) {
    const auto found = std::find_if(
        route.operations.begin(),
        route.operations.end(),
        [&](const Operation& operation) { return operation.method == method; }
    );
    return found == route.operations.end() ? nullptr : &*found;
}

HttpResponse method_not_allowed(const Route& route) {
    std::string allow;
    for (const Operation& operation : route.operations) {
        allow += (allow.empty() ? "" : ", ") + std::string(operation.method);
    }
    HttpResponse response =
        problem_response("method_not_allowed", "This resource takes " + allow + '.');
    response.add("Allow", allow);
    return response;
}

/// Role and tenant: 403, 404, or the tenant is filled in.
std::optional<HttpResponse> authorise(
    const service::Provisioner& provisioner,
    const Operation& operation,
    const RouteMatch& match,
    Exchange& exchange
) {
    if (operation.access == Access::Operator && !exchange.identity.is_operator()) {
        return problem_response("forbidden", "Only an operator may do this.");
    }
    Result<std::optional<ObjectId>> tenant = acting_for(provisioner, exchange, match);
    if (!tenant) {
        return problem_response(tenant.error());
    }
    exchange.tenant = *std::move(tenant);
    if (operation.needs_tenant && !exchange.tenant) {
        return problem_response(
            "malformed_request",
            "Say for which tenant: /v1/tenants/{id}/... or the header Strowger-Tenant."
        );
    }
    if (!service::is_operators(match.route->kind)) {
        return std::nullopt;
    }
    // What is the operator's is in no tenant's inventory; a tenant sees itself, and no other.
    if (exchange.identity.tenant && !find_tenant(provisioner, exchange.identity, match.id)) {
        return problem_response("not_found", kNoSuchObject);
    }
    exchange.tenant = std::nullopt;
    return std::nullopt;
}

} // namespace

Router::Router(RouterParts parts)
    : services_{parts.provisioner, parts.clock, std::move(parts.version)},
      wrong_tokens_(parts.wrong_tokens_burst) {
    std::array<std::uint8_t, 6> random{};
    auth::random_bytes(random.data(), random.size());
    request_id_prefix_ = "req_";
    for (const std::uint8_t byte : random) {
        std::array<char, 3> hex{};
        std::snprintf(hex.data(), hex.size(), "%02x", unsigned{byte});
        request_id_prefix_ += hex.data();
    }
}

std::string Router::next_request_id() {
    return request_id_prefix_ + '_' + std::to_string(++request_count_);
}

HttpResponse Router::refuse(const std::string& code, const std::string& detail) {
    HttpResponse response = problem_response(code, detail);
    response.add("X-Request-Id", next_request_id());
    response.close = true;
    return response;
}

HttpResponse Router::turn_away(const HttpRequest& request) {
    // A token cannot be guessed, so the bound is on the noise. It must not lock out whoever has a
    // valid token and the same address: those are never counted, and taken all the same.
    const bool wrong = !request.source.empty() && request.find("authorization") != nullptr;
    if (wrong && !wrong_tokens_.take(request.source, services_.clock.steady_ns())) {
        HttpResponse response =
            problem_response("rate_limited", "Too many wrong tokens came from this address.");
        response.close = true;
        return response;
    }
    return problem_response("unauthorized", "Send a valid token: Bearer stw_...");
}

void Router::handle(HttpRequest request, Respond respond) {
    // An id of its own for every request, whatever becomes of it.
    const Respond with_id = [id = next_request_id(),
                             respond = std::move(respond)](HttpResponse response) {
        response.add("X-Request-Id", id);
        respond(std::move(response));
    };
    try {
        dispatch(std::move(request), with_id);
    } catch (const std::exception&) {
        // Only libraries throw here, when memory runs out. One request fails; frames flow on.
        with_id(problem_response("internal", "The request could not be handled."));
    }
}

void Router::dispatch(HttpRequest request, const Respond& respond) {
    const Result<Target> target = parse_target(request.target);
    if (!target) {
        return respond(problem_response(target.error()));
    }
    if (const std::optional<Error> fault = check_fields(request)) {
        return respond(problem_response(*fault));
    }
    const std::optional<RouteMatch> match = find_route(target->segments);
    const Operation* operation = match ? find_operation(*match->route, request.method) : nullptr;

    Exchange exchange{};
    exchange.http = std::move(request);
    if (operation != nullptr) {
        exchange.reference = match->id;
        std::optional<HttpResponse> refusal =
            read_request(*operation, match->route->kind, *target, exchange);
        if (refusal) {
            return respond(*std::move(refusal));
        }
    }
    if (operation == nullptr || operation->access != Access::Open) {
        std::optional<auth::RequestIdentity> identity =
            identify(services_.provisioner, exchange.http);
        if (!identity) {
            return respond(turn_away(exchange.http));
        }
        exchange.identity = *std::move(identity);
    }
    if (!match) {
        return respond(problem_response("not_found", "There is nothing at this path."));
    }
    if (operation == nullptr) {
        return respond(method_not_allowed(*match->route));
    }
    if (operation->access != Access::Open) {
        std::optional<HttpResponse> refusal =
            authorise(services_.provisioner, *operation, *match, exchange);
        if (refusal) {
            return respond(*std::move(refusal));
        }
    }
    if (operation->read != nullptr) {
        return respond(operation->read(services_, exchange));
    }
    operation->write(services_, exchange, respond);
}

std::variant<std::shared_ptr<void>, HttpResponse> Router::admit_large(
    const HttpRequest& head,
    std::uint64_t body_bytes,
    std::uint64_t body_bytes_max
) {
    const auto refusal = [this](HttpResponse response) {
        response.add("X-Request-Id", next_request_id());
        response.close = true; // its body is on its way
        return response;
    };
    const Result<Target> target = parse_target(head.target);
    const std::optional<RouteMatch> match = target ? find_route(target->segments) : std::nullopt;
    const Operation* operation = match ? find_operation(*match->route, head.method) : nullptr;
    const bool is_batch = operation != nullptr && operation->body == BodyKind::Batch;
    const std::uint64_t most = is_batch ? limits::kBatchBodyBytesMax : body_bytes_max;
    if (body_bytes > most) {
        return refusal(problem_response(
            "payload_too_large", "This body holds at most " + std::to_string(most) + " bytes."
        ));
    }
    if (head.count("authorization") > 1 || !identify(services_.provisioner, head)) {
        return refusal(turn_away(head));
    }
    if (*large_bodies_ >= limits::kLargeBodiesMax) {
        return refusal(problem_response("unavailable", "Too many large batches are under way."));
    }
    ++*large_bodies_;
    return std::shared_ptr<void>(nullptr, [count = large_bodies_](void*) { --*count; });
}

std::vector<OperationName> Router::operations() {
    std::vector<OperationName> names;
    for (const Route& route : routes()) {
        for (const Operation& operation : route.operations) {
            names.push_back({std::string(operation.method), std::string(route.path)});
        }
    }
    return names;
}

} // namespace strowger::api
