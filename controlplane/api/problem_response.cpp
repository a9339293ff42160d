// SPDX-License-Identifier: Apache-2.0
#include "api/problem_response.h"

#include "api/json_writer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace strowger::api {
namespace {

constexpr std::array kProblemKinds = {
    ProblemKind{"malformed_json", 400, "The body is not JSON"},
    ProblemKind{"malformed_request", 400, "The request cannot be read"},
    ProblemKind{"http_version_not_supported", 400, "Only HTTP/1.1 is spoken"},
    ProblemKind{"unauthorized", 401, "A valid token is needed"},
    ProblemKind{"forbidden", 403, "Not allowed"},
    ProblemKind{"quota_exceeded", 403, "A quota is used up"},
    ProblemKind{"not_found", 404, "There is no such object"},
    ProblemKind{"method_not_allowed", 405, "This resource has no such method"},
    ProblemKind{"request_timeout", 408, "The request did not arrive in time"},
    ProblemKind{"conflict", 409, "The inventory does not allow this"},
    ProblemKind{"vlan_in_use", 409, "A VLAN is mapped already"},
    ProblemKind{"name_in_use", 409, "The name is taken"},
    ProblemKind{"uni_in_use", 409, "Circuits use this UNI"},
    ProblemKind{"uni_collides", 409, "Another UNI has these frames"},
    ProblemKind{"tenant_not_empty", 409, "The tenant still has objects"},
    ProblemKind{"tenant_in_slice", 409, "The tenant is in a slice"},
    ProblemKind{"core_in_slice", 409, "A slice has this worker"},
    ProblemKind{"no_worker_left", 409, "No worker would be without a slice"},
    ProblemKind{"worker_shared", 409, "The worker has no core of its own"},
    ProblemKind{"capacity_exceeded", 409, "There is no capacity left"},
    ProblemKind{"frame_too_large_for_port", 409, "A port passes shorter frames only"},
    ProblemKind{"gone", 410, "The object was deleted"},
    ProblemKind{"length_required", 411, "The body needs a Content-Length"},
    ProblemKind{"precondition_failed", 412, "The object is not as expected"},
    ProblemKind{"payload_too_large", 413, "The body is too large"},
    ProblemKind{"unsupported_media_type", 415, "The body must be JSON"},
    ProblemKind{"expectation_failed", 417, "The expectation is not supported"},
    ProblemKind{"invalid", 422, "The request breaks a rule"},
    ProblemKind{"idempotency_key_reused", 422, "The key was used for another request"},
    ProblemKind{"rate_limited", 429, "Too many requests"},
    ProblemKind{"header_too_large", 431, "The head of the request is too large"},
    ProblemKind{"internal", 500, "An error of the server"},
    ProblemKind{"unavailable", 503, "Not possible now"},
    ProblemKind{"not_ready", 503, "Not ready"},
};

const ProblemKind* find_kind(std::string_view code) {
    const auto found =
        std::find_if(kProblemKinds.begin(), kProblemKinds.end(), [&](const ProblemKind& kind) {
            return kind.code == code;
        });
    return found == kProblemKinds.end() ? nullptr : &*found;
}

/// The status of an error and the code it has when its problems name none of that status.
std::pair<int, std::string_view> fallback_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::Malformed:
            return {400, "malformed_request"};
        case ErrorCode::Forbidden:
            return {403, "forbidden"};
        case ErrorCode::NotFound:
            return {404, "not_found"};
        case ErrorCode::Gone:
            return {410, "gone"};
        case ErrorCode::Precondition:
            return {412, "precondition_failed"};
        case ErrorCode::Invalid:
            return {422, "invalid"};
        case ErrorCode::Conflict:
            return {409, "conflict"};
        case ErrorCode::RateLimited:
            return {429, "rate_limited"};
        case ErrorCode::Unavailable:
            return {503, "unavailable"};
    }
    return {500, "internal"};
}

void write_error(JsonWriter& writer, const Problem& problem) {
    writer.begin_object();
    writer.key("pointer").text(problem.pointer);
    writer.key("code").text(problem.code);
    writer.key("message").text(problem.message);
    if (!problem.hint.empty()) {
        writer.key("hint").text(problem.hint);
    }
    if (!problem.rule.empty()) {
        writer.key("rule").text(problem.rule);
    }
    writer.end_object();
}

} // namespace

std::span<const ProblemKind> problem_kinds() noexcept {
    return kProblemKinds;
}

HttpResponse problem_response(
    std::string_view code,
    std::string_view detail,
    const std::vector<Problem>& errors,
    std::string_view extra_members
) {
    const ProblemKind* kind = find_kind(code);
    STROWGER_CHECK(kind != nullptr);
    std::string type = "https://strowger.dev/problems/" + std::string(code);
    std::replace(type.begin(), type.end(), '_', '-');

    JsonWriter writer;
    writer.begin_object();
    writer.key("type").text(type);
    writer.key("title").text(kind->title);
    writer.key("status").integer(static_cast<std::uint64_t>(kind->status));
    writer.key("code").text(code);
    writer.key("detail").text(detail.empty() ? kind->title : detail);
    if (!errors.empty()) {
        writer.key("errors").begin_array();
        for (const Problem& problem : errors) {
            write_error(writer, problem);
        }
        writer.end_array();
    }
    if (!extra_members.empty()) {
        writer.raw(extra_members);
    }
    writer.end_object();

    HttpResponse response;
    response.status = kind->status;
    response.body = writer.take();
    response.add("Content-Type", "application/problem+json");
    if (kind->status == 401) {
        response.add("WWW-Authenticate", "Bearer");
    }
    if (kind->status == 503 || kind->status == 429) {
        response.add("Retry-After", "1");
    }
    return response;
}

HttpResponse problem_response(const Error& error, std::string_view extra_members) {
    const auto [status, fallback] = fallback_of(error.code);
    std::string_view code = fallback;
    if (!error.problems.empty()) {
        const ProblemKind* kind = find_kind(error.problems.front().code);
        if (kind != nullptr && kind->status == status) {
            code = kind->code;
        }
    }
    return problem_response(code, error.message, error.problems, extra_members);
}

} // namespace strowger::api
