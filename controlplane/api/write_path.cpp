// SPDX-License-Identifier: Apache-2.0
#include "api/write_path.h"

#include "api/object_json.h"
#include "api/problem_response.h"
#include "auth/digest.h"

#include <array>
#include <cstdio>
#include <memory>
#include <utility>

namespace strowger::api {
namespace {

using service::Draft;
using service::Record;
using service::WriteKind;

/// What makes two requests with one idempotency key the same.
auth::Digest digest_of(const HttpRequest& request) {
    std::string text;
    text.reserve(request.method.size() + request.target.size() + request.body.size() + 2);
    text += request.method;
    text += '\n';
    text += request.target;
    text += '\n';
    text += request.body;
    return auth::sha256(text);
}

using Secret = std::shared_ptr<const auth::TokenSecret>;

std::function<Result<Draft>(const Record*)>
decoder(const Exchange& exchange, const Write& write, const Secret& secret) {
    return [body = exchange.body, write, secret](const Record* current) -> Result<Draft> {
        if (write.write == WriteKind::Patch) {
            return patched_from(write.spec, *body, current->spec_json);
        }
        if (current != nullptr) {
            return replacement_from(write.spec, *body, current->spec_json);
        }
        Draft draft = draft_from(write.spec, *body);
        if (auto* token = std::get_if<Draft::Token>(&draft.spec)) {
            token->digest = secret->digest;
        }
        return draft;
    };
}

/// The object, the service's advice, and a new token's secret: that one is never stored.
std::string reply_body(
    const service::Provisioner& provisioner,
    const Record& record,
    const std::vector<Problem>& warnings,
    const std::function<void(JsonWriter& writer)>& write_more
) {
    JsonWriter writer;
    writer.begin_object();
    write_object(writer, provisioner, record);
    write_warnings(writer, warnings);
    write_more(writer);
    writer.end_object();
    return writer.take();
}

auto renderer(const service::Provisioner& provisioner, const Secret& secret) {
    return [&provisioner, secret](const Record& record, const std::vector<Problem>& warnings) {
        service::Rendered rendered;
        if (!secret) {
            rendered.body = reply_body(provisioner, record, warnings, [](JsonWriter&) {});
            return rendered;
        }
        rendered.body = reply_body(provisioner, record, warnings, [&](JsonWriter& writer) {
            writer.key("secret").text(secret->text);
        });
        rendered.replay_body = reply_body(provisioner, record, warnings, [](JsonWriter& writer) {
            writer.key("secret").null();
        });
        return rendered;
    };
}

HttpResponse
response_of(const service::WriteOutcome& outcome, const std::optional<ObjectId>& tenant) {
    HttpResponse response;
    response.status = outcome.status;
    if (outcome.status != 204) {
        response.body = outcome.body;
        response.add("Content-Type", "application/json");
        response.add("ETag", etag_of(outcome.object, outcome.generation));
    }
    if (outcome.status == 201) {
        response.add("Location", location_of(outcome.object, tenant));
    }
    if (outcome.order) {
        response.add("Strowger-Order", outcome.order->text());
    }
    if (outcome.replayed) {
        response.add("Idempotent-Replayed", "true");
    } else {
        response.add("Server-Timing", server_timing(outcome.timings));
    }
    return response;
}

HttpResponse response_of(const service::WriteError& refusal) {
    HttpResponse response = problem_response(refusal.error);
    if (refusal.order) {
        response.add("Strowger-Order", refusal.order->text());
    }
    return response;
}

/// Whose object a write without a named tenant means: an operator may use its id alone.
Result<std::optional<ObjectId>>
owner_of(const Services& services, const Exchange& exchange, ObjectKind kind) {
    const Result<service::RecordPtr> record =
        services.provisioner.find(kind, std::nullopt, exchange.reference);
    if (record) {
        return (*record)->tenant;
    }
    if (record.error().code == ErrorCode::Gone) {
        const Result<std::optional<service::Tombstone>> tombstone =
            services.provisioner.find_tombstone(kind, std::nullopt, exchange.reference);
        if (!tombstone) {
            return tombstone.error();
        }
        if (tombstone->has_value()) {
            return (*tombstone)->tenant;
        }
    }
    return record.error();
}

std::string value_or_empty(const std::string* value) {
    return value == nullptr ? std::string() : *value;
}

} // namespace

void write_warnings(JsonWriter& writer, const std::vector<Problem>& warnings) {
    writer.key("warnings").begin_array();
    for (const Problem& warning : warnings) {
        writer.begin_object();
        writer.key("pointer").text(warning.pointer);
        writer.key("code").text(warning.code);
        writer.key("message").text(warning.message);
        if (!warning.hint.empty()) {
            writer.key("hint").text(warning.hint);
        }
        writer.end_object();
    }
    writer.end_array();
}

std::string server_timing(const service::WriteTimings& timings) {
    std::array<char, 128> text{};
    const auto milliseconds = [](std::int64_t us) { return static_cast<double>(us) / 1'000.0; };
    std::snprintf(
        text.data(),
        text.size(),
        "validate;dur=%.3f, commit;dur=%.3f, apply;dur=%.3f",
        milliseconds(timings.validate_us),
        milliseconds(timings.commit_us),
        milliseconds(timings.apply_us)
    );
    return text.data();
}

std::string location_of(const ObjectId& object, const std::optional<ObjectId>& tenant) {
    std::string path = "/v1/";
    if (object.kind() == ObjectKind::Token && tenant) {
        path += "tenants/" + tenant->text() + '/';
    }
    return path + std::string(strowger::to_string(object.kind())) + "s/" + object.text();
}

void submit_write(
    Services& services,
    const Exchange& exchange,
    const Write& write,
    Respond respond
) {
    std::optional<ObjectId> tenant = exchange.tenant;
    if (!tenant && !service::is_operators(write.object)) {
        Result<std::optional<ObjectId>> owner = owner_of(services, exchange, write.object);
        if (!owner) {
            respond(problem_response(owner.error()));
            return;
        }
        tenant = *owner;
    }
    Secret secret;
    if (write.object == ObjectKind::Token && write.write == WriteKind::Create) {
        secret = std::make_shared<const auth::TokenSecret>(auth::generate_token());
    }
    const std::string* if_match = exchange.http.find("if-match");
    service::WriteRequest request;
    request.identity = exchange.identity;
    request.write = write.write;
    request.kind = write.object;
    request.tenant = service::is_operators(write.object) ? std::nullopt : tenant;
    request.reference = exchange.reference;
    request.if_match = if_match == nullptr ? std::nullopt : std::optional<std::string>(*if_match);
    request.if_none_match_any = exchange.http.find("if-none-match") != nullptr;
    request.idempotency_key = value_or_empty(exchange.http.find("idempotency-key"));
    request.request_digest = digest_of(exchange.http);
    request.decode = decoder(exchange, write, secret);
    request.render = renderer(services.provisioner, secret);
    services.provisioner.submit(
        std::move(request),
        [tenant, respond = std::move(respond)](const service::WriteResult& result) {
            respond(std::visit(
                [&](const auto& outcome) {
                    if constexpr (std::is_same_v<
                                      std::decay_t<decltype(outcome)>,
                                      service::WriteOutcome>) {
                        return response_of(outcome, tenant);
                    } else {
                        return response_of(outcome);
                    }
                },
                result
            ));
        }
    );
}

} // namespace strowger::api
