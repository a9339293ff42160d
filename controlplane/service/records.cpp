// SPDX-License-Identifier: Apache-2.0
#include "service/records.h"

namespace strowger::service {

const Name& name_of(const Record& record) {
    return std::visit([](const auto& body) -> const Name& { return body.spec.name; }, record.body);
}

const Tags& tags_of(const Record& record) {
    static const Tags none;
    switch (record.kind()) {
        case ObjectKind::Tenant:
            return record.as_tenant().spec.tags;
        case ObjectKind::Uni:
            return record.as_uni().spec.tags;
        case ObjectKind::Circuit:
            return record.as_circuit().spec.tags;
        default:
            return none; // tokens have none
    }
}

} // namespace strowger::service
