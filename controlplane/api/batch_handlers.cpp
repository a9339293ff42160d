// SPDX-License-Identifier: Apache-2.0
#include "api/draft.h"
#include "api/handlers.h"
#include "api/json_fields.h"
#include "api/json_writer.h"
#include "api/problem_response.h"
#include "api/write_path.h"
#include "auth/digest.h"
#include "service/batch.h"

#include <memory>
#include <utility>

namespace strowger::api {
namespace {

using service::BatchMember;
using service::WriteKind;

/// A batch as the service wants it: one member at a time.
class RequestedBatch final : public service::Batch {
public:
    explicit RequestedBatch(std::shared_ptr<const BatchDocument> document)
        : document_(std::move(document)) {}

    [[nodiscard]] std::size_t size() const override { return document_->size(); }
    [[nodiscard]] std::string pointer(std::size_t index) const override {
        return document_->pointer(index);
    }
    Result<BatchMember> member(std::size_t index) override;
    Result<service::Draft> decode(const service::Record* current) override;
    [[nodiscard]] std::string render(const service::BatchSummary& summary) const override;

private:
    std::shared_ptr<const BatchDocument> document_;
    BatchVerb verb_ = BatchVerb::Create;    ///< of the member that was read last
    JsonDocument current_{};                ///< that member
    std::optional<service::Draft> draft_{}; ///< instead, when its text is canonical already
};

/// The name a spec says, or "".
std::string name_in(const boost::json::value& spec) {
    const boost::json::object* object = spec.if_object();
    const boost::json::value* name = object == nullptr ? nullptr : object->if_contains("name");
    return name != nullptr && name->is_string() ? std::string(name->get_string()) : std::string();
}

/// Which circuit a patch is for. Without that there is nothing to merge it with.
void read_patched_name(const boost::json::value& patch, ProblemList& problems) {
    JsonFields fields(patch, "", problems);
    constexpr std::string_view kHint = "The name of the circuit that the patch is for.";
    if (fields.require("name", kHint) == nullptr) {
        return;
    }
    const std::optional<std::string> name = fields.text("name");
    if (name && !Name::from(*name)) {
        problems.add(
            "/name", "invalid_name", '"' + quotable(*name) + "\" is no name.", std::string(kHint)
        );
    }
}

std::string read_deleted(const boost::json::value& reference, ProblemList& problems) {
    const boost::json::string* text = reference.if_string();
    if (text == nullptr) {
        problems.add(
            "",
            "wrong_type",
            "Must be a string, not " + std::string(kind_in_words(reference)) + '.',
            "The name or the id of a circuit."
        );
        return {};
    }
    std::string read(text->data(), text->size());
    if (!Name::from(read) && !ObjectId::from(ObjectKind::Circuit, read)) {
        problems.add(
            "",
            "invalid_name",
            '"' + quotable(read) + "\" is neither a name nor the id of a circuit.",
            "The name or the id of a circuit."
        );
    }
    return read;
}

Result<BatchMember> RequestedBatch::member(std::size_t index) {
    verb_ = document_->verb(index);
    draft_ = verb_ == BatchVerb::Create ? canonical_circuit_draft(document_->member_text(index))
                                        : std::nullopt;
    if (draft_) {
        return BatchMember{WriteKind::Create, std::get<CircuitSpec>(draft_->spec).name.text()};
    }
    Result<JsonDocument> document = document_->member(index);
    if (!document) {
        return document.error();
    }
    current_ = *std::move(document);
    ProblemList problems;
    BatchMember member;
    switch (verb_) {
        case BatchVerb::Create:
            member.reference = name_in(current_.value);
            break;
        case BatchVerb::Put:
            // Without a sound name it names nothing that is there: its faults are those of a spec.
            member.reference = name_in(current_.value);
            member.write = Name::from(member.reference) ? WriteKind::Put : WriteKind::Create;
            break;
        case BatchVerb::Patch:
            member.write = WriteKind::Patch;
            read_patched_name(current_.value, problems);
            member.reference = name_in(current_.value);
            break;
        case BatchVerb::Delete:
            member.write = WriteKind::Delete;
            member.reference = read_deleted(current_.value, problems);
            break;
    }
    member.problems = problems.all();
    return member;
}

Result<service::Draft> RequestedBatch::decode(const service::Record* current) {
    if (draft_) {
        return *std::exchange(draft_, std::nullopt);
    }
    if (verb_ == BatchVerb::Patch) {
        return patched_from(SpecKind::Circuit, current_, current->spec_json);
    }
    if (current != nullptr) {
        return replacement_from(SpecKind::Circuit, current_, current->spec_json);
    }
    return draft_from(SpecKind::Circuit, current_);
}

std::string RequestedBatch::render(const service::BatchSummary& summary) const {
    JsonWriter writer;
    writer.begin_object();
    writer.key("created").integer(summary.created);
    writer.key("updated").integer(summary.updated);
    writer.key("deleted").integer(summary.deleted);
    writer.key("unchanged").integer(summary.unchanged);
    writer.key("orders");
    if (summary.orders) {
        writer.begin_object();
        writer.key("first").text(summary.orders->first.text());
        writer.key("last").text(summary.orders->last.text());
        writer.key("first_seq").decimal(summary.orders->first_seq);
        writer.key("last_seq").decimal(summary.orders->last_seq);
        writer.end_object();
    } else {
        writer.null();
    }
    write_warnings(writer, summary.warnings);
    writer.key("warning_count").integer(summary.warning_count);
    writer.end_object();
    return writer.take();
}

/// Method, target and body, without a copy of the body.
auth::Digest digest_of(const Exchange& exchange) {
    const auth::Digest body = auth::sha256(exchange.batch->text());
    std::string text = exchange.http.method + '\n' + exchange.http.target + '\n';
    text.append(reinterpret_cast<const char*>(body.bytes.data()), body.bytes.size());
    return auth::sha256(text);
}

HttpResponse response_of(const service::WriteOutcome& outcome) {
    HttpResponse response = json_response(outcome.body);
    if (outcome.replayed) {
        response.add("Idempotent-Replayed", "true");
    } else {
        response.add("Server-Timing", server_timing(outcome.timings));
    }
    return response;
}

/// Names every member that was refused, also where there are too many faults to tell each.
HttpResponse response_of(const service::WriteError& refusal) {
    if (refusal.refused.empty()) {
        HttpResponse response = problem_response(refusal.error);
        if (refusal.order) {
            response.add("Strowger-Order", refusal.order->text());
        }
        return response;
    }
    JsonWriter writer;
    writer.key("refused").begin_array();
    for (const std::string& pointer : refusal.refused) {
        writer.text(pointer);
    }
    writer.end_array();
    writer.key("refused_count").integer(refusal.refused.size());
    return problem_response(refusal.error, writer.take());
}

} // namespace

void batch_circuits(Services& services, const Exchange& exchange, Respond respond) {
    for (const std::string_view name : {"if-match", "if-none-match"}) {
        if (exchange.http.find(name) != nullptr) {
            respond(problem_response(
                "malformed_request", "A batch has no one ETag, so it takes no precondition."
            ));
            return;
        }
    }
    if (exchange.batch_fault) {
        respond(problem_response(*exchange.batch_fault));
        return;
    }
    const std::string* key = exchange.http.find("idempotency-key");
    service::WriteRequest request;
    request.identity = exchange.identity;
    request.kind = ObjectKind::Circuit;
    request.tenant = exchange.tenant;
    request.idempotency_key = key == nullptr ? std::string() : *key;
    if (key != nullptr) {
        request.request_digest = digest_of(exchange); // of 16 MiB it takes 10 ms; only a key asks
    }
    request.batch = std::make_shared<RequestedBatch>(exchange.batch);
    services.provisioner.submit(
        std::move(request),
        [respond = std::move(respond)](const service::WriteResult& result) {
            respond(std::visit([](const auto& outcome) { return response_of(outcome); }, result));
        }
    );
}

} // namespace strowger::api
