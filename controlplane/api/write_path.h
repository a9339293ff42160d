// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/draft.h"
#include "api/exchange.h"
#include "api/json_writer.h"
#include "auth/token.h"
#include "service/write.h"

namespace strowger::api {

/// Which write of which kind of object.
struct Write {
    service::WriteKind write = service::WriteKind::Create;
    ObjectKind object = ObjectKind::Circuit;
    SpecKind spec = SpecKind::Circuit;
};

/// Hands a write to the service and answers with its outcome.
void submit_write(
    Services& services,
    const Exchange& exchange,
    const Write& write,
    Respond respond
);

/// "warnings": the service's advice.
void write_warnings(JsonWriter& writer, const std::vector<Problem>& warnings);
/// Where the time of a write went: "validate;dur=0.113, …".
[[nodiscard]] std::string server_timing(const service::WriteTimings& timings);

/// "/v1/circuits/ckt_..." of an object; tokens live below their tenant.
[[nodiscard]] std::string
location_of(const ObjectId& object, const std::optional<ObjectId>& tenant);

} // namespace strowger::api
