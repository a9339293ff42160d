// SPDX-License-Identifier: Apache-2.0
#include "api/handlers.h"
#include "api/object_json.h"
#include "api/read_path.h"
#include "api/write_path.h"

#include <utility>

namespace strowger::api {

using service::WriteKind;

void write_tenant_status(
    JsonWriter& writer,
    const service::Provisioner& provisioner,
    const service::Record& record
) {
    const service::TenantStatus status = provisioner.inventory().tenant_status(record.id);
    writer.key("lifecycle").text("active");
    writer.key("circuits").integer(status.circuit_count);
    writer.key("unis").integer(status.uni_count);
    writer.key("slice");
    if (const std::optional<service::TenantSlice> slice = provisioner.slice_of(record.id)) {
        writer.begin_object();
        writer.key("name").text(slice->name);
        writer.key("isolation").text(slice->hard ? "hard" : "soft");
        writer.end_object();
    } else {
        writer.null();
    }
    write_times(writer, record);
}

HttpResponse list_tenants(Services& services, const Exchange& exchange) {
    return list_objects(services, exchange, ObjectKind::Tenant);
}
HttpResponse get_tenant(Services& services, const Exchange& exchange) {
    return read_object(services, exchange, ObjectKind::Tenant);
}
void create_tenant(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services,
        exchange,
        {WriteKind::Create, ObjectKind::Tenant, SpecKind::Tenant},
        std::move(respond)
    );
}
void patch_tenant(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services,
        exchange,
        {WriteKind::Patch, ObjectKind::Tenant, SpecKind::Tenant},
        std::move(respond)
    );
}
void delete_tenant(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services,
        exchange,
        {WriteKind::Delete, ObjectKind::Tenant, SpecKind::Tenant},
        std::move(respond)
    );
}

} // namespace strowger::api
