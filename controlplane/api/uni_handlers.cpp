// SPDX-License-Identifier: Apache-2.0
#include "api/handlers.h"
#include "api/object_json.h"
#include "api/read_path.h"
#include "api/write_path.h"

#include <utility>

namespace strowger::api {

using service::WriteKind;

void write_uni_status(
    JsonWriter& writer,
    const service::Provisioner& provisioner,
    const service::Record& record
) {
    const service::UniStatus status = provisioner.inventory().uni_status(record);
    writer.key("lifecycle").text("active");
    writer.key("oper_state").text(status.oper_up ? "up" : "down");
    writer.key("max_frame_bytes").integer(status.frame_max.value);
    writer.key("effective").begin_object();
    writer.key("tpid").text(strowger::to_string(record.as_uni().spec.tpid));
    writer.end_object();
    writer.key("circuits").integer(status.circuit_count);
    write_times(writer, record);
}

HttpResponse list_unis(Services& services, const Exchange& exchange) {
    return list_objects(services, exchange, ObjectKind::Uni);
}
HttpResponse get_uni(Services& services, const Exchange& exchange) {
    return read_object(services, exchange, ObjectKind::Uni);
}
void create_uni(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services, exchange, {WriteKind::Create, ObjectKind::Uni, SpecKind::Uni}, std::move(respond)
    );
}
void patch_uni(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services, exchange, {WriteKind::Patch, ObjectKind::Uni, SpecKind::Uni}, std::move(respond)
    );
}
void delete_uni(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services, exchange, {WriteKind::Delete, ObjectKind::Uni, SpecKind::Uni}, std::move(respond)
    );
}

} // namespace strowger::api
