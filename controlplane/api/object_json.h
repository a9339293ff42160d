// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/json_writer.h"
#include "service/inventory.h"
#include "service/provisioner.h"

#include <functional>
#include <string>
#include <string_view>

namespace strowger::api {

/// The envelope of every object is {id, tenant, generation, spec, status}; what differs by kind is
/// the status. Writes follow it with more members, then close it.
void write_object(
    JsonWriter& writer,
    const service::Provisioner& provisioner,
    const service::Record& record
);

/// The object alone, for GET.
[[nodiscard]] std::string
object_text(const service::Provisioner& provisioner, const service::Record& record);

[[nodiscard]] std::string etag_of(const ObjectId& id, std::uint64_t generation);

// Statuses, one for each kind; in the file of the kind's handlers.
void write_tenant_status(
    JsonWriter& writer,
    const service::Provisioner& provisioner,
    const service::Record& record
);
void write_token_status(
    JsonWriter& writer,
    const service::Provisioner& provisioner,
    const service::Record& record
);
void write_uni_status(
    JsonWriter& writer,
    const service::Provisioner& provisioner,
    const service::Record& record
);
void write_circuit_status(
    JsonWriter& writer,
    const service::Provisioner& provisioner,
    const service::Record& record
);
void write_slice_status(
    JsonWriter& writer,
    const service::Provisioner& provisioner,
    const service::Record& record
);

/// "created_at" and "updated_at".
void write_times(JsonWriter& writer, const service::Record& record);

} // namespace strowger::api
