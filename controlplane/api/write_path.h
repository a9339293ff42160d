// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/draft.h"
#include "api/exchange.h"
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

/// "/v1/circuits/ckt_..." of an object; tokens live below their tenant.
[[nodiscard]] std::string
location_of(const ObjectId& object, const std::optional<ObjectId>& tenant);

} // namespace strowger::api
