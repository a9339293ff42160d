// SPDX-License-Identifier: Apache-2.0
#include "api/object_json.h"

namespace strowger::api {
namespace {

void write_status(
    JsonWriter& writer,
    const service::Provisioner& provisioner,
    const service::Record& record
) {
    switch (record.kind()) {
        case ObjectKind::Tenant:
            write_tenant_status(writer, provisioner, record);
            return;
        case ObjectKind::Token:
            write_token_status(writer, provisioner, record);
            return;
        case ObjectKind::Uni:
            write_uni_status(writer, provisioner, record);
            return;
        case ObjectKind::Circuit:
            write_circuit_status(writer, provisioner, record);
            return;
        case ObjectKind::Slice:
            write_slice_status(writer, provisioner, record);
            return;
        case ObjectKind::Port:
        case ObjectKind::Order:
            break;
    }
    STROWGER_CHECK(false); // ports and orders are no records
}

} // namespace

void write_object(
    JsonWriter& writer,
    const service::Provisioner& provisioner,
    const service::Record& record
) {
    writer.key("id").text(record.id.text());
    writer.key("tenant");
    if (record.tenant) {
        writer.text(record.tenant->text());
    } else {
        writer.null();
    }
    writer.key("generation").integer(record.generation);
    writer.key("spec").raw(record.spec_json);
    writer.key("status").begin_object();
    write_status(writer, provisioner, record);
    writer.end_object();
}

std::string object_text(const service::Provisioner& provisioner, const service::Record& record) {
    JsonWriter writer;
    writer.begin_object();
    write_object(writer, provisioner, record);
    writer.end_object();
    return writer.take();
}

std::string etag_of(const ObjectId& id, std::uint64_t generation) {
    return '"' + id.text() + '.' + std::to_string(generation) + '"';
}

void write_times(JsonWriter& writer, const service::Record& record) {
    writer.key("created_at").instant(record.created_us);
    writer.key("updated_at").instant(record.updated_us);
}

} // namespace strowger::api
