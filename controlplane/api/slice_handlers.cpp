// SPDX-License-Identifier: Apache-2.0
#include "api/handlers.h"
#include "api/object_json.h"
#include "api/read_path.h"
#include "api/write_path.h"

#include <algorithm>
#include <utility>

namespace strowger::api {
namespace {

using service::WriteKind;

void write_permille(JsonWriter& writer, std::optional<std::uint32_t> permille) {
    writer.key("busy_permille");
    if (permille) {
        writer.integer(*permille);
    } else {
        writer.null();
    }
}

void write_reasons(JsonWriter& writer, const std::vector<service::IsolationReason>& reasons) {
    writer.key("isolation_reasons").begin_array();
    for (const service::IsolationReason& reason : reasons) {
        writer.begin_object();
        writer.key("code").text(reason.code);
        writer.key("message").text(reason.message);
        writer.key("hint").text(reason.hint);
        writer.end_object();
    }
    writer.end_array();
}

void write_worker(JsonWriter& writer, const service::WorkerView& worker) {
    writer.begin_object();
    writer.key("core").integer(worker.core);
    writer.key("numa_node").integer(static_cast<std::uint64_t>(std::max(worker.socket, 0)));
    writer.key("shared").boolean(worker.shared);
    writer.key("idle").text(worker.adaptive ? "adaptive" : "poll");
    writer.key("circuits").integer(worker.circuits);
    write_permille(writer, worker.busy_permille);
    writer.key("slice");
    if (worker.slice == nullptr) {
        writer.null();
    } else {
        writer.begin_object();
        writer.key("id").text(worker.slice->id.text());
        writer.key("name").text(worker.slice->as_slice().spec.name.text());
        writer.end_object();
    }
    writer.end_object();
}

} // namespace

void write_slice_status(
    JsonWriter& writer,
    const service::Provisioner& provisioner,
    const service::Record& record
) {
    const service::SliceStatus status = provisioner.slice_status(record);
    writer.key("lifecycle").text("active");
    writer.key("isolation").text(status.reasons.empty() ? "hard" : "soft");
    write_reasons(writer, status.reasons);
    write_permille(writer, status.busy_permille);
    writer.key("circuits").integer(status.circuits.total);
    writer.key("circuits_moving").integer(status.circuits.moving);
    writer.key("workers").begin_array();
    for (const service::WorkerView& worker : status.workers) {
        writer.begin_object();
        writer.key("core").integer(worker.core);
        writer.key("circuits").integer(worker.circuits);
        write_permille(writer, worker.busy_permille);
        writer.end_object();
    }
    writer.end_array();
    write_times(writer, record);
}

HttpResponse list_slices(Services& services, const Exchange& exchange) {
    return list_objects(services, exchange, ObjectKind::Slice);
}
HttpResponse get_slice(Services& services, const Exchange& exchange) {
    return read_object(services, exchange, ObjectKind::Slice);
}
void create_slice(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services,
        exchange,
        {WriteKind::Create, ObjectKind::Slice, SpecKind::Slice},
        std::move(respond)
    );
}
void patch_slice(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services,
        exchange,
        {WriteKind::Patch, ObjectKind::Slice, SpecKind::Slice},
        std::move(respond)
    );
}
void delete_slice(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services,
        exchange,
        {WriteKind::Delete, ObjectKind::Slice, SpecKind::Slice},
        std::move(respond)
    );
}

/// Whole: a site has few workers. Shaped like a page all the same, as every list is.
HttpResponse list_workers(Services& services, const Exchange& /*exchange*/) {
    JsonWriter writer;
    writer.begin_object().key("data").begin_array();
    for (const service::WorkerView& worker : services.provisioner.workers()) {
        write_worker(writer, worker);
    }
    writer.end_array();
    write_list_end(writer, std::nullopt, std::nullopt);
    return json_response(writer.take());
}

} // namespace strowger::api
