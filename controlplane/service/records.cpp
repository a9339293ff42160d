// SPDX-License-Identifier: Apache-2.0
#include "service/records.h"

#include <utility>

namespace strowger::service {

RecordPtr on_workers(const Record& circuit, WorkerSet workers) {
    Record moved = circuit;
    std::get<CircuitBody>(moved.body).workers = workers;
    return std::make_shared<const Record>(std::move(moved));
}

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
        case ObjectKind::Slice:
            return record.as_slice().spec.tags;
        default:
            return none; // tokens have none
    }
}

} // namespace strowger::service
