// SPDX-License-Identifier: Apache-2.0
#include "api/handlers.h"
#include "api/object_json.h"
#include "api/read_path.h"
#include "api/write_path.h"

#include <utility>

namespace strowger::api {

using service::WriteKind;

void write_token_status(
    JsonWriter& writer,
    const service::Provisioner& provisioner,
    const service::Record& record
) {
    const std::optional<std::int64_t> used = provisioner.token_last_used_us(record);
    writer.key("lifecycle").text("active");
    writer.key("last_used_at");
    if (used) {
        writer.instant(*used);
    } else {
        writer.null();
    }
    write_times(writer, record);
}

HttpResponse list_tokens(Services& services, const Exchange& exchange) {
    return list_objects(services, exchange, ObjectKind::Token);
}
HttpResponse get_token(Services& services, const Exchange& exchange) {
    return read_object(services, exchange, ObjectKind::Token);
}
void create_token(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services,
        exchange,
        {WriteKind::Create, ObjectKind::Token, SpecKind::Token},
        std::move(respond)
    );
}
void delete_token(Services& services, const Exchange& exchange, Respond respond) {
    submit_write(
        services,
        exchange,
        {WriteKind::Delete, ObjectKind::Token, SpecKind::Token},
        std::move(respond)
    );
}

} // namespace strowger::api
