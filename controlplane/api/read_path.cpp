// SPDX-License-Identifier: Apache-2.0
#include "api/read_path.h"

#include "api/object_json.h"
#include "api/problem_response.h"

#include <utility>

namespace strowger::api {
namespace {

/// 410 shows what is left of the object.
HttpResponse
gone(const Services& services, const Exchange& exchange, ObjectKind kind, const Error& error) {
    const Result<std::optional<service::Tombstone>> tombstone =
        services.provisioner.find_tombstone(kind, exchange.tenant, exchange.reference);
    if (!tombstone) {
        return problem_response(tombstone.error());
    }
    if (!tombstone->has_value()) {
        return problem_response(error);
    }
    JsonWriter writer;
    const service::Tombstone& left = **tombstone;
    writer.key("tombstone").begin_object();
    writer.key("id").text(left.id.text());
    writer.key("tenant");
    if (left.tenant) {
        writer.text(left.tenant->text());
    } else {
        writer.null();
    }
    writer.key("generation").integer(left.generation);
    writer.key("deleted_at").instant(left.deleted_us);
    writer.end_object();
    return problem_response(error, writer.take());
}

} // namespace

HttpResponse json_response(std::string body) {
    HttpResponse response;
    response.body = std::move(body);
    response.add("Content-Type", "application/json");
    return response;
}

std::variant<service::RecordPtr, HttpResponse>
find_object(const Services& services, const Exchange& exchange, ObjectKind kind) {
    Result<service::RecordPtr> record =
        services.provisioner.find(kind, exchange.tenant, exchange.reference);
    if (record) {
        return *std::move(record);
    }
    if (record.error().code == ErrorCode::Gone) {
        return gone(services, exchange, kind, record.error());
    }
    return problem_response(record.error());
}

HttpResponse read_object(const Services& services, const Exchange& exchange, ObjectKind kind) {
    std::variant<service::RecordPtr, HttpResponse> found = find_object(services, exchange, kind);
    if (auto* refusal = std::get_if<HttpResponse>(&found)) {
        return std::move(*refusal);
    }
    const service::Record& record = *std::get<service::RecordPtr>(found);
    HttpResponse response = json_response(object_text(services.provisioner, record));
    response.add("ETag", etag_of(record.id, record.generation));
    return response;
}

HttpResponse list_objects(const Services& services, const Exchange& exchange, ObjectKind kind) {
    const ListParams& params = *exchange.list;
    service::ListQuery query;
    query.kind = kind;
    query.tenant = exchange.tenant;
    query.after = params.after;
    query.limit = params.limit;
    query.count = params.count;
    query.name_prefix = params.name_prefix;
    query.tags = params.tags;
    query.uni = params.uni;
    query.oper_state = params.state;
    const service::Page page = services.provisioner.inventory().list(query);

    JsonWriter writer;
    writer.begin_object().key("data").begin_array();
    for (const service::RecordPtr& record : page.records) {
        writer.begin_object();
        write_object(writer, services.provisioner, *record);
        writer.end_object();
    }
    writer.end_array();
    std::optional<ObjectId> last;
    if (page.more && !page.records.empty()) {
        last = page.records.back()->id;
    }
    write_list_end(writer, last, page.count);
    return json_response(writer.take());
}

void write_list_end(
    JsonWriter& writer,
    const std::optional<ObjectId>& last,
    std::optional<std::uint64_t> count
) {
    writer.key("next_cursor");
    if (last) {
        writer.text(cursor_after(*last));
    } else {
        writer.null();
    }
    if (count) {
        writer.key("count").integer(*count);
    }
    writer.end_object();
}

} // namespace strowger::api
