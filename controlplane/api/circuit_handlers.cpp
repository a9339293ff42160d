// SPDX-License-Identifier: Apache-2.0
#include "api/handlers.h"
#include "api/json_codec.h"
#include "api/object_json.h"
#include "api/read_path.h"
#include "api/write_path.h"

#include <utility>

namespace strowger::api {

using service::WriteKind;

void write_circuit_status(
    JsonWriter& writer,
    const service::Provisioner& provisioner,
    const service::Record& record
) {
    const service::CircuitStatus status = provisioner.inventory().circuit_status(record);
    const service::CircuitBody& circuit = record.as_circuit();
    writer.key("lifecycle").text("active");
    writer.key("oper_state").text(service::to_string(status.oper_state));
    writer.key("reasons").begin_array();
    for (const service::Reason& reason : status.reasons) {
        writer.begin_object();
        writer.key("code").text(reason.code);
        writer.key("message").text(reason.message);
        if (!reason.endpoint.empty()) {
            writer.key("endpoint").text(reason.endpoint);
        }
        writer.end_object();
    }
    writer.end_array();
    writer.key("holds").begin_array().end_array();
    writer.key("mef_service").text(mef_service(circuit.spec));
    writer.key("effective").raw(JsonCodec().encode_effective(circuit.effective));
    write_times(writer, record);
}

HttpResponse list_circuits(Services& services, const Exchange& exchange) {
    return list_objects(services, exchange, ObjectKind::Circuit);
}
HttpResponse get_circuit(Services& services, const Exchange& exchange) {
    return read_object(services, exchange, ObjectKind::Circuit);
}
void create_circuit(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services,
        exchange,
        {WriteKind::Create, ObjectKind::Circuit, SpecKind::Circuit},
        std::move(respond)
    );
}
void put_circuit(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services,
        exchange,
        {WriteKind::Put, ObjectKind::Circuit, SpecKind::Circuit},
        std::move(respond)
    );
}
void patch_circuit(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services,
        exchange,
        {WriteKind::Patch, ObjectKind::Circuit, SpecKind::Circuit},
        std::move(respond)
    );
}
void delete_circuit(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services,
        exchange,
        {WriteKind::Delete, ObjectKind::Circuit, SpecKind::Circuit},
        std::move(respond)
    );
}

} // namespace strowger::api
